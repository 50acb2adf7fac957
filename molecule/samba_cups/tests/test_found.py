# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that knows nothing of the server finds it, by questions to everybody on the link over IPv6 alone."""

from __future__ import annotations

import shlex

import pytest
from testinfra.host import Host

# Asks, and prints what comes back within some seconds. `question` is bytes.
ASK = """
import socket, sys, time
group, port = sys.argv[1], int(sys.argv[2])
question = bytes.fromhex(sys.argv[3])
asker = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
asker.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex("lan0"))
asker.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
asker.settimeout(2)
end = time.monotonic() + 10
while time.monotonic() < end:
    asker.sendto(question, (group, port))
    try:
        while True:
            print(asker.recv(9000))
    except TimeoutError:
        continue
"""
PROBE = """<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"
 xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:wsd="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:wsdp="http://schemas.xmlsoap.org/ws/2006/02/devprof">
<soap:Header><wsa:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</wsa:To>
<wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</wsa:Action>
<wsa:MessageID>urn:uuid:0a6dc791-2be6-4991-9af1-454778a1917a</wsa:MessageID></soap:Header>
<soap:Body><wsd:Probe><wsd:Types>wsdp:Device</wsd:Types></wsd:Probe></soap:Body></soap:Envelope>
"""


def query(*labels: str) -> bytes:
    """A question of DNS for pointers, to be answered to who asks alone (RFC 6762, 5.4)."""
    name = b"".join(bytes([len(label)]) + label.encode() for label in labels)
    return b"\0\0\0\0\0\1\0\0\0\0\0\0" + name + b"\0\0\x0c\x80\x01"


@pytest.mark.parametrize(
    ("group", "port", "question", "answer"),
    [
        ("ff02::fb", 5353, query("_smb", "_tcp", "local"), "SERVER1"),
        ("ff02::fb", 5353, query("_ipp", "_tcp", "local"), "paper"),
        ("ff02::c", 3702, PROBE.encode(), "ProbeMatches"),
    ],
    ids=["files by mDNS", "printers by mDNS", "Windows"],
)
def test_found(client: Host, group: str, port: int, question: bytes, answer: str) -> None:
    said = client.check_output(f"python3 -c {shlex.quote(ASK)} {group} {port} {question.hex()}")
    assert answer in said

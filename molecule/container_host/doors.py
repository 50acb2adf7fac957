# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports that answer, and somebody who asks at many at once. Run as text: `python3 -c TEXT serve|ask LIST`.

serve ["tcp 80", …]            answers on each, in both families, as a service that says when it is ready
ask [["2001:db8::1", "tcp 80"], …]    prints those that answered
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
PATIENCE = 2
ANSWER = b"come in"


def serve(doors):
    waiting = selectors.DefaultSelector()
    for door in doors:
        kind, port = door.split()
        one = socket.socket(socket.AF_INET6, KINDS[kind])
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("::", int(port)))
        if kind == "tcp":
            one.listen(64)
        else:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        waiting.register(one, selectors.EVENT_READ, kind)
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
    while True:
        for key, _event in waiting.select():
            if key.data == "tcp":
                peer, _address = key.fileobj.accept()
                peer.sendall(ANSWER)
                peer.close()
            else:
                # Under the address that was asked: of another one no firewall knows that it is an answer.
                _asked, where, _flags, address = key.fileobj.recvmsg(99, 999)
                key.fileobj.sendmsg([ANSWER], where, 0, address)


def lets_in(asked):
    address, door = asked
    kind, port = door.split()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, KINDS[kind]) as one:
        one.settimeout(PATIENCE)
        try:
            one.connect((address, int(port)))
            if kind == "udp":
                one.send(b"?")
            return one.recv(99) == ANSWER
        except OSError:
            return False


def main():
    what, given = sys.argv[1], json.loads(sys.argv[2])
    if what == "serve":
        serve(given)
    with ThreadPoolExecutor(len(given)) as pool:
        json.dump([asked for asked, yes in zip(given, pool.map(lets_in, given)) if yes], sys.stdout)


main()

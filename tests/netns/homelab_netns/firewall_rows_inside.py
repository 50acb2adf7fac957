# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets to and from those inside alone, in both families, and those of others that the firewall lets be."""

from __future__ import annotations

from collections.abc import Iterator

from .firewall_bed import LAN, SECOND_LAN, STRANGER, TUNNEL, UPLINK, Sent
from .firewall_rows import (
    CLIENT,
    LINK_LOCAL,
    NEIGHBOUR,
    ROUTER,
    TUNNEL_ADDRESS,
    UPLINK_ADDRESS,
    UPLINK_HOST,
    WORLD,
    Row,
    from_to,
)
from .packets import Packet4, Payload, icmp4, icmp6, packet_too_big, tcp, udp

CLIENT4, NEIGHBOUR4, ROUTER4 = "198.51.100.10", "198.51.100.130", "198.51.100.1"
UPLINK4, STRANGER4, WORLD4 = "192.0.2.1", "203.0.113.9", "192.0.2.9"
STRANGER6 = "2001:db8:bb::10"


def to_and_from_the_inside() -> Iterator[Row]:
    yield from _ipv6()
    yield from _ipv4(outside=STRANGER, there=STRANGER4)
    yield Row("they do not reach each other", LAN, from_to(CLIENT, NEIGHBOUR, tcp(445)), False)
    yield Row("nor the other way", SECOND_LAN, from_to(NEIGHBOUR, CLIENT, tcp(445)), False)
    yield Row("but by a hole", SECOND_LAN, from_to(NEIGHBOUR, CLIENT, tcp(443)), True)
    yield Row("they do not reach each other in IPv4", LAN, Packet4(CLIENT4, NEIGHBOUR4, tcp(445)), False)
    yield Row("nor the other way in IPv4", SECOND_LAN, Packet4(NEIGHBOUR4, CLIENT4, tcp(445)), False)
    yield Row("two on one link do in IPv4", LAN, Packet4(CLIENT4, "198.51.100.11", tcp(445)), True)
    yield Row("on the second, too", SECOND_LAN, Packet4(NEIGHBOUR4, "198.51.100.131", tcp(445)), True)
    yield Row("but by a hole in IPv4", SECOND_LAN, Packet4(NEIGHBOUR4, CLIENT4, tcp(443)), True)


def _ipv6() -> Iterator[Row]:
    opening = from_to(CLIENT, WORLD, tcp(80, sport=42001))
    answer = from_to(WORLD, CLIENT, tcp(42001, sport=80, flags="SA", seq=9, ack=2))
    yield Row("from inside everything is reached", LAN, from_to(CLIENT, STRANGER6, udp(53)), True)
    yield Row("also from the second", SECOND_LAN, from_to(NEIGHBOUR, UPLINK_HOST, tcp(25)), True)
    yield Row("answers come back", TUNNEL, answer, True, (Sent(LAN, opening),))
    yield Row("nothing else comes in", TUNNEL, from_to(WORLD, CLIENT, tcp(80)), False)
    yield Row("from no interface", STRANGER, from_to(STRANGER6, CLIENT, udp(53)), False)
    yield Row("but by a hole from anywhere", STRANGER, from_to(STRANGER6, CLIENT, tcp(443)), True)
    yield Row("which is for its destination", STRANGER, from_to(STRANGER6, NEIGHBOUR, tcp(443)), False)
    yield Row("by a hole for one source", TUNNEL, from_to(WORLD, CLIENT, tcp(8443)), True)
    yield Row("by it from no other", STRANGER, from_to(STRANGER6, CLIENT, tcp(8443)), False)
    yield Row("a ping", STRANGER, from_to(STRANGER6, CLIENT, icmp6(128)), True)
    lost = packet_too_big(from_to(CLIENT, WORLD, tcp(80)).to_bytes())
    yield Row("packet too big", TUNNEL, from_to(WORLD, CLIENT, lost), True)
    yield Row("nobody sends under their addresses", UPLINK, from_to(CLIENT, UPLINK_ADDRESS, tcp(22)), False)
    yield Row("nor to others", STRANGER, from_to(CLIENT, WORLD, tcp(80)), False)
    yield Row("nor one of them under the other's", SECOND_LAN, from_to(CLIENT, WORLD, tcp(80)), False)
    yield Row("nor under the second's", STRANGER, from_to(NEIGHBOUR, STRANGER6, tcp(80)), False)
    yield Row("they send under no others", LAN, from_to(WORLD, STRANGER6, tcp(80)), False)
    yield Row("they reach this machine", LAN, from_to(CLIENT, ROUTER, tcp(8080)), True)
    yield Row("an unknown state does not", LAN, from_to(CLIENT, ROUTER, tcp(8080, flags="SA", ack=2)), False)


def _ipv4(outside: str, there: str) -> Iterator[Row]:
    opening = Packet4(CLIENT4, UPLINK4, tcp(80, sport=42002))
    answer = Packet4(UPLINK4, CLIENT4, tcp(42002, sport=80, flags="SA", seq=9, ack=2))
    yield Row("from inside the uplink is reached in IPv4", LAN, Packet4(CLIENT4, UPLINK4, udp(53)), True)
    yield Row("also from the second in IPv4", SECOND_LAN, Packet4(NEIGHBOUR4, UPLINK4, tcp(25)), True)
    yield Row("answers come back in IPv4", UPLINK, answer, True, (Sent(LAN, opening),))
    yield Row("nothing else comes in in IPv4", UPLINK, Packet4(WORLD4, CLIENT4, tcp(80)), False)
    yield Row("from no interface in IPv4", outside, Packet4(there, CLIENT4, udp(123)), False)
    yield Row("but by a hole in IPv4 from anywhere", outside, Packet4(there, CLIENT4, tcp(443)), True)
    yield Row("which is for its IPv4 destination", outside, Packet4(there, NEIGHBOUR4, tcp(443)), False)
    yield Row("by a hole for one IPv4 source", STRANGER, Packet4(STRANGER4, NEIGHBOUR4, udp(53)), True)
    yield Row("by it from no other IPv4 source", UPLINK, Packet4(WORLD4, CLIENT4, udp(53)), False)
    yield Row("a ping in IPv4", outside, Packet4(there, CLIENT4, icmp4(8)), True)
    lost = icmp4(3, body=bytes(4) + Packet4(CLIENT4, "192.0.2.50", udp(53)).to_bytes())
    yield Row("an error in IPv4", UPLINK, Packet4(WORLD4, CLIENT4, lost), True)
    yield Row("no redirect in IPv4", UPLINK, Packet4(WORLD4, CLIENT4, icmp4(5)), False)
    old = tcp(80, flags="SA", ack=2)
    yield Row("no unknown state in IPv4, even from inside", LAN, Packet4(CLIENT4, UPLINK4, old), False)
    yield Row("nothing under another's IPv4 address", SECOND_LAN, Packet4(CLIENT4, UPLINK4, tcp(80)), False)
    yield Row("this machine is reached in IPv4", LAN, Packet4(CLIENT4, ROUTER4, tcp(80)), True)


def other_traffic() -> Iterator[Row]:
    """To this machine, and through it from one outside to another."""
    services: list[tuple[str, Payload]] = [("ssh", tcp(22)), ("a service", tcp(445)), ("UDP", udp(53))]
    for what, payload in services:
        yield Row(f"this machine's {what}", TUNNEL, from_to(WORLD, TUNNEL_ADDRESS, payload), True)
        yield Row(f"{what} from stranger to uplink", STRANGER, from_to(STRANGER6, UPLINK_HOST, payload), True)
        yield Row(f"this machine's {what} in IPv4", UPLINK, Packet4(WORLD4, "192.0.2.2", payload), True)
        yield Row(f"{what} in IPv4 from uplink to stranger", UPLINK, Packet4(WORLD4, STRANGER4, payload), True)
    old = tcp(80, flags="SA", ack=2)
    yield Row("whatever its state", STRANGER, from_to(STRANGER6, UPLINK_HOST, old), True)
    yield Row("whatever its state in IPv4", UPLINK, Packet4(WORLD4, STRANGER4, old), True)
    yield Row("a link-local neighbour", UPLINK, from_to(LINK_LOCAL, "fe80::2", tcp(22)), True)


def both_families() -> Iterator[Row]:
    """A router whose LANs are filtered in IPv4, too."""
    yield from _ipv4(outside=STRANGER, there=STRANGER4)
    yield Row("they reach each other in IPv4", LAN, Packet4(CLIENT4, NEIGHBOUR4, tcp(445)), True)
    yield Row("and the other way in IPv4", SECOND_LAN, Packet4(NEIGHBOUR4, CLIENT4, tcp(446)), True)
    yield Row("but no strangers", LAN, Packet4(CLIENT4, STRANGER4, tcp(80)), False)
    yield Row("other IPv4 is left alone", UPLINK, Packet4(WORLD4, STRANGER4, tcp(80)), True)
    yield Row("other IPv6 is not", STRANGER, from_to(STRANGER6, UPLINK_HOST, tcp(80)), False)
    yield Row("a hole for both families", STRANGER, from_to(STRANGER6, CLIENT, tcp(443)), True)
    yield Row("they go out in IPv6", LAN, from_to(CLIENT, UPLINK_HOST, tcp(80)), True)
    yield Row("also from the second LAN", SECOND_LAN, from_to(NEIGHBOUR, UPLINK_HOST, tcp(80)), True)
    yield Row("nobody comes in under their addresses", UPLINK, from_to(CLIENT, UPLINK_ADDRESS, icmp6(128)), False)

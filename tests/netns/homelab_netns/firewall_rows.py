# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets, one a row, and what becomes of them: the firewall's promises in a form that can be sent.

A row is named by what is promised.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .firewall_bed import LAN, SECOND_LAN, STRANGER, TUNNEL, UPLINK, Packet, Sent
from .namespaces import bridges_pass_the_firewall
from .packets import (
    ESP,
    IPV6_IN_IPV4,
    Packet4,
    Packet6,
    Payload,
    icmp6,
    neighbour_solicitation,
    opaque,
    packet_too_big,
    tcp,
    udp,
)

WORLD = "2600:9000::1"
# The router and hosts, as their neighbours see them.
TUNNEL_ADDRESS, BROKER = "2001:db8:407::2", "2001:db8:407::1"
ROUTER, CLIENT, SERVER = "2001:db8:1:1::1", "2001:db8:1:1::10", "2001:db8:1:1::11"
ROUTER_ON_SECOND, NEIGHBOUR = "2001:db8:1:2::1", "2001:db8:1:2::10"
UPLINK_ADDRESS, UPLINK_HOST = "2001:db8:aa::2", "2001:db8:aa::9"
UPLINK_IPV4, BROKER_IPV4, STRANGER_IPV4 = "192.0.2.2", "192.0.2.1", "192.0.2.9"
LINK_LOCAL, ALL_NODES, ALL_ROUTERS, MLD_ROUTERS = "fe80::99", "ff02::1", "ff02::2", "ff02::16"
DHCP_SERVERS = "ff02::1:2"


@dataclass(frozen=True)
class Row:
    promise: str
    at: str | None
    packet: Packet
    passes: bool
    # What was sent before it, and passed.
    after: tuple[Sent, ...] = ()
    # Not to the router, but past it to another machine of the LAN.
    past: bool = False


def from_to(source: str, destination: str, payload: Payload, **more: Any) -> Packet6:
    return Packet6(source, destination, payload, **more)


def on_one_lan() -> Iterator[Row]:
    """Between two machines of a LAN, which the router has no business with."""
    yield Row("machines of a LAN reach each other by way of the router", LAN, from_to(CLIENT, SERVER, tcp(445)), True)
    other = "2001:db8:1:2::11"
    yield Row("those of the second LAN, too", SECOND_LAN, from_to(NEIGHBOUR, other, tcp(445)), True)
    if bridges_pass_the_firewall():
        asked = neighbour_solicitation(other)
        yield Row(
            "neighbour discovery crosses a bridge",
            SECOND_LAN,
            from_to(NEIGHBOUR, "ff02::1:ff00:11", asked, hop_limit=255),
            True,
            past=True,
        )


def forged_sources() -> Iterator[Row]:
    ping = icmp6(128)
    for what, source in (
        ("a LAN's address", CLIENT),
        ("an unused part of the routed prefix", "2001:db8:1:ffff::1"),
        ("the tunnel's own address", TUNNEL_ADDRESS),
        ("a unique local address", "fd12::1"),
        ("a link-local address", LINK_LOCAL),
        ("a site-local address", "fec0::1"),
        ("an IPv4-mapped address", "::ffff:192.0.2.9"),
        ("an IPv4-compatible address", "::192.0.2.9"),
        ("the discard prefix", "100::1"),
        ("ORCHID", "2001:10::1"),
    ):
        yield Row(f"{what} does not come through the tunnel", TUNNEL, from_to(source, TUNNEL_ADDRESS, ping), False)
        yield Row(f"{what} does not pass from the tunnel", TUNNEL, from_to(source, CLIENT, ping), False)
    for at, to in ((TUNNEL, TUNNEL_ADDRESS), (UPLINK, UPLINK_ADDRESS), (LAN, ROUTER)):
        yield Row(f"nothing comes from a group ({at})", at, from_to("ff02::1", to, ping), False)
    yield Row("a LAN's address does not come from the uplink", UPLINK, from_to(CLIENT, UPLINK_ADDRESS, ping), False)
    yield Row(
        "the tunnel's address does not come from the uplink",
        UPLINK,
        from_to(TUNNEL_ADDRESS, UPLINK_ADDRESS, ping),
        False,
    )
    yield Row("the uplink's neighbours may have ULAs", UPLINK, from_to("fd12::1", UPLINK_ADDRESS, ping), True)
    for what, source in (("the Internet", WORLD), ("another LAN", NEIGHBOUR), ("a ULA of nobody", "fd12::1")):
        yield Row(f"a LAN does not send from {what}", LAN, from_to(source, WORLD, tcp(80)), False)
        yield Row(f"the router does not hear {what} from a LAN", LAN, from_to(source, ROUTER, tcp(80)), False)
        yield Row(f"nor does it answer a ping of {what}", LAN, from_to(source, ROUTER, ping), False)
    yield Row("nor that of another LAN from the second", SECOND_LAN, from_to(CLIENT, ROUTER_ON_SECOND, ping), False)
    yield Row("the router sends from its tunnel address", None, from_to(TUNNEL_ADDRESS, WORLD, tcp(81)), True)
    yield Row("the router sends from its LAN address", None, from_to(ROUTER, WORLD, tcp(81)), True)
    yield Row("the router sends from no other address", None, from_to(UPLINK_ADDRESS, WORLD, tcp(81)), False)
    yield Row(
        "the tunnel's ends are neighbours", None, from_to("fe80::1", ALL_ROUTERS, icmp6(133), hop_limit=255), True
    )
    yield Row("no unique local address leaves", SECOND_LAN, from_to("fd00:1:2::9", WORLD, tcp(80)), False)
    yield Row("nothing leaves for a unique local address", LAN, from_to(CLIENT, "fd12::1", tcp(80)), False)


def routing_headers() -> Iterator[Row]:
    for at, source, destination in (
        (TUNNEL, WORLD, TUNNEL_ADDRESS),
        (TUNNEL, WORLD, CLIENT),
        (LAN, CLIENT, ROUTER),
        (LAN, CLIENT, WORLD),
    ):
        packet = from_to(source, destination, icmp6(128), routing=0)
        yield Row(f"no routing header 0 from {at} to {destination}", at, packet, False)
    packet = from_to(WORLD, CLIENT, icmp6(128), routing=2)
    yield Row("a routing header of mobile hosts is none of its business", TUNNEL, packet, True)


def neighbour_discovery() -> Iterator[Row]:
    solicitation = neighbour_solicitation(ROUTER)
    for what, payload, source, destination in (
        ("neighbour solicitation", solicitation, CLIENT, ROUTER),
        ("neighbour solicitation of a new host", solicitation, "::", "ff02::1:ff00:1"),
        ("neighbour advertisement", icmp6(136, body=bytes(20)), LINK_LOCAL, ALL_NODES),
        ("router solicitation", icmp6(133), LINK_LOCAL, ALL_ROUTERS),
        ("router advertisement", icmp6(134, body=bytes(12)), LINK_LOCAL, ALL_NODES),
        ("inverse neighbour solicitation", icmp6(141), LINK_LOCAL, ALL_NODES),
        ("SEND certification path solicitation", icmp6(148), LINK_LOCAL, ALL_NODES),
    ):
        yield Row(f"{what} from the link", LAN, from_to(source, destination, payload, hop_limit=255), True)
        yield Row(f"no {what} from afar", LAN, from_to(source, destination, payload, hop_limit=254), False)
    advertisement = from_to(LINK_LOCAL, ALL_NODES, icmp6(134, body=bytes(12)), hop_limit=255)
    yield Row("router advertisement on the uplink", UPLINK, advertisement, True)
    yield Row(
        "neighbour solicitation of the broker",
        TUNNEL,
        from_to(BROKER, TUNNEL_ADDRESS, neighbour_solicitation(TUNNEL_ADDRESS), hop_limit=255),
        True,
    )
    yield Row(
        "neighbour discovery is not forwarded",
        TUNNEL,
        from_to(WORLD, CLIENT, neighbour_solicitation(CLIENT), hop_limit=255),
        False,
    )
    yield Row(
        "neighbour discovery does not leave",
        LAN,
        from_to(CLIENT, WORLD, neighbour_solicitation(WORLD), hop_limit=255),
        False,
    )
    redirect = from_to(LINK_LOCAL, ALL_NODES, icmp6(137, body=bytes(36)), hop_limit=255)
    yield Row("no redirect", LAN, redirect, False)
    for kind in (130, 131, 132, 143, 151):
        report = from_to(LINK_LOCAL, MLD_ROUTERS, icmp6(kind, body=bytes(20)), hop_limit=1, router_alert=True)
        yield Row(f"multicast listener or router message {kind}", LAN, report, True)
        afar = from_to(CLIENT, ROUTER, icmp6(kind, body=bytes(20)), hop_limit=1)
        yield Row(f"no multicast listener or router message {kind} from a global address", LAN, afar, False)
        yield Row(
            f"no multicast listener or router message {kind} from afar",
            LAN,
            from_to(LINK_LOCAL, ROUTER, icmp6(kind, body=bytes(20))),
            False,
        )


def icmp_errors_and_echo() -> Iterator[Row]:
    lost = from_to(CLIENT, WORLD, tcp(80)).to_bytes()
    for what, kind in (("destination unreachable", 1), ("time exceeded", 3), ("parameter problem", 4)):
        error = icmp6(kind, body=bytes(4) + lost)
        yield Row(f"{what} to the router", TUNNEL, from_to(BROKER, TUNNEL_ADDRESS, error), True)
        yield Row(f"{what} to a LAN", TUNNEL, from_to(BROKER, CLIENT, error), True)
        yield Row(f"{what} from a LAN", LAN, from_to(CLIENT, WORLD, error), True)
    big = packet_too_big(lost)
    yield Row("packet too big to the router", TUNNEL, from_to(WORLD, TUNNEL_ADDRESS, big), True)
    yield Row("packet too big to a LAN, its connection unknown", TUNNEL, from_to(WORLD, CLIENT, big), True)
    opening = from_to(CLIENT, WORLD, tcp(80, sport=41000))
    known = packet_too_big(opening.to_bytes())
    yield Row(
        "packet too big to a LAN, its connection known",
        TUNNEL,
        from_to(WORLD, CLIENT, known),
        True,
        (Sent(LAN, opening),),
    )
    yield Row("echo request to the router", TUNNEL, from_to(WORLD, TUNNEL_ADDRESS, icmp6(128)), True)
    yield Row("echo request to a LAN", TUNNEL, from_to(WORLD, CLIENT, icmp6(128)), True)
    yield Row("echo request from a LAN", LAN, from_to(CLIENT, WORLD, icmp6(128)), True)
    yield Row("no echo reply that was not asked for", TUNNEL, from_to(WORLD, CLIENT, icmp6(129, body=b"lost")), False)
    ping = from_to(CLIENT, WORLD, icmp6(128, body=b"\x12\x34\x00\x01"))
    yield Row(
        "an echo reply that was asked for",
        TUNNEL,
        from_to(WORLD, CLIENT, icmp6(129, body=b"\x12\x34\x00\x01")),
        True,
        (Sent(LAN, ping),),
    )
    yield Row("no message of a type that nobody knows", TUNNEL, from_to(WORLD, CLIENT, icmp6(100)), False)


def to_the_router() -> Iterator[Row]:
    for at, to, source in ((TUNNEL, TUNNEL_ADDRESS, WORLD), (UPLINK, UPLINK_ADDRESS, UPLINK_HOST)):
        for port in (22, 53, 80, 8011):
            yield Row(f"port {port} is closed to {at}", at, from_to(source, to, tcp(port)), False)
        for port in (53, 123, 546, 547):
            yield Row(f"UDP port {port} is closed to {at}", at, from_to(source, to, udp(port)), False)
        yield Row(f"no way in by the LAN address from {at}", at, from_to(source, ROUTER, tcp(22)), False)
        yield Row(f"a hole is open to {at}", at, from_to(source, to, tcp(443)), True)
        yield Row(f"a hole by a range is open to {at}", at, from_to(source, to, tcp(8010)), True)
    yield Row("a hole for one source lets it in", TUNNEL, from_to(WORLD, TUNNEL_ADDRESS, udp(873)), True)
    yield Row("a hole for one source lets no other in", TUNNEL, from_to("2a00::1", TUNNEL_ADDRESS, udp(873)), False)
    yield Row("the administrator gets in from a LAN", LAN, from_to(CLIENT, ROUTER, tcp(22)), True)
    yield Row(
        "no packet of an unknown state reaches the router",
        LAN,
        from_to(CLIENT, ROUTER, tcp(80, flags="SA", ack=2)),
        False,
    )
    yield Row(
        "a second LAN reaches services of the router", SECOND_LAN, from_to(NEIGHBOUR, ROUTER_ON_SECOND, udp(53)), True
    )
    yield Row("a LAN reaches services of the router", LAN, from_to(CLIENT, ROUTER, udp(53)), True)
    yield Row("a LAN reaches them link-local", LAN, from_to(LINK_LOCAL, "ff02::fb", udp(5353)), True)
    yield Row("a LAN asks for DHCPv6", LAN, from_to(LINK_LOCAL, DHCP_SERVERS, udp(547, sport=546)), True)
    yield Row("a relay asks for DHCPv6", LAN, from_to(CLIENT, ROUTER, udp(547, sport=547)), True)
    yield Row("nobody outside asks for DHCPv6", UPLINK, from_to(LINK_LOCAL, DHCP_SERVERS, udp(547, sport=546)), False)
    yield Row("the uplink answers DHCPv6", UPLINK, from_to(LINK_LOCAL, "fe80::2", udp(546, sport=547)), True)
    yield Row("no DHCPv6 answer from afar", UPLINK, from_to(UPLINK_HOST, UPLINK_ADDRESS, udp(546, sport=547)), False)
    question = from_to(TUNNEL_ADDRESS, WORLD, udp(53, sport=41001))
    yield Row(
        "an answer to the router",
        TUNNEL,
        from_to(WORLD, TUNNEL_ADDRESS, udp(41001, sport=53)),
        True,
        (Sent(None, question),),
    )
    yield Row("no answer that was not asked for", TUNNEL, from_to(WORLD, TUNNEL_ADDRESS, udp(41002, sport=53)), False)
    yield Row("an interface named nowhere is a stranger", STRANGER, from_to("2001:db8:bb::10", ROUTER, tcp(22)), False)


def through_the_router() -> Iterator[Row]:
    opening = from_to(CLIENT, WORLD, tcp(80, sport=41003))
    answer = from_to(WORLD, CLIENT, tcp(41003, sport=80, flags="SA", seq=9, ack=2))
    yield Row("a LAN opens connections", LAN, opening, True)
    yield Row("their answers come back", TUNNEL, answer, True, (Sent(LAN, opening),))
    yield Row("a LAN sends UDP", LAN, from_to(CLIENT, WORLD, udp(53)), True)
    yield Row("a second LAN sends too", SECOND_LAN, from_to(NEIGHBOUR, WORLD, udp(53)), True)
    yield Row("a LAN reaches the uplink's hosts", LAN, from_to(CLIENT, UPLINK_HOST, udp(53)), True)
    for at, source in ((TUNNEL, WORLD), (UPLINK, UPLINK_HOST), (STRANGER, "2001:db8:bb::10")):
        yield Row(f"no connection from {at} to a LAN", at, from_to(source, CLIENT, tcp(445)), False)
        yield Row(f"no UDP from {at} to a LAN", at, from_to(source, CLIENT, udp(137)), False)
    yield Row(
        "no acknowledgement of nothing", TUNNEL, from_to(WORLD, CLIENT, tcp(41004, sport=80, flags="SA", ack=2)), False
    )
    yield Row(
        "no packet of an unknown state, even from a LAN", LAN, from_to(CLIENT, WORLD, tcp(80, flags="SA", ack=2)), False
    )
    yield Row("nothing passes between tunnel and uplink", TUNNEL, from_to(WORLD, UPLINK_HOST, udp(53)), False)
    yield Row("a LAN does not reach strangers", LAN, from_to(CLIENT, "2001:db8:bb::10", udp(53)), False)
    yield Row("a hole is open", TUNNEL, from_to(WORLD, SERVER, tcp(22)), True)
    yield Row("a hole is for its destination", TUNNEL, from_to(WORLD, CLIENT, tcp(22)), False)
    yield Row("a hole is for its port", TUNNEL, from_to(WORLD, SERVER, tcp(23)), False)
    yield Row("a hole is for its interface", UPLINK, from_to(UPLINK_HOST, SERVER, tcp(22)), False)
    yield Row("a hole for a protocol is open", TUNNEL, from_to(WORLD, SERVER, opaque(47)), True)
    yield Row("a hole for a protocol is for its source", TUNNEL, from_to("2a00::1", SERVER, opaque(47)), False)


def ipv4() -> Iterator[Row]:
    inner = Payload(IPV6_IN_IPV4, from_to(WORLD, CLIENT, icmp6(128)).to_bytes())
    yield Row("6in4 from the broker", UPLINK, Packet4(BROKER_IPV4, UPLINK_IPV4, inner), True)
    yield Row("no 6in4 from a stranger", UPLINK, Packet4(STRANGER_IPV4, UPLINK_IPV4, inner), False)
    yield Row("no 6in4 from a LAN", LAN, Packet4("198.51.100.9", "198.51.100.1", inner), False)
    for what, payload in (("ssh", tcp(22)), ("UDP", udp(53)), ("GRE", opaque(47)), ("an old ACK", tcp(80, flags="A"))):
        yield Row(f"IPv4 is left alone: {what}", UPLINK, Packet4(STRANGER_IPV4, UPLINK_IPV4, payload), True)
        yield Row(
            f"IPv4 is left alone on its way through: {what}", LAN, Packet4("198.51.100.9", BROKER_IPV4, payload), True
        )


def ipsec(passes: bool) -> Iterator[Row]:
    word = "IPsec" if passes else "no IPsec unless asked for"
    yield Row(f"{word}: ESP", TUNNEL, from_to(WORLD, CLIENT, opaque(ESP)), passes)
    yield Row(f"{word}: IKE", TUNNEL, from_to(WORLD, CLIENT, udp(500, sport=500)), passes)
    yield Row("no IPsec to strangers", TUNNEL, from_to(WORLD, "2001:db8:bb::10", opaque(ESP)), False)

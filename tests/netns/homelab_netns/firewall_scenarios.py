# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the role `firewall`, and what is promised under them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .firewall_bed import LAN, SECOND_LAN, TUNNEL, UPLINK, FirewallBed, Sent
from .firewall_rows import (
    ALL_NODES,
    BROKER_IPV4,
    CLIENT,
    DHCP_SERVERS,
    LINK_LOCAL,
    NEIGHBOUR,
    ROUTER,
    ROUTER_ON_SECOND,
    SERVER,
    STRANGER_IPV4,
    TUNNEL_ADDRESS,
    UPLINK_ADDRESS,
    UPLINK_HOST,
    UPLINK_IPV4,
    WORLD,
    Row,
    forged_sources,
    from_to,
    icmp_errors_and_echo,
    ipsec,
    ipv4,
    neighbour_discovery,
    on_one_lan,
    routing_headers,
    through_the_router,
    to_the_router,
)
from .firewall_rows_inside import both_families, other_traffic, to_and_from_the_inside
from .packets import IPV6_IN_IPV4, Packet4, Payload, icmp6, tcp, udp

OPTIONS: dict[str, Any] = {
    "tunnels": [
        {
            "interface": TUNNEL,
            "broker_ipv4": BROKER_IPV4,
            "mtu": 1480,
            "address": TUNNEL_ADDRESS + "/64",
            "prefixes": ["2001:db8:1::/48"],
        }
    ],
    "outside": [UPLINK],
    "inside": [
        {"interface": LAN, "prefixes": ["2001:db8:1:1::/64"]},
        {"interface": SECOND_LAN, "prefixes": ["2001:db8:1:2::/64", "fd00:1:2::/64"]},
    ],
    "input_allow": [
        {"name": "web", "protocol": "tcp", "ports": ["443", "8000-8010"]},
        {"name": "backup from home", "protocol": "udp", "ports": [873], "sources": ["2600:9000::/32"]},
    ],
    "forward_allow": [
        {"name": "ssh", "protocol": "tcp", "ports": [22], "destinations": [SERVER], "interfaces": [TUNNEL]},
        {"name": "tunnel of a friend", "protocol": "gre", "sources": [WORLD], "destinations": [SERVER]},
    ],
}


def default_rows() -> list[Row]:
    return [
        *forged_sources(),
        *routing_headers(),
        *neighbour_discovery(),
        *icmp_errors_and_echo(),
        *to_the_router(),
        *through_the_router(),
        Row("LANs reach each other", LAN, from_to(CLIENT, NEIGHBOUR, tcp(445)), True),
        Row("and the other way", SECOND_LAN, from_to(NEIGHBOUR, CLIENT, tcp(446)), True),
        *ipsec(passes=False),
        *ipv4(),
    ]


STRICT_OPTIONS = OPTIONS | {
    "input_inside": "drop",
    "between_inside": False,
    "ipsec": True,
    "log_rate": 10,
}


def strict_rows() -> list[Row]:
    """A router that offers its LANs nothing but what it must, and lets them at nothing of each other."""
    return [
        Row("a LAN does not reach services of the router", LAN, from_to(CLIENT, ROUTER, udp(53)), False),
        Row("nor those of its second LAN", SECOND_LAN, from_to(NEIGHBOUR, ROUTER_ON_SECOND, tcp(80)), False),
        Row("DHCPv6 stays open", LAN, from_to(LINK_LOCAL, DHCP_SERVERS, udp(547, sport=546)), True),
        Row(
            "DHCPv6 stays open to the second LAN",
            SECOND_LAN,
            from_to(LINK_LOCAL, DHCP_SERVERS, udp(547, sport=546)),
            True,
        ),
        Row("the administrator gets in from a LAN", LAN, from_to(CLIENT, ROUTER, tcp(22)), True),
        Row(
            "the administrator gets in from the second LAN",
            SECOND_LAN,
            from_to(NEIGHBOUR, ROUTER_ON_SECOND, tcp(22)),
            True,
        ),
        Row("the administrator does not get in from outside", TUNNEL, from_to(WORLD, TUNNEL_ADDRESS, tcp(22)), False),
        Row("echo request from a LAN", LAN, from_to(CLIENT, ROUTER, icmp6(128)), True),
        Row("LANs do not reach each other", LAN, from_to(CLIENT, NEIGHBOUR, tcp(445)), False),
        *on_one_lan(),
        Row("a LAN opens connections", LAN, from_to(CLIENT, WORLD, tcp(80)), True),
        *ipsec(passes=True),
        *forged_sources(),
        *ipv4(),
    ]


ADMIN_OPTIONS = OPTIONS | {"admin_from_outside": "always", "admin_ports": [22, 2222]}


def admin_rows() -> list[Row]:
    """An administrator who sits outside."""
    return [
        Row("the administrator gets in from outside", TUNNEL, from_to(WORLD, TUNNEL_ADDRESS, tcp(22)), True),
        Row("by any of his ports", UPLINK, from_to(UPLINK_HOST, UPLINK_ADDRESS, tcp(2222)), True),
        Row("but to this machine only", TUNNEL, from_to(WORLD, CLIENT, tcp(2222)), False),
        Row("and not under a forged source", TUNNEL, from_to(CLIENT, TUNNEL_ADDRESS, tcp(22)), False),
    ]


# A host with one interface, on a LAN that somebody else's router leads out of.
HOST_OPTIONS: dict[str, Any] = {
    "inside": [{"interface": LAN, "prefixes": ["2001:db8:1:1::/64"]}],
    "outside": [LAN, UPLINK],
    "input_inside": "reject",
    "between_inside": False,
    "input_allow": [{"name": "files", "ports": [445], "sources": ["2001:db8:1:1::/64"], "interfaces": [LAN]}],
}


def host_rows() -> list[Row]:
    ping = icmp6(128)
    inner = Payload(IPV6_IN_IPV4, from_to(WORLD, CLIENT, ping).to_bytes())
    return [
        Row("the LAN reaches a service", LAN, from_to(CLIENT, ROUTER, tcp(445)), True),
        Row("the LAN reaches no other", LAN, from_to(CLIENT, ROUTER, tcp(446)), False),
        Row("the administrator gets in from the LAN", LAN, from_to(CLIENT, ROUTER, tcp(22)), True),
        Row("the Internet comes over the same interface", LAN, from_to(WORLD, ROUTER, ping), True),
        Row("but reaches no service", LAN, from_to(WORLD, ROUTER, tcp(445)), False),
        Row("nor the administrator's port", LAN, from_to(WORLD, ROUTER, tcp(22)), False),
        Row("the LAN's addresses come from no other interface", UPLINK, from_to(CLIENT, ROUTER, ping), False),
        Row("what it forwards, it forwards", LAN, from_to(CLIENT, UPLINK_HOST, tcp(80)), True),
        Row("6in4 is not ours where no tunnel is", UPLINK, Packet4(STRANGER_IPV4, UPLINK_IPV4, inner), True),
        Row(
            "a router advertisement",
            LAN,
            from_to(LINK_LOCAL, ALL_NODES, icmp6(134, body=bytes(12)), hop_limit=255),
            True,
        ),
    ]


# A host with two containers, each on a link of its own, and much else that is none of the firewall's business.
INSIDE_OPTIONS: dict[str, Any] = {
    "scope": "inside",
    "inside": [
        {"interface": LAN, "prefixes": ["2001:db8:1:1::/64"], "ipv4": ["198.51.100.0/25"]},
        {
            "interface": SECOND_LAN,
            "prefixes": ["2001:db8:1:2::/64", "fd00:1:2::/64"],
            "ipv4": ["198.51.100.128/25"],
        },
    ],
    "between_inside": False,
    "forward_allow": [
        {"name": "web", "ports": [443], "destinations": ["2001:db8:1:1::/64", "198.51.100.0/25"]},
        {"name": "of one host", "ports": [8443], "sources": [WORLD], "destinations": ["2001:db8:1:1::/64"]},
        {"name": "of one IPv4 host", "protocol": "udp", "ports": [53], "sources": ["203.0.113.9"]},
    ],
}
BOTH_OPTIONS = INSIDE_OPTIONS | {"scope": "all", "outside": [UPLINK], "between_inside": True, "log_rate": 10}


# A server that forwards for others: it lets in what a host does, and what is not for it is theirs.
SERVER_OPTIONS: dict[str, Any] = HOST_OPTIONS | {
    "scope": "machine",
    "outside": [LAN, SECOND_LAN],
    "inside": [
        {"interface": LAN, "prefixes": ["2001:db8:1:1::/64"]},
        {"interface": SECOND_LAN, "prefixes": ["2001:db8:1:2::/64"]},
    ],
}


def server_rows() -> list[Row]:
    web = tcp(80, sport=41030)
    return [
        Row("its LAN reaches its services", LAN, from_to(CLIENT, ROUTER, tcp(445)), True),
        Row("the Internet does not", LAN, from_to(WORLD, ROUTER, tcp(445)), False),
        Row("nor a stranger's interface", UPLINK, from_to(UPLINK_HOST, UPLINK_ADDRESS, tcp(445)), False),
        Row("its second LAN's administrator gets in", SECOND_LAN, from_to(NEIGHBOUR, ROUTER_ON_SECOND, tcp(22)), True),
        Row("and its DHCPv6", SECOND_LAN, from_to(LINK_LOCAL, DHCP_SERVERS, udp(547, sport=546)), True),
        Row("what comes in unasked for others passes", UPLINK, from_to(UPLINK_HOST, SERVER, web), True),
        Row("and what goes out for them", LAN, from_to(CLIENT, UPLINK_HOST, tcp(80)), True),
        Row("and whatever addresses they have", SECOND_LAN, from_to(CLIENT, UPLINK_HOST, tcp(80, sport=41031)), True),
    ]


@dataclass(frozen=True)
class Scenario:
    """Options of the role, and what is promised under them."""

    name: str
    options: dict[str, Any]
    rows: list[Row]
    # The largest segment that a SYN leaves with, by where it came in.
    segments: tuple[tuple[Sent, int], ...] = ()
    # A packet and the code of the "destination unreachable" that it is answered with; None: by nothing.
    refusals: tuple[tuple[Sent, str | None], ...] = ()


def scenarios() -> list[Scenario]:
    outbound = Sent(LAN, from_to(CLIENT, WORLD, tcp(80, sport=41010, mss=1440)))
    inbound = Sent(TUNNEL, from_to(WORLD, SERVER, tcp(22, sport=41011, mss=1440)))
    small = Sent(LAN, from_to(CLIENT, WORLD, tcp(80, sport=41012, mss=1220)))
    between = Sent(LAN, from_to(CLIENT, NEIGHBOUR, tcp(80, sport=41013, mss=1440)))
    refused = Sent(LAN, from_to(CLIENT, ROUTER, tcp(446, sport=41014)))
    ignored = Sent(TUNNEL, from_to(WORLD, TUNNEL_ADDRESS, tcp(22, sport=41015)))
    refused_too = Sent(SECOND_LAN, from_to(NEIGHBOUR, ROUTER_ON_SECOND, tcp(446, sport=41017)))
    no_route = Sent(LAN, from_to(CLIENT, "fd12::1", tcp(80, sport=41016)))
    return [
        Scenario(
            "router",
            OPTIONS,
            default_rows(),
            segments=((outbound, 1420), (inbound, 1420), (small, 1220), (between, 1440)),
            refusals=((ignored, None), (no_route, "no-route")),
        ),
        Scenario("strict", STRICT_OPTIONS, strict_rows(), refusals=((refused, None),)),
        Scenario("administrator", ADMIN_OPTIONS, admin_rows()),
        Scenario("containers", INSIDE_OPTIONS, [*to_and_from_the_inside(), *other_traffic()]),
        Scenario("both families", BOTH_OPTIONS, list(both_families())),
        Scenario("server", SERVER_OPTIONS, server_rows(), refusals=((refused_too, "admin-prohibited"),)),
        Scenario("host", HOST_OPTIONS, host_rows(), refusals=((refused, "admin-prohibited"),)),
    ]


def broken_promises(bed: FirewallBed, scenario: Scenario) -> list[str]:
    """Send all rows and say which did not fare as promised."""
    broken = [] if bed.talks_to_itself() else ["loopback is always open: it is not"]
    batch: list[Sent] = []
    asked: list[tuple[int, str, bool]] = []
    for row in scenario.rows:
        for before in row.after:
            asked.append((len(batch), f"{row.promise} (what comes before it)", True))
            batch.append(before)
        asked.append((len(batch), row.promise, row.passes))
        batch.append(Sent(row.at, row.packet, row.past))
    passed = bed.passed(batch)
    broken += [
        f"{promise}: {'passed' if passed[at] else 'dropped'}" for at, promise, passes in asked if passed[at] != passes
    ]
    for sent, size in scenario.segments:
        if (found := bed.largest_segment(sent)) != size:
            broken.append(f"a segment of {size} from {sent.at}: {found}")
    for sent, code in scenario.refusals:
        if (answered := bed.refusal(sent)) != code:
            broken.append(f"an answer {code} to {sent.packet}: {answered}")
    return broken


def flood(bed: FirewallBed, count: int) -> tuple[int, int]:
    """How many of `count` pings at once get through from outside, and how many from a LAN."""
    outside = [Sent(TUNNEL, from_to(WORLD, CLIENT, icmp6(128)))] * count
    lan = [Sent(LAN, from_to(CLIENT, WORLD, icmp6(128, body=b"\x43\x21\x00\x01")))] * count
    return sum(bed.passed(outside)), sum(bed.passed(lan))

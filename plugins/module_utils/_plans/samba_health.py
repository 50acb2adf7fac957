# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Do files and printers work over IPv6, and if not, what is wrong and what to do: both ends looked at, none touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .._values.cifs import bracketed, escaped
from .._values.samba import IPP_PORT, SMB_PORT
from .cifs_mounts import NO_SHARE, NOT_ALLOWED, TARGET, WRONG_USER
from .health import Check, unit_check

TIMED_OUT = "timed out"
NO_ROUTE = ("Network is unreachable", "Cannot assign requested address")
# What the kernel makes of ICMPv6 1/1, 1/5 and 1/6: a firewall's word that it turns something down.
REJECTED = "Permission denied"
REFUSED = "Connection refused"
SERVICES = {SMB_PORT: "Samba", IPP_PORT: "CUPS"}


class Knock(NamedTuple):
    """A try to connect to one address of a server's.

    :param said: empty where somebody answered
    :param echo: milliseconds that an echo took where nobody did, None where there was none
    """

    address: str
    said: str
    echo: float | None = None

    @property
    def ipv6(self) -> bool:
        return ":" in self.address


class ShareSeen(NamedTuple):
    """What came of a look into a share.

    :param status: empty where all is well
    :param mounts: whether this kernel has cifs, so that it can be mounted
    :param watched: whether its automount unit runs
    :param failed: whether a mount has failed, and failed again when this looked
    """

    status: str
    said: str
    mounts: bool
    watched: bool
    failed: bool = False


class Observed(NamedTuple):
    """Both ends as they were found.

    :param listening: port → the addresses at which somebody listens by TCP
    :param own: all addresses of this machine's, without the length of their prefix
    :param loopback: port → what came of a try to connect to [::1]
    :param knocks: (server, port) → what came of its addresses
    :param shares: in the order of those that were asked for, None where the server did not answer
    :param queues: (server, port, queue) → whether the server has it
    """

    active: Mapping[str, str]
    enabled: Mapping[str, str]
    listening: Mapping[int, Sequence[str]]
    own: Sequence[str]
    loopback: Mapping[int, str]
    knocks: Mapping[tuple[str, int], Sequence[Knock]]
    shares: Sequence[ShareSeen | None]
    queues: Mapping[tuple[str, int, str], bool]


def checks(expected: Mapping[str, Any], seen: Observed) -> list[Check]:
    """From the bottom up: the first that is broken is usually the cause of the others."""
    found = [unit_check(unit, seen.active, seen.enabled) for unit in expected["units"]]
    found += [_loopback(port, seen.loopback[port]) for port in expected["loopback"]]
    for service in expected["services"]:
        found.append(_listening(service, seen))
    for (server, port), knocks in seen.knocks.items():
        found += _server(server, port, knocks)
    for share, one in zip(expected["shares"], seen.shares):
        if one is not None:
            found += _share(share, one)
    for (server, port, queue), there in seen.queues.items():
        found.append(_queue(server, port, queue, there))
    return found


def _loopback(port: int, said: str) -> Check:
    what = f"[::1]:{port}"
    if not said:
        return Check(what, "answers")
    if said in (TIMED_OUT, REJECTED):
        remedy = (
            "Accept all of loopback before anything is dropped, as `iif lo accept` of nftables or"
            " `ip6tables -I INPUT -i lo -j ACCEPT` do, and for what goes out likewise"
        )
        # Samba asks CUPS there where it is told to; who asks Samba is its own tools.
        waiting = "Samba will wait for CUPS" if port == IPP_PORT else "programs of this machine will wait for Samba"
        return Check(what, f"loopback IPv6 is dropped: {waiting}", remedy)
    if said == REFUSED:
        return Check(what, "nothing listens there", "Run the samba_server playbook, or restart the service")
    remedy = "`sysctl -w net.ipv6.conf.lo.disable_ipv6=0` turns it on now; find out what turned it off"
    return Check(what, f"loopback has no IPv6 ({said})", remedy)


def _listening(service: Mapping[str, Any], seen: Observed) -> Check:
    unit, port = service["unit"], service["port"]
    what = f"{SERVICES.get(port, unit)} at port {port}"
    there = seen.listening.get(port, ())
    # A socket at :: or 0.0.0.0 hears what comes to any address of its family.
    anywhere = {family for family, every in (("6", "::"), ("4", "0.0.0.0")) if every in there}  # noqa: S104
    deaf = [one for one in service["addresses"] if one not in there and ("6" if ":" in one else "4") not in anywhere]
    if not deaf:
        return Check(what, "listens at " + ", ".join(service["addresses"]))
    gone = [one for one in there if one not in (*seen.own, "::", "0.0.0.0")]  # noqa: S104
    listens = f"does not listen at {', '.join(deaf)}"
    if gone:
        listens += f", and at {', '.join(gone)}, which this machine does not have any more"
    remedy = f"The addresses have changed since it was set up: run the samba_server playbook, then restart {unit}"
    return Check(what, listens, remedy)


def _server(server: str, port: int, knocks: Sequence[Knock]) -> list[Check]:
    what = f"{SERVICES.get(port, 'port')} of {server}"
    if not knocks:
        remedy = "Correct the name, or have it in your DNS or /etc/hosts, with an AAAA record for IPv6"
        return [Check(what, "its name leads nowhere", remedy)]
    # A family that this machine does not have, or has no way out for, is not the server's fault.
    tried = [one for one in knocks if one.said not in NO_ROUTE]
    answered = [one for one in tried if not one.said]
    if not tried:
        return [Check(what, "this machine has no address and route to it", "Give it one: see `ip address`, `ip route`")]
    broken = [check for one in tried if one.said for check in _silent(what, port, one, answered)]
    if answered:
        seen = "answers at " + ", ".join(one.address for one in answered)
        return [*broken, Check(what, seen)]
    return broken


def _silent(what: str, port: int, one: Knock, answered: Sequence[Knock]) -> list[Check]:
    family = "IPv6" if one.ipv6 else "IPv4"
    if one.said == REFUSED:
        seen = f"nothing listens at port {port} over {family} ({one.address})"
        remedy = (
            f"Look at the server with `ss -ltn 'sport = :{port}'`; Samba and CUPS listen at addresses of their start"
        )
        return [Check(what, seen, remedy)]
    others = ", ".join(other.address for other in answered)
    here = f"in from the LAN over {family} in the server's firewall; the role samba_server does"
    # An echo request passes where a port alone is filtered, and some firewalls say that they turn something down.
    if one.echo is not None or one.said == REJECTED:
        but = f", {others} does" if others else ", though the machine is there"
        seen = f"port {port} over {family} is filtered: {one.address} does not answer{but}"
        remedy = (
            f"Let TCP port {port} {here}."
            " Until then programs that take that address first wait for it, as Windows does when it logs on"
        )
        return [Check(what, seen, remedy)]
    if others:
        seen = f"nobody has {one.address} any more, or all {family} to it is filtered; {others} answers"
        remedy = (
            f"Correct the address in DNS or /etc/hosts where the server has another now, or let TCP port {port} {here}"
        )
        return [Check(what, seen, remedy)]
    seen = f"{one.address} does not answer at all ({one.said})"
    return [Check(what, seen, "Turn the server on, or correct its address where that has changed")]


def _share(share: Mapping[str, Any], seen: ShareSeen) -> list[Check]:
    what = f"share //{share['server']}/{share['share']}"
    who = share.get("user") or "a guest"
    if seen.status in WRONG_USER:
        return [Check(what, f"user or password of {who} is wrong", "Correct samba_cups_client_shares, or the server")]
    if seen.status in NO_SHARE:
        return [Check(what, "the server has no such share", f"See `smbclient -L {share['server']}` for those it has")]
    if seen.status in NOT_ALLOWED:
        return [Check(what, f"{who} is not let in", "Let the user in on the server")]
    if seen.status:
        return [Check(what, seen.said, "See the server's journal, and /var/log/samba there")]
    path = share.get("path")
    if not path:
        return [Check(what, f"opens for {who}")]
    if not seen.mounts:
        return [Check(what, f"opens for {who}; this kernel has no cifs, so that {path} is not mounted")]
    if not seen.watched:
        return [Check(what, f"opens for {who}, but nothing mounts it at {path}", f"`systemctl restart {TARGET}`")]
    if seen.failed:
        remedy = f"`journalctl --unit='{escaped(path)}.mount' -n 20` and `dmesg` say why"
        return [Check(what, f"opens for {who}, but cannot be mounted at {path}", remedy)]
    return [Check(what, f"opens for {who}, and at {path} when somebody looks")]


def _queue(server: str, port: int, queue: str, there: bool) -> Check:
    what = f"queue {queue} of {server}"
    if there:
        return Check(what, "takes jobs")
    remedy = f"See `lpstat -h {bracketed(server)}:{port} -v` for those it has, and its spelling"
    return Check(what, "is not there", remedy)

# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Under which DUIDs and IAIDs the DHCPv6 clients of a host ask, from all that was read of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .._formats import client_identity as formats
from .._formats import nm_keyfile
from .._values.client_duid import hashed_iaid, network_manager_duid
from .._values.duid import Duid, told_of
from .._values.errors import ValueProblem

NETWORKD, NETWORK_MANAGER, DHCLIENT = "systemd-networkd", "NetworkManager", "dhclient"
DHCPCD, WIDE, DIBBLER = "dhcpcd", "wide-dhcpv6-client", "dibbler-client"

MACHINE_ID = "/etc/machine-id"
COMPUTED = f"computed from {MACHINE_ID}"
NMCLI = ("nmcli", "-t", "-f", "GENERAL.DEVICE,GENERAL.CON-UUID,DHCP6", "device", "show")

DHCLIENT_LEASES = re.compile(r"/var/lib/dhcp/dhclient6(?:\.(.+))?\.leases")
# A client for IPv4 that sends a DUID (RFC 4361) keeps it in a file of its own, into which ifupdown has the one for IPv6
# look.
DHCLIENT4_LEASES = re.compile(r"/var/lib/dhcp/dhclient\.(.+)\.leases")
NM_LEASES = re.compile(r"/var/lib/NetworkManager/dhclient6-.+-([^-]+)\.lease")
DHCPCD_DUIDS = ("/var/lib/dhcpcd/duid", "/etc/dhcpcd.duid")
DHCPCD_LEASES = re.compile(r"/var/lib/dhcpcd/(.+)\.lease6")
DHCPCD_CONF = "/etc/dhcpcd.conf"
WIDE_DUID = "/var/lib/dhcpv6/dhcp6c_duid"
WIDE_CONF = "/etc/wide-dhcpv6/dhcp6c.conf"
DIBBLER_DUID = "/var/lib/dibbler/client-duid"
DIBBLER_LEASES = "/var/lib/dibbler/client-AddrMgr.xml"


class LinkSeen(NamedTuple):
    """A network interface, and what networkd wrote down of it.

    :param state_path: networkd's own file on it, empty where there is none
    :param state: what that file says
    :param named_by_udev: whether udev knows the link, and so may know a lasting name of it
    """

    name: str
    mac: str
    state_path: str = ""
    state: Mapping[str, str] = {}
    named_by_udev: bool = False


class Seen(NamedTuple):
    """All that was read of a host.

    :param files: path → text (other bytes than UTF-8 as surrogate escapes) of the files that are there
    :param running: the clients that run now
    :param dhclients: the command line of each dhclient that runs for IPv6
    :param installed: the clients that are installed
    :param nmcli: what NMCLI printed
    :param systemd: the release, None where it cannot be told
    :param byteorder: of the machine, ``little`` or ``big``
    :param warnings: what could not be read
    """

    files: Mapping[str, str]
    links: Sequence[LinkSeen] = ()
    running: frozenset[str] = frozenset()
    dhclients: Sequence[Sequence[str]] = ()
    installed: frozenset[str] = frozenset()
    nmcli: str = ""
    systemd: int | None = None
    byteorder: str = "little"
    warnings: tuple[str, ...] = ()


class Identity(NamedTuple):
    """Under what a client asks.

    :param interface: where it does, None where that holds for all or cannot be told
    :param source: the file or command that says so
    :param running: whether that client runs now
    """

    client: str
    duid: Duid
    source: str
    running: bool
    interface: str | None = None
    iaid: int | None = None

    def row(self) -> dict[str, Any]:
        return {
            "client": self.client,
            **told_of(self.duid.octets),
            "type": self.duid.kind,
            "interface": self.interface,
            "iaid": self.iaid,
            "source": self.source,
            "running": self.running,
        }


class Found:
    """Collects identities and what was wrong with their sources."""

    def __init__(self) -> None:
        self.identities: list[Identity] = []
        self.warnings: list[str] = []

    def warn(self, source: str, problem: ValueProblem) -> None:
        self.warnings.append(f"{source}: {problem}")

    def add(self, *identities: Identity) -> None:
        self.identities.extend(identities)

    def add_each(self, whole: Identity, associations: Sequence[formats.Association]) -> None:
        """An identity for each interface and IAID, or the one without where none is known."""
        self.add(*(whole._replace(interface=each.interface, iaid=each.iaid) for each in associations))
        if not associations:
            self.add(whole)


def octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def files_clients(seen: Seen, found: Found) -> None:
    """All clients but networkd, in order of their names here."""
    for look in (_network_manager, _dhclient, _dhcpcd, _wide, _dibbler):
        look(seen, found)


def _dhclient(seen: Seen, found: Found) -> None:
    for path, text in seen.files.items():
        name = DHCLIENT_LEASES.fullmatch(path) or DHCLIENT4_LEASES.fullmatch(path)
        if not name:
            continue
        interface = name.group(1)
        if DHCLIENT4_LEASES.fullmatch(path) and f"/var/lib/dhcp/dhclient6.{interface}.leases" in seen.files:
            continue
        _dhclient_file(found, DHCLIENT, path, text, interface, _dhclient_runs(seen, path))


def _dhclient_runs(seen: Seen, path: str) -> bool:
    default = path == "/var/lib/dhcp/dhclient6.leases"
    return any(path in argv or (default and "-lf" not in argv) for argv in seen.dhclients)


def _dhclient_file(found: Found, client: str, path: str, text: str, interface: str | None, running: bool) -> None:
    try:
        duid, associations = formats.dhclient(text)
    except ValueProblem as problem:
        found.warn(path, problem)
        return
    if duid:
        found.add_each(Identity(client, duid, path, running, interface), associations)


def _dhcpcd(seen: Seen, found: Found) -> None:
    running = DHCPCD in seen.running
    conf = formats.DhcpcdConf(None, ())
    try:
        conf = formats.dhcpcd_conf(seen.files.get(DHCPCD_CONF, ""))
    except ValueProblem as problem:
        found.warn(DHCPCD_CONF, problem)
    leases: list[Identity] = []
    for path, text in seen.files.items():
        name = DHCPCD_LEASES.fullmatch(path)
        if not name:
            continue
        try:
            duid, iaids = formats.dhcpcd_lease(octets(text))
        except ValueProblem as problem:
            found.warn(path, problem)
            continue
        if duid:
            leases += [Identity(DHCPCD, duid, path, running, name.group(1), iaid) for iaid in (iaids or (None,))]
    found.add(*leases)
    kept = _dhcpcd_kept(seen, found)
    duid, source = (conf.duid, DHCPCD_CONF) if conf.duid else kept
    if not duid:
        return
    covered = {lease.interface for lease in leases if lease.duid == duid}
    told = [each for each in conf.associations if each.interface not in covered]
    found.add(*(Identity(DHCPCD, duid, source, running, each.interface, each.iaid) for each in told))
    if not covered and not told:
        found.add(Identity(DHCPCD, duid, source, running))


def _dhcpcd_kept(seen: Seen, found: Found) -> tuple[Duid | None, str]:
    for path in DHCPCD_DUIDS:
        if path in seen.files:
            try:
                return Duid.parse(seen.files[path]), path
            except ValueProblem as problem:
                found.warn(path, problem)
    return None, ""


def _wide(seen: Seen, found: Found) -> None:
    if WIDE_DUID in seen.files:
        try:
            duid = formats.dhcp6c_duid(octets(seen.files[WIDE_DUID]), seen.byteorder)
        except ValueProblem as problem:
            found.warn(WIDE_DUID, problem)
            return
        whole = Identity(WIDE, duid, WIDE_DUID, WIDE in seen.running)
        found.add_each(whole, formats.dhcp6c_conf(seen.files.get(WIDE_CONF, "")))


def _dibbler(seen: Seen, found: Found) -> None:
    if DIBBLER_DUID in seen.files:
        try:
            duid = Duid.parse(seen.files[DIBBLER_DUID])
        except ValueProblem as problem:
            found.warn(DIBBLER_DUID, problem)
            return
        whole = Identity(DIBBLER, duid, DIBBLER_DUID, DIBBLER in seen.running)
        found.add_each(whole, formats.dibbler_leases(seen.files.get(DIBBLER_LEASES, "")))


def _network_manager(seen: Seen, found: Found) -> None:
    running = NETWORK_MANAGER in seen.running
    before = len(found.identities)
    shown = formats.nmcli_devices(seen.nmcli)
    for device in shown:
        try:
            duid = Duid.parse(device.duid)
        except ValueProblem as problem:
            found.warn(" ".join(NMCLI), problem)
        else:
            found.add(Identity(NETWORK_MANAGER, duid, " ".join(NMCLI), running, device.interface, device.iaid))
    asking = {device.profile for device in shown}
    for path, text in seen.files.items():
        lease = NM_LEASES.fullmatch(path)
        if lease and not any(f"-{profile}-" in path for profile in asking if profile):
            _dhclient_file(found, NETWORK_MANAGER, path, text, lease.group(1), running)
        elif "/system-connections/" in path:
            _profile(seen, found, path, asking)
    if len(found.identities) == before and NETWORK_MANAGER in seen.installed and not _nm_told_otherwise(seen):
        _nm_default(seen, found)


def _profile(seen: Seen, found: Found, path: str, asking: set[str]) -> None:
    keyfile = nm_keyfile.parse(seen.files[path])
    connection, ipv6 = keyfile.get("connection", {}), keyfile.get("ipv6", {})
    # Words such as ll and stable-uuid say how a DUID is made; only pairs say which it is.
    if connection.get("uuid") in asking or ":" not in ipv6.get("dhcp-duid", ""):
        return
    try:
        duid = Duid.parse(ipv6["dhcp-duid"])
    except ValueProblem as problem:
        found.warn(path, problem)
        return
    interface = connection.get("interface-name") or None
    iaid = formats.nm_iaid(ipv6.get("dhcp-iaid", ""))
    if iaid is None and ipv6.get("dhcp-iaid", "ifname") == "ifname" and interface:
        iaid = hashed_iaid(octets(interface))
    found.add(Identity(NETWORK_MANAGER, duid, path, NETWORK_MANAGER in seen.running, interface, iaid))


def _nm_told_otherwise(seen: Seen) -> bool:
    """Whether NetworkManager.conf(5) has a default of its own for all connections."""
    return any(re.search(r"^\s*ipv6\.dhcp-duid\s*=", text, re.MULTILINE) for text in _nm_conf(seen))


def _nm_conf(seen: Seen) -> list[str]:
    return [text for path, text in seen.files.items() if "/NetworkManager/" in path and path.endswith(".conf")]


def _nm_default(seen: Seen, found: Found) -> None:
    if MACHINE_ID in seen.files:
        try:
            duid = network_manager_duid(seen.files[MACHINE_ID])
        except ValueProblem as problem:
            found.warn(MACHINE_ID, problem)
        else:
            found.add(Identity(NETWORK_MANAGER, duid, COMPUTED, NETWORK_MANAGER in seen.running))

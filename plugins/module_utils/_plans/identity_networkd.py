# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Under which DUIDs and IAIDs systemd-networkd asks: what it wrote down of its links, and what its files make it use.

networkd.conf(5) and systemd.network(5). Where those leave a choice, Kea was asked what a client of 252 and of 257 sent:
a ``.network`` file's ``[DHCPv4]`` and ``[DHCP]`` count for DHCPv6 too unless its ``[DHCPv6]`` says otherwise; of
networkd.conf ``[DHCPv6]`` and ``[DHCP]`` count; raw data without a type is that of a DUID-EN; a type by number is
ignored by 252.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Sequence
from typing import NamedTuple

from .._formats import client_identity as formats
from .._formats import networkd
from .._values import client_duid
from .._values.duid import Duid, networkd_duid
from .._values.duid_types import LLT
from .._values.errors import ValueProblem
from .identity import COMPUTED, MACHINE_ID, NETWORKD, Found, Identity, LinkSeen, Seen

NUMBERED_TYPES_SINCE = 257
PRODUCT_UUID = "/sys/class/dmi/id/product_uuid"
CONF = re.compile(r"(?:/[^/]+)+/systemd/networkd\.conf(?:\.d/[^/]+\.conf)?")
NETWORK = re.compile(r"(?:/[^/]+)+/systemd/network/[^/]+\.network")


class Told(NamedTuple):
    """What the sections of one file and its drop-ins say.

    :param source: the file that said it last
    """

    type: str = ""
    raw: str = ""
    iaid: int | None = None
    source: str = ""

    @property
    def names_a_duid(self) -> bool:
        return bool(self.type or self.raw)


def look(seen: Seen, found: Found) -> None:
    """Running links first, then what only the files say, then what holds for all links."""
    shown: set[str] = set()
    for link in seen.links:
        if link.state.get("DHCP6_CLIENT_DUID"):
            try:
                duid = formats.networkd_duid_shown(link.state["DHCP6_CLIENT_DUID"])
            except ValueProblem as problem:
                found.warn(link.state_path, problem)
                continue
            iaid = formats.networkd_iaid_shown(link.state.get("DHCP6_CLIENT_IAID", ""))
            found.add(Identity(NETWORKD, duid, link.state_path, NETWORKD in seen.running, link.name, iaid))
            shown.add(link.name)
    conf = [path for path in seen.files if CONF.fullmatch(path)]
    default = _told(seen, found, sorted(conf, key=_dropins_last), ("DHCPv6", "DHCP"), ())
    for path in [path for path in seen.files if NETWORK.fullmatch(path)]:
        _network_file(seen, found, path, default, shown)
    _default(seen, found, default)


def _dropins_last(path: str) -> tuple[bool, str]:
    return ".d/" in path, path.rpartition("/")[2]


def _told(seen: Seen, found: Found, paths: Sequence[str], first: tuple[str, ...], otherwise: tuple[str, ...]) -> Told:
    """The last value of each key over some files.

    :param first: the sections that count
    :param otherwise: those that count where these say nothing
    """
    values: dict[tuple[bool, str], tuple[str, str]] = {}
    for path in paths:
        try:
            unit = networkd.parse(seen.files[path])
        except ValueProblem as problem:
            found.warn(path, problem)
            continue
        for section in unit.sections:
            if section.name in (*first, *otherwise):
                for setting in section.settings:
                    values[section.name in first, setting.key] = (setting.value, path)
    # A type without raw data, and raw data without a type, do not take the rest from the other sections.
    rank = any(values.get((True, key), ("",))[0] for key in ("DUIDType", "DUIDRawData"))
    kind, source = values.get((rank, "DUIDType"), ("", ""))
    raw, raw_source = values.get((rank, "DUIDRawData"), ("", ""))
    iaid, iaid_source = values.get((True, "IAID")) or values.get((False, "IAID"), ("", ""))
    number = int(iaid) if re.fullmatch(r"[0-9]{1,10}", iaid) and int(iaid) <= 0xFFFFFFFF else None
    if _is_number(kind) and seen.systemd is not None and seen.systemd < NUMBERED_TYPES_SINCE:
        remedy = "Write a type by its name"
        found.warn(source, ValueProblem(f"DUIDType={kind}", "is ignored by this release of systemd", remedy))
        kind, raw = "", ""
    return Told(kind, raw, number, source or raw_source or iaid_source)


def _is_number(kind: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,5}", kind)) and int(kind) <= 0xFFFF


def _network_file(seen: Seen, found: Found, path: str, default: Told, shown: set[str]) -> None:
    dropins = [each for each in seen.files if each.rpartition("/")[0].endswith(f"/{path.rpartition('/')[2]}.d")]
    told = _told(seen, found, [path, *sorted(dropins, key=_dropins_last)], ("DHCPv6",), ("DHCPv4", "DHCP"))
    links = [link for link in seen.links if link.state.get("NETWORK_FILE") == path]
    if not links:
        links = _matched_by_name(seen, path)
    chosen = told if told.names_a_duid else default
    if not told.names_a_duid and told.iaid is None and not _needs_link(default):
        return
    for link in links:
        if link.name not in shown:
            _computed(seen, found, chosen, link, told.iaid, told.source or path)
    if not links and told.names_a_duid:
        _computed(seen, found, told, None, told.iaid, told.source)


def _matched_by_name(seen: Seen, path: str) -> list[LinkSeen]:
    """The link that a file is for, as far as its [Match] names just one; only networkd knows what else matches."""
    try:
        unit = networkd.parse(seen.files[path])
    except ValueProblem:
        return []
    matches = [(setting.key, setting.value) for each in unit.named("Match") for setting in each.settings]
    return [link for link in seen.links if matches == [("Name", link.name)] and not link.state.get("NETWORK_FILE")]


def _needs_link(told: Told) -> bool:
    return told.type.startswith("link-layer") and not told.raw


def _default(seen: Seen, found: Found, default: Told) -> None:
    """What holds for every link that has no setting of its own."""
    if default.names_a_duid:
        if not _needs_link(default):
            _computed(seen, found, default, None, None, default.source)
    elif MACHINE_ID in seen.files:
        _computed(seen, found, default, None, None, COMPUTED)


def _computed(seen: Seen, found: Found, told: Told, link: LinkSeen | None, iaid: int | None, source: str) -> None:
    try:
        duid = _duid(seen, told, link)
    except ValueProblem as problem:
        found.warn(source if source != COMPUTED else MACHINE_ID, problem)
        return
    if iaid is None and link and link.mac and not link.named_by_udev:
        iaid = client_duid.hashed_iaid(_address(link))
    running = NETWORKD in seen.running
    found.add(Identity(NETWORKD, duid, source, running, link.name if link else None, iaid))


def _duid(seen: Seen, told: Told, link: LinkSeen | None) -> Duid:
    kind, _colon, time = told.type.partition(":")
    machine_id = seen.files.get(MACHINE_ID, "")
    if told.raw:
        number = int(kind) if _is_number(kind) else client_duid.NETWORKD_TYPES.get(kind or "vendor")
        if number is None:
            raise ValueProblem(f"DUIDType={told.type}", "is no type of DUID", "Write vendor, uuid or link-layer")
        return Duid(number.to_bytes(2, "big") + _raw(told.raw))
    if kind in ("", "vendor"):
        return networkd_duid(machine_id)
    if kind == "uuid":
        return _uuid(seen, machine_id)
    if kind in ("link-layer", "link-layer-time"):
        if link is None or not link.mac:
            raise ValueProblem(f"DUIDType={told.type}", "needs the address of a link", "Let networkd bring up a link")
        if client_duid.NETWORKD_TYPES[kind] == LLT:
            return client_duid.networkd_link_layer_time_duid(_address(link), _time(time))
        return client_duid.link_layer_duid(_address(link))
    raise ValueProblem(
        f"DUIDType={told.type}", "tells no DUID without DUIDRawData=", "Write vendor, uuid or link-layer"
    )


def _address(link: LinkSeen) -> bytes:
    digits = link.mac.replace(":", "")
    return bytes.fromhex(digits) if re.fullmatch(r"(?:[0-9a-f]{2})+", digits) else b""


def _raw(text: str) -> bytes:
    pairs = text.split(":")
    if not all(re.fullmatch(r"[0-9a-fA-F]{1,2}", pair) for pair in pairs):
        raise ValueProblem(f"DUIDRawData={text}", "is no hexadecimal octets with colons", "Write it as in 00:00:ab:11")
    return bytes(int(pair, 16) for pair in pairs)


def _uuid(seen: Seen, machine_id: str) -> Duid:
    """The firmware's UUID where it has one, else one from the machine-id (networkd.conf(5), DUIDType=)."""
    text = seen.files.get(PRODUCT_UUID, "").strip()
    try:
        product = uuid.UUID(text).bytes
    except ValueError:
        product = b""
    return client_duid.uuid_duid(product) if len(set(product)) > 1 else client_duid.networkd_uuid_duid(machine_id)


def _time(text: str) -> dt.datetime | None:
    """A time as systemd.time(7) writes it, in the two notations that need no time zone; None where none is told."""
    if not text:
        return None
    try:
        if text.startswith("@"):
            return dt.datetime.fromtimestamp(int(text[1:]), dt.timezone.utc)
        return dt.datetime.strptime(text, "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=dt.timezone.utc)
    except (ValueError, OverflowError, OSError):
        problem = "is a time in a notation that is not understood here"
        raise ValueProblem(
            text, problem, "Write it as 2020-01-02 03:04:05 UTC, or let networkd bring up the link"
        ) from None

# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has to be read of a host so that a link can change hands. Loaded only where one does."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from .._plans.asks_as import AsksAs, of_dhclient, of_networkd
from .._plans.handover import ASKS_AS, DAD_TRANSMITS, DROPIN, IFSTATE, NM_CONFIG, Succession
from .._plans.link_owners import IFUPDOWN, NETPLAN, NETWORKD, Owner, Settings
from .._plans.plan import FileState
from .._plans.succession import hears, networkd_owner
from .host import Host
from .identity import dropins, identities
from .links import SYS_CLASS_NET, ifupdown_files, master
from .networkctl import DIRECTORIES
from .networkd import link_state, pairs

# As ifupdown names the pid files of the clients that it starts, one for each family.
DHCLIENTS = ("/run/dhclient.{0}.pid", "/run/dhclient6.{0}.pid")


def of_a_port(host: Host, interface: str, owners: Sequence[Owner], ours: Sequence[str]) -> list[Owner]:
    """The owners of a link that becomes a port, networkd among them where a file of its own user's is in use.

    :param owners: those beside networkd
    :param ours: paths of the files that are going to be written
    """
    path = link_state(host, interface).get("NETWORK_FILE", "")
    # What netplan makes is a file like any other.
    rest = [owner for owner in owners if owner.manager != NETPLAN]
    if not path or path in ours:
        return rest
    name = os.path.basename(path)
    paths = [path, *dropins(host, [f"{directory}/{name}.d" for directory in DIRECTORIES])]
    return [*rest, networkd_owner(path, {each: host.read_text(each) or "" for each in paths})]


def succession(
    host: Host, interface: str, unit: str, heir: str | None, bridge: str, owners: Sequence[Owner], keep: bool
) -> Succession:
    """Who goes on with what.

    :param heir: path of the bridge's .network file, empty where the set has none; None where there is no bridge
    """
    managers = {owner.manager for owner in owners}
    asks_as = AsksAs()
    if IFUPDOWN in managers:
        mac = (host.read_text(f"{SYS_CLASS_NET}/{interface}/address") or "").strip()
        asks_as = of_dhclient(identities(host)[0], interface, mac)
    elif NETWORKD in managers:
        state = link_state(host, interface)
        asks_as = of_networkd(state, pairs(host.read_text(state.get("DHCP_LEASE", "")) or ""))
    return Succession(
        unit=unit,
        heir=unit if heir is None else heir,
        bridge=bridge,
        joins=bool(bridge) and host.exists(f"{SYS_CLASS_NET}/{interface}") and master(interface) != bridge,
        makes=bool(bridge) and not host.exists(f"{SYS_CLASS_NET}/{bridge}"),
        keep=keep,
        addresses=_addresses(host, interface) if bridge else (),
        dad_transmits=(host.read_text(DAD_TRANSMITS.format("default")) or "").strip(),
        asks_as=tuple(asks_as.settings()),
        hears=tuple(_hears(host, interface, owners)) if bridge and IFUPDOWN in managers else (),
        dhclients=_dhclients(host, interface) if IFUPDOWN in managers else (),
    )


def _hears(host: Host, interface: str, owners: Sequence[Owner]) -> Settings:
    conf = f"/proc/sys/net/ipv6/conf/{interface}/"
    accept_ra, forwarding, autoconf = (
        (host.read_text(conf + name) or "").strip() for name in ("accept_ra", "forwarding", "autoconf")
    )
    return hears(accept_ra, forwarding, autoconf, dhcp6=any(owner.carried.dhcp6 for owner in owners))


def _dhclients(host: Host, interface: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Those that run."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for pattern in DHCLIENTS:
        path = pattern.format(interface)
        pid = (host.read_text(path) or "").strip()
        argv = (host.read_text(f"/proc/{pid}/cmdline") or "") if pid else ""
        if argv:
            found.append((path, tuple(argv.rstrip("\0").split("\0"))))
    return tuple(found)


def _addresses(host: Host, interface: str) -> tuple[str, ...]:
    """Those of the interface that go on: not the temporary ones, which it makes and forgets."""
    shown = host.run(["ip", "-oneline", "address", "show", "dev", interface, "scope", "global"]).out
    rows = [line.split() for line in shown.splitlines() if not re.search(r" (temporary|deprecated) ", line)]
    return tuple(row[3].partition("/")[0] for row in rows)


def handover_files(host: Host, interface: str, units: Sequence[str]) -> dict[str, FileState]:
    """Path → state of the files that change when an interface is handed over to some units."""
    paths = [*ifupdown_files(host), IFSTATE, f"{IFSTATE}.{interface}", NM_CONFIG.format(interface)]
    paths += [f"{unit}.d/{name}" for unit in units if unit for name in (DROPIN, ASKS_AS)]
    states = ((path, host.read_file(path)) for path in paths)
    return {path: state for path, state in states if state}

# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All that tells under which DUID this host asks by DHCPv6: files of its clients, and which of them run."""

from __future__ import annotations

import os
import re
import sys

from .._plans import identity, identity_networkd
from .._plans.identity import Found, Identity, LinkSeen, Seen
from .host import Host
from .links import PROFILES
from .networkctl import DIRECTORIES, systemd_version, unit_files
from .networkd import NETIF_LINKS, SYS_CLASS_NET, link_state

# Client → a tool that is there where it is installed, and the name of its process, of which the kernel keeps 15
# characters (proc(5), comm).
TOOLS = {
    "systemd-networkd": ("networkctl", "systemd-network"),
    "NetworkManager": ("NetworkManager", "NetworkManager"),
    "dhclient": ("dhclient", "dhclient"),
    "dhcpcd": ("dhcpcd", "dhcpcd"),
    "wide-dhcpv6-client": ("dhcp6c", "dhcp6c"),
    "dibbler-client": ("dibbler-client", "dibbler-client"),
}
SYSTEMD_ROOTS = tuple(directory.rpartition("/")[0] for directory in DIRECTORIES)
SINGLE_FILES = (
    identity.MACHINE_ID,
    identity_networkd.PRODUCT_UUID,
    *identity.DHCPCD_DUIDS,
    identity.DHCPCD_CONF,
    identity.WIDE_DUID,
    identity.WIDE_CONF,
    identity.DIBBLER_DUID,
    identity.DIBBLER_LEASES,
    "/etc/NetworkManager/NetworkManager.conf",
)
NM_DIRECTORIES = tuple(f"{root}/NetworkManager/conf.d" for root in ("/etc", "/run", "/usr/lib"))
# Directory → which of its files are read.
FOLDERS = {
    "/var/lib/dhcp": r"dhclient6?(\..+)?\.leases",
    "/var/lib/dhcpcd": r".+\.lease6",
    "/var/lib/NetworkManager": r"dhclient6-.+\.lease",
    **dict.fromkeys(NM_DIRECTORIES, r".+\.conf"),
    **dict.fromkeys(PROFILES, r".+"),
}


def identities(host: Host) -> tuple[list[Identity], list[str]]:
    """(identities, warnings) of all clients that are installed or have left a file."""
    seen = see(host)
    found = Found()
    identity_networkd.look(seen, found)
    identity.files_clients(seen, found)
    return found.identities, [*seen.warnings, *found.warnings]


def see(host: Host) -> Seen:
    """Read the host."""
    warnings: list[str] = []
    files: dict[str, str] = {}
    for path in _paths(host, warnings):
        text = _read(host, path, warnings)
        # An empty file in /etc masks one of the same name elsewhere; for all others it is the same as none.
        if text:
            files[path] = text
    running = processes(host)
    manages = "NetworkManager" in running and host.which("nmcli") is not None
    return Seen(
        files=files,
        links=[_link(host, name) for name in host.list_names(SYS_CLASS_NET) if name != "lo"],
        running=frozenset(client for client, (_tool, comm) in TOOLS.items() if comm in running),
        dhclients=[argv for argv in running.get("dhclient", []) if "-6" in argv],
        installed=frozenset(client for client, (tool, _comm) in TOOLS.items() if host.which(tool)),
        nmcli=host.run(identity.NMCLI).out if manages else "",
        systemd=systemd_version(host),
        byteorder=sys.byteorder,
        warnings=tuple(warnings),
    )


def _read(host: Host, path: str, warnings: list[str]) -> str | None:
    try:
        return host.read_text(path)
    except OSError as error:
        warnings.append(_unreadable(path, error))
        return None


def _unreadable(path: str, error: OSError) -> str:
    return f"{path}: cannot be read: {error.strerror}. Run this task as root (become: true)."


def _paths(host: Host, warnings: list[str]) -> list[str]:
    paths = list(SINGLE_FILES)
    for folder, pattern in FOLDERS.items():
        paths += [f"{folder}/{name}" for name in _names(host, folder, warnings) if re.fullmatch(pattern, name)]
    paths += [path for path in (f"{root}/networkd.conf" for root in SYSTEMD_ROOTS) if host.exists(path)][:1]
    paths += dropins(host, [f"{root}/networkd.conf.d" for root in SYSTEMD_ROOTS])
    for path, _text in unit_files(host, ".network"):
        paths += [path, *dropins(host, [f"{each}/{os.path.basename(path)}.d" for each in DIRECTORIES])]
    return paths


def _names(host: Host, folder: str, warnings: list[str]) -> list[str]:
    try:
        return host.list_names(folder)
    except OSError as error:
        warnings.append(_unreadable(folder, error))
        return []


def dropins(host: Host, folders: list[str]) -> list[str]:
    """The drop-ins of a file: one of a name in an earlier directory replaces that of later ones (systemd.unit(5))."""
    found: dict[str, str] = {}
    for folder in reversed(folders):
        found.update({name: f"{folder}/{name}" for name in host.list_names(folder) if name.endswith(".conf")})
    return [found[name] for name in sorted(found)]


def _link(host: Host, name: str) -> LinkSeen:
    index = (host.read_text(f"{SYS_CLASS_NET}/{name}/ifindex") or "").strip()
    state = link_state(host, name)
    return LinkSeen(
        name=name,
        mac=(host.read_text(f"{SYS_CLASS_NET}/{name}/address") or "").strip(),
        state_path=f"{NETIF_LINKS}/{index}" if state else "",
        state=state,
        named_by_udev=host.exists(f"/run/udev/data/n{index}"),
    )


def processes(host: Host) -> dict[str, list[list[str]]]:
    """Name → command lines of the clients that run, but for those in containers of this host."""
    names = {comm for _tool, comm in TOOLS.values()}
    found: dict[str, list[list[str]]] = {}
    for pid in host.list_names("/proc"):
        if not pid.isdigit():
            continue
        try:
            comm = (host.read_text(f"/proc/{pid}/comm") or "").strip()
            if comm not in names or _namespace(pid) != _namespace("self"):
                continue
            argv = (host.read_text(f"/proc/{pid}/cmdline") or "").rstrip("\0").split("\0")
        except OSError:
            # It ended just now, or it is not this user's.
            continue
        found.setdefault(comm, []).append(argv)
    return found


def _namespace(pid: str) -> str:
    return os.readlink(f"/proc/{pid}/ns/pid")

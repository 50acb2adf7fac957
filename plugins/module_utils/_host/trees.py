# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Directory trees: made aside, given an identity, moved into place; removed the same way round."""

from __future__ import annotations

import contextlib
import glob
import os
import re

from .._plans.nspawn_layers import MERGED
from .._plans.trees import PLACE, Identity, MakeTree, RemoveTree, fallen, staged
from .._values.errors import Fault
from .durable import sync_directory
from .host import Host

# All that the command has started ends with this process, and no mount of its survives it. A run that was killed would
# else go on writing into what the next one removes.
ALONE = ("setpriv", "--pdeathsig=KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--")
# What of the output of mmdebstrap, apt, dpkg, tar and cp says why they ended.
TELLING = re.compile(r"^(?:E:|W: Failed|Err:|dpkg: error|tar: |cp: |chroot: )|No space left|Could not|Unable to")
# Of these lines the command is most, and one before them says what was wrong with it.
COMMAND = re.compile(r"apt-get .*-o")
MOST_LINES = 6
# By these a machine is told from others, or has secrets of its own; a copy of an image makes them anew.
PERSONAL = (
    "etc/ssh/ssh_host_*",
    "etc/machine-id",
    "etc/hostname",
    "var/lib/dbus/machine-id",
    "var/lib/systemd/random-seed",
    "var/lib/systemd/credential.secret",
    "var/lib/dhcp/*.leases",
    "var/lib/dhcpcd/*",
    "var/lib/NetworkManager/secret_key",
)
# It wants devices, which not every image has; nobody but this command sees those that are mounted for it.
KEYS = 'mount --bind /dev "$1/dev" && exec chroot "$1" /usr/bin/ssh-keygen -A'
ENABLED = ("systemd-networkd.service", "systemd-resolved.service")
# It would hold up a container's boot for two minutes where the LAN has no DHCP server.
DISABLED = ("systemd-networkd-wait-online.service",)


def make(host: Host, step: MakeTree) -> None:
    """Carry the step out.

    :raises Fault: it could not be made; nothing of it is left
    """
    place = staged(step.path)
    sweep(host, step.path)
    tool, package = step.tool
    if tool and host.which(tool) is None:
        raise Fault(step.what, f"{tool} is not installed. Install the package {package} first")
    try:
        os.makedirs(os.path.dirname(step.path), mode=0o700, exist_ok=True)
        os.mkdir(place, 0o755)
        os.chmod(place, 0o755)  # noqa: S103 (the root directory of a system)
        outcome = host.run([*ALONE, *(word.replace(PLACE, place) for word in step.argv)], timeout=step.timeout)
        if outcome.rc != 0:
            raise Fault(step.what, telling(outcome.err or outcome.out) or outcome.said)
        if not os.path.isfile(f"{place}/usr/lib/os-release") or _init(place) is None:
            said = "what it was made from has no system in it: no /usr/lib/os-release or no systemd"
            raise Fault(step.what, said)
        if step.identity is not None:
            identify(host, place, step.what, step.identity)
        move(host, step.path, step.timeout)
    except BaseException:
        sweep(host, step.path)
        raise


def move(host: Host, path: str, timeout: float) -> None:
    """Have what was made aside in its place, once it is on the disk."""
    host.run(["sync", "--file-system", staged(path)], timeout=timeout)
    os.rename(staged(path), path)
    sync_directory(os.path.dirname(path))


def telling(said: str) -> str:
    """The lines of a long output that tell why a tool ended, each once, the last ones."""
    lines = [line.strip() for line in said.splitlines()]
    lines = [line for line in lines if TELLING.search(line) and not COMMAND.search(line)]
    return " | ".join(list(dict.fromkeys(lines))[-MOST_LINES:])


def _init(place: str) -> str | None:
    found = [path for path in ("usr/lib/systemd/systemd", "lib/systemd/systemd") if os.path.isfile(f"{place}/{path}")]
    return found[0] if found else None


def identify(host: Host, place: str, what: str, identity: Identity) -> None:
    """Make the tree a machine of its own, before anything in it has run."""
    for directory in ("dev", "etc", "etc/ssh", "var", "var/lib"):
        if os.path.islink(f"{place}/{directory}"):
            # Whatever is written there would be written on the host.
            raise Fault(what, f"/{directory} of the image is a symbolic link, which no Debian has")
    for pattern in PERSONAL:
        for path in glob.glob(f"{place}/{pattern}"):
            with contextlib.suppress(IsADirectoryError):
                os.unlink(path)
    _write(f"{place}/etc/machine-id", identity.machine_id, 0o444)
    _write(f"{place}/etc/hostname", identity.hostname, 0o644)
    units = _units(place, ENABLED)
    if ENABLED[0] not in units:
        raise Fault(what, "the image has no systemd-networkd, without which the container would have no network")
    _systemctl(host, place, what, "enable", *units)
    _systemctl(host, place, what, "disable", *_units(place, DISABLED))
    if os.path.isfile(f"{place}/usr/sbin/sshd"):
        os.makedirs(f"{place}/dev", exist_ok=True)
        outcome = host.run([*ALONE, "sh", "-c", KEYS, "sh", place])
        if outcome.rc != 0:
            raise Fault(f"{what}: make its host keys", outcome.said)


def _write(path: str, text: str, mode: int) -> None:
    # O_EXCL: what it would follow was removed just now.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(text + "\n")
        os.fchmod(stream.fileno(), mode)


def _units(place: str, names: tuple[str, ...]) -> list[str]:
    return [
        name
        for name in names
        if any(os.path.lexists(f"{place}/{where}/systemd/system/{name}") for where in ("usr/lib", "lib"))
    ]


def _systemctl(host: Host, place: str, what: str, verb: str, *units: str) -> None:
    if not units:
        return
    outcome = host.run(["systemctl", f"--root={place}", verb, *units])
    if outcome.rc != 0:
        raise Fault(f"{what}: {verb} {', '.join(units)} in it", outcome.said)


def remove(step: RemoveTree) -> None:
    """Take a tree out of sight; :func:`discard` removes it, :func:`bring_back` brings it back."""
    os.rename(step.path, fallen(step.path))
    sync_directory(os.path.dirname(step.path))


def bring_back(step: RemoveTree) -> None:
    os.rename(fallen(step.path), step.path)


def sweep(host: Host, path: str) -> None:
    """Remove what lies beside a tree or a layer.

    :raises Fault: it cannot be removed
    """
    for place in (staged(path), fallen(path)):
        discard(host, place)


def discard(host: Host, place: str) -> None:
    """Remove a tree or a layer, without what is mounted in it.

    :raises Fault: it cannot be removed
    """
    if not os.path.lexists(place):
        return
    # A run that was killed leaves a layer mounted.
    unmount(host, f"{place}/{MERGED}")
    outcome = host.run(["rm", "--recursive", "--force", "--one-file-system", "--", place], timeout=600)
    if outcome.rc != 0:
        raise Fault(f"remove {place}", outcome.said)


def unmount(host: Host, point: str) -> None:
    """Take away what is mounted there, if something is.

    :raises Fault: it cannot be unmounted
    """
    if not os.path.ismount(point):
        return
    outcome = host.run(["umount", point])
    # systemd may have been quicker.
    if outcome.rc != 0 and os.path.ismount(point):
        raise Fault(f"unmount {point}", outcome.said)


def is_tree(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def is_empty(path: str) -> bool:
    """There is a directory, with nothing in it."""
    return is_tree(path) and not os.listdir(path)


def machine_id_of(path: str) -> str:
    """The machine-id in a tree, empty where it has none that can be read."""
    name = f"{path}/etc/machine-id"
    if os.path.islink(f"{path}/etc"):
        return ""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return ""
    with os.fdopen(descriptor, encoding="ascii", errors="replace") as stream:
        return stream.read(64).strip()

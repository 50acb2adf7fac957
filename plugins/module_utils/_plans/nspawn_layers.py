# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where images and containers lie, and containers that are a layer of their own over an image that nobody writes to.

The layer is a directory with `upper`, `work` and a symbolic link `lower` to the image, so that it says itself what it
lies over. A mount unit puts both together at the place where systemd-nspawn looks for the container.
"""

from __future__ import annotations

from .._formats.networkd import Unit, render, section
from .nspawn_files import MARK

IMAGES = "/var/lib/homelab-ipv6/nspawn/"
LAYERS = "/var/lib/homelab-ipv6/nspawn-layers/"
MACHINES = "/var/lib/machines/"
_HEADER = (f"{MARK}_containers): edits here are lost at the next run.",)
LOWER, UPPER, WORK, MERGED = "lower", "upper", "work", "merged"
# See the kernel's Documentation/filesystems/overlayfs.rst. A container with user numbers of its own has every file's
# owner changed when it first starts: `metacopy` has the layer hold the owners alone, and no copy of the files. `index`
# has the kernel refuse a layer whose image is not the one that it was made over, and keeps hard links together.
FEATURES = ("redirect_dir=on", "index=on", "metacopy=on")


def overlay_options(layer: str) -> str:
    """What mount(8) takes to put a layer over its image."""
    return ",".join((f"lowerdir={layer}/{LOWER}", f"upperdir={layer}/{UPPER}", f"workdir={layer}/{WORK}", *FEATURES))


def mount_unit(name: str) -> str:
    """The unit that puts a container together, called after its place as systemd.unit(5) says."""
    # Names of containers have no other character that has to be escaped.
    escaped = name.replace("-", r"\x2d")
    return f"{MACHINES.strip('/').replace('/', '-')}-{escaped}.mount"


def mount_path(name: str) -> str:
    """Where its file lies."""
    return f"/etc/systemd/system/{mount_unit(name)}"


def mount_file(name: str) -> str:
    """Its text (systemd.mount(5)). The service of a container requires whatever is mounted at its place by itself.

    It stays mounted while the container is stopped: where another process still holds a layer, in a mount namespace of
    its own, the kernel would not have it mounted again.
    """
    unit = [("RequiresMountsFor", f"{IMAGES} {LAYERS}")]
    options = overlay_options(LAYERS + name)
    mount = [("What", "overlay"), ("Where", MACHINES + name), ("Type", "overlay"), ("Options", options)]
    return render(Unit((section("Unit", unit, _HEADER), section("Mount", mount))))

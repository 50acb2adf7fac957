# SPDX-License-Identifier: GPL-3.0-or-later
"""Where fstab(5) has something mounted."""

from __future__ import annotations

from ansible_collections.homelab.ipv6.plugins.module_utils._formats.fstab import mount_points

# As Debian's installer writes it, and what was added by hand.
FSTAB = """\
# /etc/fstab: static file system information.
# <file system> <mount point>   <type>  <options>       <dump>  <pass>
UUID=6fb0c3b6-6d8d-4ac5-a7d6-2f2a2b3ed3ba /               ext4    errors=remount-ro 0       1
UUID=0ea0ab9b-3c87-4c38-87e5-0d3ff0a4ac06 none            swap    sw              0       0
 #nas:/old /srv/old nfs
nas:/photos\t/srv/our\\040photos/  nfs ro,_netdev

half
"""


def test_mount_points() -> None:
    assert mount_points(FSTAB) == ["/", "/srv/our photos"]

# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The units by which systemd takes a change back, and what stands for always among the remembered files."""

from __future__ import annotations

NAME = "homelab-ipv6-way-back"
TIMER = f"{NAME}.timer"
SERVICE = f"{NAME}.service"
BOOT = f"{NAME}-boot.service"

# Whatever a profile of this collection, or somebody who sets up a network, writes to. A path that does not exist is
# remembered as that.
ROOTS = (
    "/etc/systemd/network", "/etc/systemd/networkd.conf", "/etc/systemd/networkd.conf.d",
    "/etc/systemd/system", "/etc/systemd/nspawn", "/etc/systemd/resolved.conf", "/etc/systemd/resolved.conf.d",
    "/etc/network", "/etc/netplan", "/etc/NetworkManager",
    "/etc/sysctl.conf", "/etc/sysctl.d", "/etc/modules", "/etc/modules-load.d",
    "/etc/nftables.conf", "/etc/nftables.d", "/etc/homelab-ipv6-firewall.nft", "/etc/homelab-ipv6",
    "/etc/iptables", "/etc/ssh", "/etc/hosts", "/etc/hosts.allow", "/etc/hosts.deny",
    "/etc/radvd.conf", "/etc/kea", "/etc/dhcp", "/etc/default", "/etc/dnsmasq.conf", "/etc/dnsmasq.d",
    "/etc/wide-dhcpv6", "/etc/iproute2",
    *(f"/etc/rc{level}.d" for level in "0123456S"),
    "/run/systemd/network", "/run/systemd/system",
)  # fmt: skip
# Gone with a reboot, and not to be brought over it.
VOLATILE = "/run/"

_UNIT = """[Unit]
Description={description}
Documentation=https://github.com/homelab-ipv6/homelab.ipv6
DefaultDependencies=no
"""

_TIMER = (
    _UNIT
    + """IgnoreOnIsolate=yes
Conflicts=shutdown.target
Before=shutdown.target

[Timer]
# Counted from now on the clock that nobody can set.
OnActiveSec={timeout}s
AccuracySec=100ms
Unit={service}
"""
)

# Nothing that hangs may hold it up, so it is ordered after nothing. A DHCP client that it starts outlives it.
_SERVICE = (
    _UNIT
    + """IgnoreOnIsolate=yes
StartLimitIntervalSec=0

[Service]
Type=simple
ExecStart="{python}" -I "{program}" revert
Restart=on-failure
RestartSec=200ms
KillMode=process
OOMScoreAdjust=-900
SyslogIdentifier={name}
"""
)

# The files are back before anybody reads them.
_BOOT = (
    _UNIT
    + """RequiresMountsFor={program} /etc
After=local-fs.target systemd-remount-fs.service
Before=network-pre.target systemd-sysctl.service systemd-networkd.service systemd-networkd.socket
Before=networking.service ifupdown-pre.service NetworkManager.service nftables.service netfilter-persistent.service
Before=sysinit.target shutdown.target
Wants=network-pre.target
Conflicts=shutdown.target

[Service]
Type=oneshot
ExecStart="{python}" -I "{program}" boot
TimeoutStartSec=90s
SyslogIdentifier={name}
"""
)


def volatile_units(timeout: int) -> dict[str, str]:
    """Name → text of what ends with this boot: after the next one there is no waiting."""
    description = "homelab.ipv6: time in which a change is to be confirmed"
    return {TIMER: _TIMER.format(description=description, timeout=timeout, service=SERVICE)}


def lasting_units(python: str, program: str) -> dict[str, str]:
    """Name → text of what takes the change back, now or at the next boot."""
    words = {"python": python, "program": program, "name": NAME}
    return {
        SERVICE: _SERVICE.format(description="homelab.ipv6: take back a change that was not confirmed", **words),
        BOOT: _BOOT.format(description="homelab.ipv6: put the files of an unconfirmed change back", **words),
    }


def wants_link() -> tuple[str, str]:
    """(path below the directory of units, target) of what makes the boot start it."""
    return f"sysinit.target.wants/{BOOT}", f"../{BOOT}"

# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes into the images. Pure data: images are rebuilt when anything here changes."""

from __future__ import annotations

from dataclasses import dataclass

SUITES = {"debian12": "bookworm", "debian13": "trixie"}

# A bare Debian as its installer leaves it, as far as the collection can tell, plus what Ansible needs.
BASE = (
    "systemd systemd-sysv dbus python3 python3-apt iproute2 procps ca-certificates sudo ifupdown kmod udev "
    "netbase openssh-server"
).split()

# What tests look with, on the router and from the broker, the client and the Internet.
TOOLS = "tcpdump iputils-ping iputils-tracepath curl nmap ndisc6 netcat-openbsd isc-dhcp-client dhcpcd-base".split()

# What the roles install. Never in an image, only in its package repository, so that installing is tested too.
ROLE_PACKAGES = "radvd kea-dhcp6-server isc-dhcp-server dnsmasq wide-dhcpv6-server nftables".split()

# What users have beside that, and what has to go on untouched.
NEIGHBOURS = "kea-dhcp4-server".split()

# The DHCPv6 clients that Debian has, beside networkd and those among the tools.
CLIENTS = "network-manager wide-dhcpv6-client dibbler-client".split()

# A server of files and printers, and its clients. cups-filters turns what is printed into what a printer takes.
FILES_AND_PRINTERS = "samba smbclient cifs-utils cups cups-client cups-filters wsdd2 avahi-daemon".split()

# What services written in Python are run by: Debian's Twisted, or an environment with another.
PYTHON_SERVICES = "python3-twisted python3-venv".split()

# A host of containers, and what it makes its containers' images of, beside what every Debian has.
CONTAINER_HOST = "systemd-container mmdebstrap debian-archive-keyring".split()
CONTAINERS = "dbus iproute2 python3 systemd systemd-resolved systemd-sysv".split()

# Beyond that, the virtual machine has the confinement that users' machines have, and a kernel.
MACHINE = "apparmor e2fsprogs".split()
KERNEL = "linux-image-cloud-amd64"

# Reading matter; without it images are smaller and packages install faster.
DPKG_OPTIONS = (
    "path-exclude=/usr/share/doc/*",
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/locale/*",
)


@dataclass(frozen=True)
class Recipe:
    name: str
    suite: str
    packages: tuple[str, ...]
    repository: tuple[str, ...]
    # What the package repository has for other root file systems that are made of it.
    containers: tuple[str, ...] = ()
    kernel: str | None = None


@dataclass(frozen=True)
class Variant:
    """A container image with more packages installed, their services switched off."""

    packages: tuple[str, ...]
    units: tuple[str, ...]


# For tests of something else than installing.
VARIANTS = {
    "full": Variant(
        (*ROLE_PACKAGES, *NEIGHBOURS),
        tuple("radvd kea-dhcp6-server kea-dhcp4-server isc-dhcp-server dnsmasq wide-dhcpv6-server nftables".split()),
    ),
    "twisted": Variant((*PYTHON_SERVICES, "nftables"), ("nftables",)),
    "clients": Variant(tuple(CLIENTS), ("NetworkManager", "wide-dhcpv6-client", "dibbler-client")),
    "samba": Variant(
        (*FILES_AND_PRINTERS, "nftables"),
        ("smbd", "nmbd", "cups", "nftables", "wsdd2", "avahi-daemon", "avahi-daemon.socket"),
    ),
    "nspawn": Variant((*CONTAINER_HOST, "nftables"), ("nftables",)),
}


def container_recipe(name: str) -> Recipe:
    more = dict.fromkeys(package for variant in VARIANTS.values() for package in variant.packages)
    return Recipe(name, SUITES[name], (*BASE, *TOOLS), tuple(more), tuple(CONTAINERS))


def machine_recipe(name: str) -> Recipe:
    repository = (*ROLE_PACKAGES, *FILES_AND_PRINTERS, "systemd-container")
    return Recipe(f"{name}-machine", SUITES[name], (*BASE, *TOOLS, *MACHINE), repository, kernel=KERNEL)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Two containers that are layers over one image: two machines, little disk, and an image that nobody has written to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from testinfra.host import Host

IMAGE = "/var/lib/homelab-ipv6/nspawn/minimal"
LAYERS = "/var/lib/homelab-ipv6/nspawn-layers"
NAMES = ("web", "mail")


def test_each_is_a_layer_over_the_image(host: Host, container: Callable[[str], Any]) -> None:
    for name in NAMES:
        assert host.check_output(f"findmnt --noheadings --output FSTYPE /var/lib/machines/{name}") == "overlay"
        assert host.check_output(f"readlink {LAYERS}/{name}/lower") == IMAGE
        assert container(name).run("findmnt --noheadings --output FSTYPE /") == "overlay"
    for name in ("shop", "box"):
        assert host.run(f"findmnt /var/lib/machines/{name}").rc == 1


def test_they_have_different_duids_and_addresses(container: Callable[[str], Any]) -> None:
    duids = [container(name).run("networkctl status host0 | grep 'DHCP.*6 Client DUID'") for name in NAMES]
    assert duids[0].split()[-1] != duids[1].split()[-1]
    addresses = [{one["local"] for one in container(name).addresses()} for name in NAMES]
    assert addresses[0].isdisjoint(addresses[1])


def test_their_layers_take_little_of_the_disk(host: Host) -> None:
    sizes = host.check_output(f"du --summarize --block-size=1M {IMAGE} {LAYERS}/web {LAYERS}/mail").split("\n")
    image, *layers = [int(line.split()[0]) for line in sizes]
    assert all(layer * 3 < image for layer in layers), sizes
    # Owners are there, and no content of programs.
    python = host.check_output(f"readlink -f {LAYERS}/web/upper/usr/bin/python3")
    blocks, owner = host.check_output(f"stat --format='%b %u' {python}").split()
    assert int(blocks) <= 8
    assert owner != "0"


def test_the_image_is_as_it_was_made(host: Host) -> None:
    # Neither content nor owners have changed since there has been a layer.
    assert host.check_output(f"find {IMAGE} -xdev -cnewer {LAYERS}/web/lower") == ""
    assert host.check_output(f"stat --format=%u {IMAGE}/usr/bin/env") == "0"


def test_what_one_writes_the_other_does_not_see(container: Callable[[str], Any]) -> None:
    web, mail = [container(name) for name in NAMES]
    web.run("echo mine >/srv/mine; echo '# mine' >>/etc/issue")
    assert mail.run("ls -A /srv; grep mine /etc/issue || true").split() in ([], ["seen"])
    assert web.run("cat /srv/mine") == "mine"

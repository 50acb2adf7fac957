# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames with and without tags through the bridge that the role makes, as docs/bridge-over-a-card.md has it.

Containers have the kernel of whatever runs the tests, whose bridges may know no VLANs; this is Debian's, in a virtual
machine. Each test goes on from where the one before has left the host.
"""

from __future__ import annotations

from homelab_vlans import (
    CABLE,
    DROPIN,
    DROPIN_TEXT,
    FIRST,
    HOST,
    MAKE_WEB,
    PLUG_IN_A_PORT,
    PLUG_IN_TRUNK,
    PORT_FILE,
    PORT_TEXT,
    TAGS,
    UNTAGGED,
    VLANS,
    WEB,
    Bed,
    tags,
)

OWN = {"PVID", "Egress Untagged"}
TAGGED = (10, *range(20, 30))
# Facts take an emulated processor ten seconds, and the role uses none.
QUICKLY = {"gather_facts": False}
# The first systemd whose networkd takes a port out of VLANs.
TAKES_OUT = 257


def test_a_plain_bridge_passes_all_tags(bed: Bed) -> None:
    assert "changed=1 " in bed.converge({**FIRST, **QUICKLY})
    bed.run(PLUG_IN_TRUNK)
    assert bed.host_answers()
    assert [tag for tag in TAGS if bed.passes(tag)] == list(TAGS)


def test_one_that_looks_at_vlans_passes_those_that_are_named(bed: Bed) -> None:
    """It does so at once, whatever the bridge was before; the page's play is what is run."""
    said = bed.converge(VLANS)
    assert "changed=1 " in said
    assert "does not change a device" not in said
    for port in ("enp6s0", "br0"):
        assert bed.vlans(port) == {UNTAGGED: OWN, **{tag: set() for tag in TAGGED}}
    # Into all of them: it is up to the card what goes out.
    bed.run("".join(f"bridge vlan add dev vb-trunk vid {tag};" for tag in TAGS))
    assert [tag for tag in TAGS if bed.passes(tag)] == [10, 20, 29]
    assert bed.host_answers()
    assert "changed=0 " in bed.converge({**VLANS, **QUICKLY})


def test_a_container_is_in_one_vlan_and_no_other(bed: Bed) -> None:
    """One of systemd-nspawn, booted, with the page's drop-in: its address is that of VLAN 10 from the first moment."""
    bed.run(MAKE_WEB)
    bed.write(DROPIN, DROPIN_TEXT)
    bed.run("systemctl daemon-reload; systemctl start systemd-nspawn@web", timeout=120)
    assert bed.vlans("vb-web") == {10: OWN}
    bed.until(f"{WEB} ip -6 address show dev host0 scope global -tentative | grep -q inet6", patience=150)
    # Some advertisements later, those without a tag would have been heard as well.
    bed.run("sleep 9")
    addresses = bed.run(f"{WEB} ip -6 -oneline address show dev host0 scope global")
    bed.seen.append(addresses)
    assert addresses.count("2001:db8:") == addresses.count("2001:db8:10:") == 1
    assert bed.succeeds(f"{WEB} ping -6 -c 2 -W 2 2001:db8:10::1")
    # Nor is the host in it.
    assert not bed.succeeds(f"{WEB} ping -6 -c 2 -W 2 -I host0 fe80::5054:ff:fe05:22")


def test_frames_have_a_tag_on_the_cable_and_none_in_the_container(bed: Bed) -> None:
    sent = f"{CABLE} ping -6 -c 2 -i 0.3 -W 1"
    out = f"{sent} -s 301 ff02::1%port; {sent} -s 310 ff02::1%port.10; {sent} -s 330 ff02::1%port.30"
    in_web = bed.heard(WEB, "host0", out)
    assert (tags(in_web, 310), tags(in_web, 301), tags(in_web, 330)) == ({0}, set(), set())
    on_host = bed.heard("", "br0", out)
    assert (tags(on_host, 301), tags(on_host, 330)) == ({0}, set())
    back = f"{WEB} ping -6 -c 2 -i 0.3 -W 1"
    on_cable = bed.heard(CABLE, "port", f"{back} -s 410 2001:db8:10::1; {back} -s 411 ff02::1%host0")
    assert (tags(on_cable, 410), tags(on_cable, 411)) == ({10}, {10})
    bed.seen.extend(line for line in (*in_web, *on_cable) if "echo request" in line)


def test_a_file_of_the_port_does_it_where_networkd_takes_out(bed: Bed) -> None:
    """As the page says: an older networkd leaves it in the VLAN of the host, too."""
    file, text = (each.replace("vb-web", "vb-other") for each in (PORT_FILE, PORT_TEXT))
    bed.write(file, text)
    bed.run("networkctl reload")
    bed.run(PLUG_IN_A_PORT.format("other"))
    bed.until("bridge vlan show dev vb-other | grep -qw 10")
    version = int(bed.run("networkctl --version").split()[1])
    beside: dict[int, set[str]] = {} if version >= TAKES_OUT else {UNTAGGED: {"Egress Untagged"}}
    assert bed.vlans("vb-other") == {10: OWN, **beside}


def test_a_vlan_that_is_not_named_any_more_passes_no_more(bed: Bed) -> None:
    role = {**VLANS["roles"][0], "bridge_vlans": [10, 29]}
    assert bed.passes(20)
    assert "changed=1 " in bed.converge({**VLANS, **QUICKLY, "roles": [role]})
    for port in ("enp6s0", "br0"):
        assert bed.vlans(port) == {UNTAGGED: OWN, 10: set(), 29: set()}
    assert [tag for tag in TAGS if bed.passes(tag)] == [10, 29]
    assert bed.host_answers()


def test_all_is_so_after_a_start_of_the_host(bed: Bed) -> None:
    """The networks of the test are gone with it, and the card is plugged in anew."""
    bed.machine.reboot()
    bed.plug_in()
    bed.until("bridge vlan show dev enp6s0 | grep -qw 29")
    for port in ("enp6s0", "br0"):
        assert bed.vlans(port) == {UNTAGGED: OWN, 10: set(), 29: set()}
    assert bed.host_answers()
    bed.run(MAKE_WEB)
    bed.run("systemctl start systemd-nspawn@web", timeout=120)
    assert bed.vlans("vb-web") == {10: OWN}
    heard = bed.heard(CABLE, "port", f"{CABLE} ping -6 -c 1 -s 501 {HOST}")
    assert tags(heard, 501) == {0}

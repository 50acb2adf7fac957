# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter nspawn_plan: identities and files of containers, and what it refuses in which words."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.filter.role_plans import FilterModule
from ansible_collections.homelab.ipv6.plugins.module_utils._formats import networkd
from ansible_collections.homelab.ipv6.plugins.module_utils._values.duid import networkd_duid
from ansible_collections.homelab.ipv6.plugins.module_utils._values.machine import derived_machine_id

BOX = {"name": "box", "mode": "routed", "prefix": "2001:db8:d:500::/64"}
SHED = {"name": "shed", "mode": "routed", "prefix": "2001:db8:d:501::/64", "ipv4": "10.9.1.1/28"}
OPTIONS: dict[str, Any] = {
    "seed": "attic",
    "mode": "bridged",
    "bridge": "br0",
    "routed_prefixes": ["2001:db8:d:500::/56"],
    "packages": ["dbus", "python3"],
    "images": [{"name": "trixie", "suite": "trixie", "packages": ["nginx"], "sources": ["http://mirror.example/debian"]}],
    "containers": [
        {
            "name": "web",
            "addresses": ["2001:db8:d:407::80"],
            "binds": [{"source": "/srv/www"}, {"source": "/srv/keys", "target": "/etc/keys", "read_only": True}],
            "capabilities": ["CAP_SYS_TIME"],
            "drop_capabilities": ["CAP_AUDIT_CONTROL", "CAP_SYS_PTRACE"],
            "limits": {"memory": "1G", "cpu": "150%", "tasks": 500},
        },
        {**BOX, "addresses": ["2001:db8:d:500::80"]},
        SHED,
        {"name": "old", "state": "absent", "keep_data": True},
    ],
}  # fmt: skip


def plan(**other: Any) -> dict[str, Any]:
    result: dict[str, Any] = FilterModule().filters()["nspawn_plan"]({**OPTIONS, **other})
    return result


def files(name: str, **other: Any) -> dict[str, str]:
    """By their names alone."""
    found = plan(**other)
    assert found["problems"] == []
    (one,) = [each for each in found["containers"] if each["name"] == name]
    return {each["path"].rpartition("/")[2]: each["content"] for each in one["files"]}


def settings(text: str) -> list[tuple[str, str, str]]:
    return [(one.name, setting.key, setting.value) for one in networkd.parse(text).sections for setting in one.settings]


def test_images_are_handed_on() -> None:
    image = {"name": "trixie", "suite": "trixie", "sources": ["http://mirror.example/debian"]}
    assert plan()["images"] == [{**image, "packages": ["dbus", "python3", "nginx"], "tarball": "", "directory": ""}]
    found = plan(images=[{"name": "trixie", "tarball": "/srv/image.tar"}])
    # Nothing is installed into what is only unpacked.
    assert (found["images"][0]["packages"], found["images"][0]["tarball"]) == ([], "/srv/image.tar")


def test_identities_follow_from_seed_and_name() -> None:
    web, box, _shed = plan()["identities"]
    assert web["machine_id"] == derived_machine_id("attic", "web")
    assert web["duid"] == str(networkd_duid(web["machine_id"]))
    assert (web["addresses"], web["routed"], box["routed"]) == (["2001:db8:d:407::80"], False, True)
    assert len({each[key] for each in plan()["identities"] for key in ("machine_id", "mac", "duid")}) == 9


def test_identities_can_be_chosen() -> None:
    chosen = {"machine_id": "3A0F9C1E7D5B4C2E8F6A1B2C3D4E5F60", "mac": "02-00-00-00-00-01"}
    found = plan(containers=[{"name": "web", **chosen}])
    (web,) = found["identities"]
    assert (web["machine_id"], web["mac"]) == ("3a0f9c1e7d5b4c2e8f6a1b2c3d4e5f60", "02:00:00:00:00:01")
    assert found["containers"][0]["machine_id"] == web["machine_id"]


def test_a_bridged_container() -> None:
    found = files("web")
    path = "/etc/homelab-ipv6/nspawn/web/host0.network"
    assert set(found) == {"web.nspawn", "homelab-ipv6.conf", "host0.network"}
    assert settings(found["web.nspawn"]) == [
        ("Exec", "Boot", "yes"),
        ("Exec", "PrivateUsers", "pick"),
        ("Exec", "Capability", "CAP_SYS_TIME"),
        ("Exec", "DropCapability", "CAP_AUDIT_CONTROL CAP_SYS_PTRACE"),
        ("Files", "BindReadOnly", f"{path}:/etc/systemd/network/10-homelab-ipv6.network"),
        ("Files", "Bind", "/srv/www:/srv/www:idmap"),
        ("Files", "BindReadOnly", "/srv/keys:/etc/keys"),
        ("Network", "VirtualEthernet", "yes"),
        ("Network", "Bridge", "br0"),
    ]
    wait, *limits = settings(found["homelab-ipv6.conf"])
    assert wait[1] == "ExecStartPre"
    assert "/sys/class/net/br0 " in wait[2]
    assert limits == [
        ("Service", "CPUQuota", "150%"),
        ("Service", "MemoryMax", "1G"),
        ("Service", "TasksMax", "500"),
    ]
    assert settings(found["host0.network"]) == [
        ("Match", "Name", "host0"),
        ("Link", "MACAddress", plan()["identities"][0]["mac"]),
        ("Network", "DHCP", "yes"),
        ("Network", "IPv6AcceptRA", "yes"),
        ("Network", "LinkLocalAddressing", "ipv6"),
        ("DHCPv6", "DUIDType", "vendor"),
    ]


@pytest.mark.parametrize(
    ("bind", "users", "said"),
    [
        ({}, "pick", ("Bind", "/srv:/srv:idmap")),
        ({"target": "/mnt"}, "pick", ("Bind", "/srv:/mnt:idmap")),
        ({"idmap": "no"}, "pick", ("Bind", "/srv")),
        ({"read_only": True}, "pick", ("BindReadOnly", "/srv")),
        ({"read_only": True, "idmap": True}, "pick", ("BindReadOnly", "/srv:/srv:idmap")),
        # There is nothing to translate.
        ({"idmap": True}, "identity", ("Bind", "/srv")),
        ({}, "no", ("Bind", "/srv")),
    ],
)
def test_who_owns_what_it_sees(bind: dict[str, Any], users: str, said: tuple[str, str]) -> None:
    (one,) = plan(containers=[{"name": "web", "binds": [{"source": "/srv", **bind}], "private_users": users}])[
        "containers"
    ]
    assert ("Files", *said) in settings(one["files"][0]["content"])
    # The module asks the kernel.
    assert one["binds"] == [{"source": "/srv", "idmap": said[1].endswith(":idmap")}]


def test_yaml_has_read_no_as_false() -> None:
    found = files("web", containers=[{"name": "web", "private_users": False}])
    assert ("Exec", "PrivateUsers", "no") in settings(found["web.nspawn"])


def test_words_of_a_template_are_truth_values() -> None:
    said = {"started": "false", "binds": [{"source": "/srv", "read_only": "False"}]}
    found = plan(containers=[{"name": "web", **said}, {"name": "old", "state": "absent", "keep_data": "no"}])
    assert [each["started"] for each in found["containers"]] == [False, True]
    assert not found["containers"][1]["keep_data"]
    assert "BindReadOnly=/srv" not in found["containers"][0]["files"][0]["content"]


def test_a_routed_container() -> None:
    box, shed = files("box"), files("shed")
    # No bridge to wait for, no limits: no drop-in.
    assert set(box) == {"box.nspawn", "host0.network", "10-homelab-ipv6-ve-box.network"}
    assert settings(box["box.nspawn"])[-1] == ("Network", "VirtualEthernet", "yes")
    assert settings(box["10-homelab-ipv6-ve-box.network"]) == [
        ("Match", "Name", "ve-box"),
        ("Link", "RequiredForOnline", "no"),
        ("Network", "Address", "2001:db8:d:500::1/64"),
        ("Network", "LinkLocalAddressing", "ipv6"),
        ("Network", "IPv6AcceptRA", "no"),
        ("Network", "IPv6SendRA", "yes"),
        ("IPv6Prefix", "Prefix", "2001:db8:d:500::/64"),
    ]
    host = settings(shed["10-homelab-ipv6-ve-shed.network"])
    assert [entry for entry in host if "10.9" in entry[2] or entry[1] == "DHCPServer"] == [
        ("Network", "Address", "10.9.1.1/28"),
        ("Network", "DHCPServer", "yes"),
    ]
    inside = {key: value for _section, key, value in settings(box["host0.network"])}
    assert (inside["DHCP"], inside["Address"]) == ("no", "2001:db8:d:500::80/64")
    inside = {key: value for _section, key, value in settings(shed["host0.network"])}
    assert (inside["DHCP"], "Address" in inside) == ("ipv4", False)


def test_one_that_goes_needs_no_more_than_its_name() -> None:
    gone = plan()["containers"][-1]
    assert (gone["name"], gone["state"], gone["keep_data"], gone["files"]) == ("old", "absent", True, [])
    # By which the module knows the container where nothing else of it is left.
    assert gone["machine_id"] == derived_machine_id("attic", "old")
    (gone,) = plan(containers=[{"name": "old", "state": "absent", "machine_id": "a" * 32}])["containers"]
    assert gone["machine_id"] == "a" * 32


def test_two_hosts_may_have_containers_of_one_name() -> None:
    other = plan(seed="cellar")["identities"]
    assert not {each["machine_id"] for each in other} & {each["machine_id"] for each in plan()["identities"]}


def web(**other: Any) -> dict[str, Any]:
    return {"containers": [{"name": "web", **other}]}


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"containers": "web"}, "containers: web is not a list."),
        ({"containers": [{"name": "Web"}]}, "containers[0].name: 'Web' cannot be the name of a container."),
        ({"containers": [{"name": "web"}] * 2}, "containers[].name: web is there twice. Give each of them one of"),
        (
            {"containers": [{"name": "web", "mac": "02:00:00:00:00:01"}, {"name": "box", "mac": "02-00-00-00-00-01"}]},
            "containers[].mac: 02:00:00:00:00:01 is both that of web and of box. Give each of them one of its own.",
        ),
        (
            {"containers": [{"name": name, "machine_id": "a" * 32} for name in ("web", "mail")]},
            f"containers[].machine_id: {'a' * 32} is both that of web and of mail.",
        ),
        (
            {"containers": [{"name": name, "addresses": ["2001:db8:d:407::80"]} for name in ("web", "mail")]},
            "containers[].addresses: 2001:db8:d:407::80 is both that of web and of mail.",
        ),
        (
            {"containers": [BOX, {**SHED, "prefix": "2001:db8:d:500::/64"}]},
            "containers[].prefix: 2001:db8:d:500::/64 is both that of box and of shed. Give each of them one of",
        ),
        (
            {"containers": [SHED, {**BOX, "ipv4": "10.9.1.9/29"}]},
            "containers[].ipv4: 10.9.1.9/29 overlaps 10.9.1.0/28, which is that of shed.",
        ),
        (
            {"containers": [{**BOX, "prefix": "2001:db8:e::/64"}]},
            (
                "containers[0].prefix: 2001:db8:e::/64 lies in none of the prefixes that are routed to this host, "
                "nspawn_routed_prefixes: 2001:db8:d:500::/56. Write a /64 of one of them"
            ),
        ),
        (
            {"containers": [BOX], "routed_prefixes": []},
            (
                "containers[0].prefix: 2001:db8:d:500::/64 lies in none of the prefixes that are routed to this host, "
                "nspawn_routed_prefixes: none."
            ),
        ),
        (
            {"containers": [{**BOX, "prefix": "2001:db8:d:500::/80"}]},
            "containers[0].prefix: 2001:db8:d:500::/80 is a /80: a /64 cannot be split between links, since hosts make",
        ),
        (
            {"routed_prefixes": ["2001:db8:d:500::/72"]},
            (
                "routed_prefixes: 2001:db8:d:500::/72 is a /72: a /64 cannot be split between links, since hosts make "
                "addresses of a whole one alone (RFC 4862) and no router knows where its parts are. Ask for a /56"
            ),
        ),
        (
            {"containers": [{**BOX, "prefix": "2001:db8:d:500::/60"}]},
            "containers[0].prefix: 2001:db8:d:500::/60 is a /60, and a link has a /64. Write one of its /64s, as the",
        ),
        (
            {"containers": [{"name": "box", "mode": "routed"}]},
            "containers[0].prefix: nothing is given, and a routed container has a prefix of its own. Write a /64.",
        ),
        (
            {"containers": [{**BOX, "name": "box-in-the-attic"}]},
            "containers[0].name: box-in-the-attic is too long for the interface ve-NAME of a routed container. Give it",
        ),
        (
            {"containers": [{**BOX, "ipv4": "10.9.1.1"}]},
            "containers[0].ipv4: 10.9.1.1 leaves no address for the container. Write the first of a network",
        ),
        (
            {"containers": [{**BOX, "ipv4": "10.9.1.0/28"}]},
            "containers[0].ipv4: 10.9.1.0/28 leaves no address for the container.",
        ),
        (
            {"containers": [{**BOX, "ipv4": "ten"}]},
            "containers[0].ipv4: ten is not an IPv4 address with a prefix length. Write it as 10.9.1.1/28.",
        ),
        (
            {"containers": [{**BOX, "addresses": ["2001:db8:d:407::80"]}]},
            (
                "containers[0].addresses: 2001:db8:d:407::80 is not one that the container can have in its prefix, "
                "2001:db8:d:500::/64. Write one such as 2001:db8:d:500::2."
            ),
        ),
        (
            {"containers": [{**BOX, "addresses": ["2001:db8:d:500::1"]}]},
            "containers[0].addresses: 2001:db8:d:500::1 is not one that the container can have in its prefix",
        ),
        (
            web(prefix="2001:db8:d:500::/64"),
            "containers[0].prefix: 2001:db8:d:500::/64 is for a routed container. Leave it out, or write mode: routed.",
        ),
        (web(ipv4="10.9.1.1/28"), "containers[0].ipv4: 10.9.1.1/28 is for a routed container."),
        (web(mode="nat"), "containers[0].mode: nat is not known here. Write one of: bridged, routed."),
        (web(state="gone"), "containers[0].state: gone is not known here. Write one of: present, absent."),
        (web(image="bookworm"), "containers[0].image: 'bookworm' is no image. Write one of those in"),
        (
            {"images": [], **web()},
            "containers[0].image: '' is no image. Write one of those in nspawn_images: none.",
        ),
        (web(bridge="br0.10 "), "containers[0].bridge: "),
        (web(machine_id="1234"), "containers[0].machine_id: 1234 "),
        (web(addresses=["2001:db8:d:407::/64"]), "containers[0].addresses: 2001:db8:d:407::/64 "),
        (web(private_users="yes"), "containers[0].private_users: yes is not known here. Write one of: pick, identity,"),
        (web(binds=[{"source": "srv"}]), "containers[0].binds[0].source: 'srv' is not absolute."),
        (
            web(binds=[{"source": "/srv"}, {"source": "/opt", "target": "/srv"}]),
            "containers[0].binds[1].target: /srv is there twice. Give each of them a place of its own.",
        ),
        (
            web(binds=[{"source": "/srv", "target": "/srv:norbind"}]),
            "containers[0].binds[0].target: '/srv:norbind' has something in it that a path of a container cannot have.",
        ),
        (web(capabilities=["all"]), "containers[0].capabilities: all is no name of a capability."),
        (web(limits={"memory": "lots"}), "containers[0].limits.memory: lots is not a limit for memory. Write bytes"),
        (web(limits={"cpu": 50}), "containers[0].limits.cpu: 50 is not a limit for cpu. Write a share"),
        (web(limits={"tasks": True}), "containers[0].limits.tasks: True is not a limit for tasks. Write how many"),
        (web(limits={"disk": "1G"}), "containers[0].limits.disk: disk is no limit that is known here. Write"),
        (
            {"images": [{"name": "trixie"}]},
            "images[0].suite: nothing is given to make the image from. Write suite (mmdebstrap makes it), tarball or",
        ),
        (
            {"images": [{"name": "trixie", "suite": "trixie", "tarball": "/srv/image.tar"}]},
            "images[0].suite: suite and tarball are given, and an image is made from one of them. Write suite",
        ),
        ({"images": OPTIONS["images"] * 2}, "images[].name: trixie is there twice. Give each of them one of its own."),
        (
            {"images": [{"name": "trixie", "tarball": "/srv/a.tar", "packages": ["nginx", "vim"]}]},
            (
                "images[0].packages: nginx, vim is for what mmdebstrap makes, and this image is a tarball as it "
                "stands. Leave it out, and have tarball hold all that is to be in the image."
            ),
        ),
        (
            {"images": [{"name": "trixie", "directory": "/srv/a", "sources": ["http://a.example"]}]},
            "images[0].sources: http://a.example is for what mmdebstrap makes, and this image is a directory as it",
        ),
        (web(started="later"), "containers[0].started: later is neither true nor false. Write true or false, without"),
        (web(private_users=True), "containers[0].private_users: True is not known here. Write one of: pick, identity,"),
        ({"images": [{"name": "trixie", "directory": "srv"}]}, "images[0].directory: 'srv' is not absolute."),
    ],
)
def test_refused(other: dict[str, Any], said: str) -> None:
    found = plan(**other)
    assert (found["images"], found["containers"], found["identities"]) == ([], [], [])
    assert any(problem.startswith("nspawn_" + said) for problem in found["problems"]), found["problems"]


def test_one_mistake_is_said_once() -> None:
    assert len(plan(containers=[{"name": "web", "addresses": ["2001:db8::1"]}] * 2)["problems"]) == 1
    assert len(plan(containers=[{**BOX, "prefix": "fd00::/65"}])["problems"]) == 1
    twice = plan(images=OPTIONS["images"] * 2, containers=[{"name": "web"}])["problems"]
    assert twice == ["nspawn_images[].name: trixie is there twice. Give each of them one of its own."]

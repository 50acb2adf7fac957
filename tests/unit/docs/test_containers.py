# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/containers.md and examples/containers show is right: the options, and what the router makes of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from homelab_netns.rulesets import rendered
from jinja2.nativetypes import NativeEnvironment

from ansible_collections.homelab.ipv6.plugins.filter.subnets import subnets
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import container_host, nspawn
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.router_profile import profile

from ..plugins.filter.container_hosts import LINK

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/containers.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?ms)^```yaml\n(.*?)^```$", PAGE)
LAN, ROUTER, ROUTED, GUARDED, ROUTES, OVERLAYS, BINDS, PLUGIN, INSIDE = [yaml.safe_load(block) for block in BLOCKS]
EXAMPLE = ROOT / "examples/containers"
PROFILE = "container_host_"
SPEC = yaml.safe_load((ROOT / "roles/container_host/meta/argument_specs.yml").read_text(encoding="utf-8"))
DEFAULTS = {"seed": "attic", "mode": "bridged", "packages": [], "firewall": True}
NETWORK = {"links": {"enp6s0": LINK}, "uplink": "enp6s0", "loopback_file": "", "name_servers": []}


def planned(options: dict[str, Any]) -> tuple[dict[str, Any], nspawn.NspawnPlan]:
    """What the profile and the role nspawn make of them."""
    named = {key.removeprefix(PROFILE): value for key, value in options.items() if key.startswith(PROFILE)}
    assert {PROFILE + key for key in named} <= set(SPEC["argument_specs"]["main"]["options"])
    bridge = {
        key: named.get(f"bridge_{key}", SPEC["argument_specs"]["main"]["options"][f"{PROFILE}bridge_{key}"]["default"])
        for key in ("name", "interface", "dhcp", "addresses", "gateways", "dns", "search", "accept_ra", "stp",
                    "vlan_filtering", "vlans")
    }  # fmt: skip
    laid_out = container_host.profile({**DEFAULTS, **named, "bridge": {**bridge, "forward_delay": 0}}, NETWORK)
    assert laid_out["problems"] == []
    plan = nspawn.plan({**DEFAULTS, **named, "bridge": bridge["name"]})
    assert plan.problems == []
    return laid_out, plan


def test_those_on_the_lan() -> None:
    (role,) = LAN[0]["roles"]
    _laid_out, plan = planned(role)
    assert [one.name for one in plan.containers] == ["web", "mail"]
    hosts = nspawn.hosts([{"inventory_hostname": "attic", **role}])
    assert [host["addresses"] for host in hosts] == [["2001:db8:d:407::80"], ["2001:db8:d:407::25"]]


def test_those_that_are_routed() -> None:
    (build,) = ROUTED["container_host_containers"]
    prefix = subnets("2001:db8:4070:500::/56", {"build": 1})["build"]
    assert "'2001:db8:4070:500::/56' | homelab.ipv6.subnets({'build': 1})" in build["prefix"]
    images = LAN[0]["roles"][0]["container_host_images"]
    containers = [{**build, "prefix": prefix}]
    laid_out, plan = planned({**ROUTED, "container_host_images": images, "container_host_containers": containers})
    assert plan.identities[0].routed
    holes = laid_out["firewall"]["forward_allow"]
    assert [hole["name"] for hole in holes] == ["build: tcp 443", "build: ssh from the LAN"]


def test_the_router_guards_them_where_it_is_the_host() -> None:
    (build,) = ROUTED["container_host_containers"]
    containers = [{**build, "prefix": subnets("2001:db8:4070:500::/56", {"build": 1})["build"]}]
    images = LAN[0]["roles"][0]["container_host_images"]
    laid_out, _plan = planned({**ROUTED, "container_host_images": images, "container_host_containers": containers})
    assert GUARDED["router_inside"] == laid_out["firewall"]["inside"]
    # The router adds them to its LANs.
    tasks = yaml.safe_load((ROOT / "roles/router/tasks/main.yml").read_text(encoding="utf-8"))
    expression = NativeEnvironment().from_string(tasks[1]["vars"]["firewall_inside"])
    lan = {"interface": "lan0", "prefixes": ["2001:db8:d:407::/64"]}
    inside = expression.render(__router_plan={"firewall": {"inside": [lan]}}, **GUARDED)
    ruleset = rendered(outside=["eth0"], inside=inside)
    assert 'iifname "ve-build" ip6 saddr != { ::, 2001:db8:4070:501::/64, fe80::/10 } counter jump forged' in ruleset


def test_the_router_sends_their_prefixes_on() -> None:
    files = [EXAMPLE / "group_vars/router/with_containers.yml", ROOT / "examples/home/group_vars/router.yml"]
    example, home = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files]
    assert ROUTES["router_routes"] == example["router_routes"]
    host = yaml.safe_load((EXAMPLE / "group_vars/container_host.yml").read_text(encoding="utf-8"))
    own = [text.partition("/")[0] for text in host["container_host_bridge_addresses"]]
    assert [route["via"] for route in example["router_routes"]] == own
    options = {**home, "router_tunnel_activate": False, **ROUTES}
    names = ("tunnel_name", "uplink", "dhcp6_stateless", "adopt", "verify_targets")
    defaults = yaml.safe_load((ROOT / "roles/router/defaults/main.yml").read_text(encoding="utf-8"))
    options = {**{f"router_{name}": defaults[f"router_{name}"] for name in names}, **options}
    card = {"networkd": False, "network_file": "", "says_accept_ra": False, "accept_ra": 0, "managed_by": []}
    network = {"links": {"eth0": card, "lan0": card}, "uplink": "eth0", "sit": False}
    plan = profile({name.removeprefix("router_"): value for name, value in options.items()}, network)
    (way,) = ROUTED["container_host_routed_prefixes"]
    assert plan["firewall"]["inside"][0]["prefixes"][1:] == [way]


def test_those_that_are_layers_over_one_image() -> None:
    (role,) = LAN[0]["roles"]
    _laid_out, plan = planned({**role, **OVERLAYS})
    assert [(one.name, one.root) for one in plan.containers] == [("runner-1", "overlay"), ("runner-2", "overlay")]


def test_those_that_see_directories_of_the_host() -> None:
    (role,) = LAN[0]["roles"]
    _laid_out, plan = planned({**role, "container_host_containers": BINDS})
    assert [bind["idmap"] for bind in plan.containers[0].binds] == [True, True]


@pytest.fixture
def ansible(tmp_path: Path) -> Any:
    """A play on the example's inventory, which ends before it would reach a machine."""

    def run(plays: list[dict[str, Any]]) -> str:
        path = tmp_path / "play.yml"
        path.write_text(json.dumps(plays))
        program = "import sys; from ansible.cli.playbook import main; main(sys.argv)"
        sources = ["-i", str(EXAMPLE / "hosts.yml"), "-i", str(EXAMPLE / "nspawn.yml")]
        argv = [sys.executable, "-c", program, *sources, str(path)]
        environment = {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"), "HOME": str(tmp_path)}
        done = subprocess.run(
            argv, capture_output=True, text=True, check=False, env={**environment, "LC_ALL": "C.UTF-8"}, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_the_example(ansible: Any) -> None:
    def show(hosts: str, what: str) -> dict[str, Any]:
        task = {"ansible.builtin.debug": {"msg": f"<<{{{{ ({what}) | to_json | b64encode }}}}>>"}}
        return {"hosts": hosts, "gather_facts": False, "tasks": [task]}

    import base64

    names = [f"{PROFILE}{name}" for name in ("bridge_interface", "images", "containers", "routed_prefixes")]
    options = "{" + ", ".join(f"'{name}': {name}" for name in names) + "}"
    said = ansible([show("router", "router_hosts"), show("container_host", options), show("localhost", "groups")])
    hosts, wanted, groups = [json.loads(base64.b64decode(text)) for text in re.findall("<<(.*?)>>", said)]
    assert groups["containers"] == groups["containers_attic"] == ["web", "mail", "build"]
    assert yaml.safe_load((EXAMPLE / "nspawn.yml").read_text()) == PLUGIN
    assert INSIDE[0]["hosts"] == "containers"
    _laid_out, plan = planned(wanted)
    known = {one.machine_id: one.addresses for one in plan.identities if not one.routed}
    assert {host["machine_id"]: host["addresses"] for host in hosts if "machine_id" in host} == known
    assert hosts[0]["name"] == "nas"
    assert "homelab.ipv6.nspawn_hosts" in ROUTER["router_hosts"]

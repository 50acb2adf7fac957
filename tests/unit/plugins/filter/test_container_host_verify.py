# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter container_host_verify: what has to work, from the role's options alone."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.homelab.ipv6.plugins.filter.role_plans import FilterModule
from ansible_collections.homelab.ipv6.plugins.module_utils._values.duid import networkd_duid
from ansible_collections.homelab.ipv6.plugins.modules import container_health_info

from .container_hosts import BOX, BRIDGE, OPTIONS, WEB

NETWORKD, FIREWALL = "systemd-networkd.service", "homelab-ipv6-firewall.service"


def verify(**other: Any) -> dict[str, Any]:
    bridge = {**BRIDGE, **other.pop("bridge", {})}
    result: dict[str, Any] = FilterModule().filters()["container_host_verify"]({**OPTIONS, **other, "bridge": bridge})
    return result


def test_what_is_looked_for() -> None:
    found = verify(bridge={"interface": "eth0"})
    assert found["problems"] == []
    assert found["units"] == [NETWORKD, FIREWALL]
    assert found["bridges"] == [{"name": "br0", "card": "eth0"}]
    assert found["routed_prefixes"] == ["2001:db8:d:500::/56"]
    assert found["guarded"]
    web, box, shed = found["containers"]
    # It is what nspawn_hosts tells the router.
    machines = [{"inventory_hostname": "attic", "nspawn_containers": [WEB]}]
    (host,) = FilterModule().filters()["nspawn_hosts"](machines)
    assert web["duid"] == str(networkd_duid(host["machine_id"]))
    assert web["addresses"] == host["addresses"] == WEB["addresses"]
    assert (web["started"], web["bridge"], web["prefix"], web["host_ipv6"], web["ipv4"]) == (True, "br0", "", "", "")
    assert (box["bridge"], box["prefix"], box["host_ipv6"], box["ipv4"]) == (
        "",
        "2001:db8:d:500::/64",
        "2001:db8:d:500::1/64",
        "10.9.1.1/28",
    )
    assert (shed["host_ipv6"], shed["ipv4"]) == ("2001:db8:d:501::1/64", "")


def test_the_card_is_that_of_one_bridge() -> None:
    found = verify(bridge={"interface": "eth0"}, containers=[{**WEB, "bridge": "br7"}])
    assert found["bridges"] == [{"name": "br0", "card": "eth0"}, {"name": "br7", "card": ""}]


def test_a_host_with_bridged_ones_alone() -> None:
    found = verify(containers=[WEB, {"name": "lab", "bridge": "br7"}, {"name": "old", "state": "absent"}])
    # Whoever has made the bridge, it need not be networkd.
    assert found["units"] == []
    assert found["bridges"] == [{"name": "br0", "card": ""}, {"name": "br7", "card": ""}]
    assert [each["name"] for each in found["containers"]] == ["web", "lab"]
    assert (found["routed_prefixes"], found["guarded"]) == ([], False)


@pytest.mark.parametrize(
    ("other", "units"),
    [
        ({"firewall": False}, [NETWORKD]),
        ({"containers": [{**BOX, "started": False}]}, [NETWORKD, FIREWALL]),
        ({"containers": []}, []),
        ({"containers": [], "bridge": {"interface": "eth0"}}, [NETWORKD]),
    ],
)
def test_units(other: dict[str, Any], units: list[str]) -> None:
    assert verify(**other)["units"] == units


def test_one_that_is_not_to_run_needs_no_bridge() -> None:
    assert verify(containers=[{**WEB, "started": False}])["bridges"] == []


def test_what_cannot_be_right_is_said_in_the_users_words() -> None:
    (problem,) = verify(containers=[WEB, WEB])["problems"]
    assert problem.startswith("container_host_containers[].name: web is there twice.")


def test_the_module_takes_it() -> None:
    documented = yaml.safe_load(container_health_info.DOCUMENTATION)["options"]
    found = verify()
    assert set(found) - {"problems", "guarded"} == set(documented) - {"table"}
    assert set(found["containers"][0]) == set(documented["containers"]["suboptions"])
    assert set(found["bridges"][0]) == set(documented["bridges"]["suboptions"])

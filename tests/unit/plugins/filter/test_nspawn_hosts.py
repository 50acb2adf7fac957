# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter nspawn_hosts: what a router has to know of the containers of all hosts."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.homelab.ipv6.plugins.filter.role_plans import FilterModule
from ansible_collections.homelab.ipv6.plugins.module_utils._values.machine import derived_machine_id

ATTIC = {
    "inventory_hostname": "attic.home.example",
    "nspawn_containers": [
        {"name": "web", "addresses": ["2001:db8:d:407::80"], "limits": {"memory": "1G"}},
        {"name": "mail"},
        {"name": "box", "mode": "routed", "prefix": "2001:db8:d:500::/64", "addresses": ["2001:db8:d:500::2"]},
        {"name": "old", "state": "absent", "addresses": ["2001:db8:d:407::81"]},
    ],
}
CELLAR = {
    "inventory_hostname": "cellar",
    "nspawn_seed": "chosen",
    "nspawn_containers": [{"name": "web", "addresses": ["2001:db8:d:407::90", "2001:db8:d:407::91"]}],
}
# Every variable of a host stands among these, and most have nothing to do with containers.
ROUTER = {"inventory_hostname": "router", "ansible_host": "192.0.2.1"}


def hosts(*machines: dict[str, Any]) -> Any:
    return FilterModule().filters()["nspawn_hosts"](machines)


def test_those_that_have_addresses_reserved() -> None:
    assert hosts(ATTIC, CELLAR, ROUTER) == [
        {
            "name": "attic-home-example-web",
            "machine_id": derived_machine_id("attic.home.example", "web"),
            "addresses": ["2001:db8:d:407::80"],
        },
        {
            "name": "cellar-web",
            "machine_id": derived_machine_id("chosen", "web"),
            "addresses": ["2001:db8:d:407::90", "2001:db8:d:407::91"],
        },
    ]


def test_all_of_a_host_may_be_routed() -> None:
    (box,) = [one for one in ATTIC["nspawn_containers"] if one["name"] == "box"]  # type: ignore[index,attr-defined]
    without = {key: value for key, value in box.items() if key != "mode"}
    assert hosts({**ATTIC, "nspawn_mode": "routed", "nspawn_containers": [without]}) == []


def test_a_host_that_has_the_profile() -> None:
    profile = {key.replace("nspawn_", "container_host_"): value for key, value in CELLAR.items()}
    assert hosts(profile) == hosts(CELLAR)
    # The profile does not look at the options of the role, and neither does this.
    other = {"nspawn_seed": "other", "nspawn_mode": "routed", "nspawn_containers": ATTIC["nspawn_containers"]}
    assert hosts({**other, **profile}) == hosts(CELLAR)
    wrong = {**profile, "container_host_containers": [{"name": "-"}]}
    with pytest.raises(AnsibleFilterError, match=r"cannot be right: container_host_containers\[0\]\.name: "):
        hosts(wrong)


def test_a_list_that_cannot_be_right() -> None:
    wrong = {**CELLAR, "nspawn_containers": [{"name": "web", "addresses": ["2001:db8::/64"]}]}
    with pytest.raises(AnsibleFilterError) as caught:
        hosts(ATTIC, wrong)
    said = "nspawn_hosts: cellar has a list of containers that cannot be right: nspawn_containers[0].addresses: 2001:"
    assert said in str(caught.value)
    assert "Mend it there." in str(caught.value)

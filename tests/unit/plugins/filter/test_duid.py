# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.homelab.ipv6.plugins.filter.duid import FilterModule

FILTERS = FilterModule().filters()


def test_filters_are_offered() -> None:
    assert FILTERS["duid"]("00-03-00-01-52-54-00-65-43-21") == "00:03:00:01:52:54:00:65:43:21"
    machine_id = "0102030405060708090a0b0c0d0e0f10"
    assert FILTERS["networkd_duid"](machine_id) == "00:02:00:00:ab:11:61:77:40:de:13:42:c3:a2"


@pytest.mark.parametrize("name", ["duid", "networkd_duid"])
def test_refusals_are_those_of_ansible(name: str) -> None:
    with pytest.raises(AnsibleFilterError, match=rf"^{name}: xyz "):
        FILTERS[name]("xyz")

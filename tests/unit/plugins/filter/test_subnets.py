# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.homelab.ipv6.plugins.filter.subnets import FilterModule

subnets = FilterModule().filters()["subnets"]


def test_each_name_has_its_subnet() -> None:
    assert subnets("2001:db8:4070::/48", ["lan", "guest"]) == {
        "lan": "2001:db8:4070::/64",
        "guest": "2001:db8:4070:1::/64",
    }


@pytest.mark.parametrize("names", ["lan", 3, None])
def test_what_is_no_list_is_refused(names: object) -> None:
    with pytest.raises(AnsibleFilterError, match="is neither a list nor a dictionary"):
        subnets("2001:db8::/48", names)


def test_refusal_names_the_filter() -> None:
    with pytest.raises(AnsibleFilterError, match=r"^subnets: 2001:db8::/64 cannot be split"):
        subnets("2001:db8::/64", ["lan"])

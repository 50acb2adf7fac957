# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans import dhcp6_hosts_kea
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts_writing import unheard
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.steps import Restart

from .hosts_frame import options

OURS, THEIRS = "kea-dhcp6-server.service", "mine.service"


def said(active: bool, listening: bool, owners: tuple[str, ...] = (), steps: tuple[Any, ...] = (), **given: Any) -> str:
    found = dhcp6_hosts_kea.Found(None, installed=True, has_user=True, active=active, listening=listening, socket=None)
    return " ".join(unheard(options(dhcp6_hosts_kea, **given), "kea-dhcp6", found, owners, steps))


def test_a_server_that_listens_nowhere_is_named() -> None:
    warning = said(active=True, listening=False)
    assert warning.startswith(
        "kea-dhcp6-server runs, and listens on no DHCPv6 socket (UDP port 547): it serves nobody. "
    )
    assert said(active=True, listening=False, steps=(Restart("kea-dhcp6-server"),)) == ""


@pytest.mark.parametrize("service", ["kea-dhcp6-server", OURS])
def test_a_server_that_runs_in_another_unit_is_named(service: str) -> None:
    warning = said(active=False, listening=True, owners=(THEIRS, THEIRS), service=service)
    assert warning == (
        f"service: {service} does not run, but kea-dhcp6 does, in mine.service: it serves the old hosts until it is "
        "restarted. Name that unit as service."
    )
    assert said(active=False, listening=True, owners=(OURS,), service=service) == ""
    assert said(active=False, listening=True, owners=(THEIRS,), reload=False) == ""


def test_what_serves_is_not_spoken_of() -> None:
    assert said(active=True, listening=True, owners=(THEIRS,)) == ""
    assert said(active=False, listening=False) == ""

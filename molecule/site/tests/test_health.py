# SPDX-License-Identifier: GPL-3.0-or-later
"""What `homelab.ipv6.verify` said of the house (health.yml)."""

from __future__ import annotations

from ansible_collections.homelab.ipv6.molecule.shared.runs import recorded


def test_its_user_is_told_of_each_machine_that_all_is_well() -> None:
    (health,) = [run for run in recorded() if run.playbook == "health"]
    told = [one for one in health.results if one.task.endswith("Say what is broken, and what to do about it")]
    assert {one.msg for one in told} == {"All is well."}
    profiles = {(one.host, one.task.partition(" : ")[0].rpartition(".")[2]) for one in told}
    # The gateway has containers of its own.
    assert profiles == {("gateway", "router"), ("gateway", "container_host"), ("attic", "container_host"),
                        ("nas", "samba_server"), ("desk", "samba_cups_client")}  # fmt: skip
    # All containers of a host in one task.
    assert [task.partition(" : ")[2] for task in health.tasks_on("attic")] == ["Look at everything that has to work"]

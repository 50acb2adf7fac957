# SPDX-License-Identifier: GPL-3.0-or-later
"""What every scenario must have shown by the time it is verified: check, apply, again, again in check mode."""

from __future__ import annotations

import os

import pytest

from ansible_collections.homelab.ipv6.molecule.shared.runs import AFTER_ANOTHER_PROFILE, Run, converge_runs


@pytest.fixture(scope="module")
def quartet() -> list[Run]:
    runs = converge_runs()
    shapes = [run.check for run in runs]
    assert shapes[:4] == [True, False, False, True], "run the scenario's whole sequence: molecule/run test -s NAME"
    return runs[:4]


def test_the_collection_is_this_checkout(quartet: list[Run]) -> None:
    # And not a copy that some tool has left below .ansible.
    assert {run.collection for run in quartet} == {os.environ["MOLECULE_PROJECT_DIRECTORY"]}


def test_check_mode_on_the_bare_machine_foretells_the_real_run(quartet: list[Run]) -> None:
    first, real = quartet[:2]
    assert real.changes, "a converge that changes nothing proves nothing"
    foretold = first.promises(but=AFTER_ANOTHER_PROFILE)
    assert foretold == real.promises(but=first.left_out_services() | AFTER_ANOTHER_PROFILE)


def test_second_run_changes_nothing(quartet: list[Run]) -> None:
    assert quartet[2].changes == []


def test_check_mode_on_the_finished_machine_announces_nothing(quartet: list[Run]) -> None:
    assert quartet[3].promises() == []


def test_no_task_failed(quartet: list[Run]) -> None:
    assert [(run.playbook, result) for run in quartet for result in run.results if result.outcome == "failed"] == []

# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Containers that somebody else has made: they are neither overwritten nor taken away, whatever they are called."""

from __future__ import annotations

from collections.abc import Mapping

from .._values.errors import Refusal
from .nspawn_files import is_ours
from .nspawn_wanted import Wanted
from .plan import FileState
from .steps import UnitState


def theirs(each: Wanted, files: Mapping[str, FileState], others: Mapping[str, str]) -> list[Refusal]:
    """Refuse to write over what others have.

    :param files: path → file, of those that are there
    :param others: path of a container's tree → what else is called like the container
    """
    option = f"{each.option}.name"
    written = [path for path in each.files if path in files and not is_ours(files[path].text)]
    if written:
        what = "overwritten" if each.present and each.files[written[0]] is not None else "removed"
        problem = f"has a file that somebody else has written and that would be {what}, {written[0]}"
        return [Refusal(option, each.name, problem, "Move that away, or give the container another name")]
    if each.present and each.place in others:
        problem = f"is what somebody else's container is called, {others[each.place]}"
        return [Refusal(option, each.name, problem, "Give the container another name, or move that away")]
    return []


def not_ours(
    each: Wanted,
    files: Mapping[str, FileState],
    trees: frozenset[str],
    machine_ids: Mapping[str, str],
    unit: UnitState,
) -> list[Refusal]:
    """Refuse to take away a container that has neither a file of ours nor the machine-id that it would have from us.

    Data that was kept has no files any more.

    :param trees: paths of the trees and layers that are there
    :param machine_ids: path of a tree → its machine-id
    :param unit: the service that runs it
    """
    has = machine_ids.get(each.place, "")
    if any(path in files for path in each.files) or each.layer in trees or has == each.machine_id != "":
        return []
    if each.place in trees and not each.keep_data:
        problem = f"would remove {each.place}, which was not made here: its machine-id is {has or 'none'}"
        remedy = f"Write machine_id: {has} beside it" if has else f"Run machinectl remove {each.name} there"
        return [Refusal(f"{each.option}.state", "absent", problem, f"{remedy}, or leave the container out of the list")]
    if unit.active or unit.enabled:
        problem = f"would stop {each.unit}, which was not made here"
        remedy = f"Run systemctl disable --now {each.unit} there, or leave the container out of the list"
        return [Refusal(f"{each.option}.state", "absent", problem, remedy)]
    return []

# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What sysctl_set is going to do: one drop-in file and the running values, together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .._formats.sysctl_d import Setting, parse, render
from .._values.errors import Refusal, ValueProblem
from .._values.sysctl import (
    interface_key,
    interface_of,
    is_pattern,
    order,
    parse_key,
    parse_value,
    render_key,
    spread,
    spreads_to,
)
from .plan import FileChange, Files, FileState, KernelValue, Plan, State, file_steps

HEADER = "Managed by Ansible (homelab.ipv6.sysctl_set): edits here are lost at the next run."


class Wanted(NamedTuple):
    """One parameter of the set.

    :param option: where the user wrote it
    """

    key: str
    value: str
    option: str


class Found(NamedTuple):
    """The host as it is.

    :param running: key → running value; a key that the kernel does not have is absent
    :param dropin: our file
    :param dropin_link: what our file is a symbolic link to, empty where it is none
    :param others: (path, text) of every other sysctl.d file, in the order in which they are read
    :param interfaces: all interfaces that have IPv6 parameters
    :param ra_by_networkd: the interfaces on which networkd runs the RA client
    """

    running: Mapping[str, str]
    dropin: FileState | None
    others: Sequence[tuple[str, str]]
    dropin_link: str = ""
    interfaces: Sequence[str] = ()
    ra_by_networkd: Sequence[str] = ()


def dropin_path(name: str) -> str:
    """The file of a set.

    :raises Refusal: the name cannot be that of a file
    """
    if "/" in name or name.startswith(".") or not name or name.endswith(".conf"):
        raise Refusal("name", repr(name), "is not a file name without its ending", "Write it as 90-router")
    return f"/etc/sysctl.d/{name}.conf"


def ra_interfaces(items: Sequence[Wanted]) -> list[str]:
    """The interfaces whose RA client the set speaks of."""
    found = (interface_of(item.key) for item in items)
    return [name_and_key[0] for name_and_key in found if name_and_key and name_and_key[1] == "accept_ra"]


def wanted(values: Mapping[str, object], ipv6_interfaces: Mapping[str, Mapping[str, object]]) -> list[Wanted]:
    """The whole set, in the order in which it has to be written.

    :raises Refusal: a key or value that cannot be right, or one key with two values
    """
    found: dict[str, Wanted] = {}
    for option, key, value in _spelled(values, ipv6_interfaces):
        try:
            path = key if option.startswith("ipv6_interfaces") else parse_key(key)
            item = Wanted(path, parse_value(value), option)
        except ValueProblem as problem:
            raise Refusal.of(option, problem) from None
        if is_pattern(path):
            raise Refusal(option, key, "is a pattern", "Name each key: a set is authoritative for what it names")
        if found.get(path, item).value != item.value:
            other = found[path]
            problem_text = f"contradicts {other.option}: {other.value}, which is the same key"
            raise Refusal(option, item.value, problem_text, "Keep one of the two")
        found[path] = item
    return sorted(found.values(), key=lambda item: order(item.key))


def _spelled(
    values: Mapping[str, object], ipv6_interfaces: Mapping[str, Mapping[str, object]]
) -> list[tuple[str, str, object]]:
    spelled: list[tuple[str, str, object]] = [("values." + key, key, value) for key, value in values.items()]
    for interface, keys in ipv6_interfaces.items():
        if not isinstance(keys, Mapping):
            raise Refusal(
                "ipv6_interfaces." + interface, repr(keys), "is not a mapping", "Write key: value, as accept_ra: 2"
            )
        for key, value in keys.items():
            option = f"ipv6_interfaces.{interface}.{key}"
            try:
                spelled.append((option, interface_key(interface, key), value))
            except ValueProblem as problem:
                raise Refusal.of(option, problem) from None
    return spelled


def present(
    path: str, items: Sequence[Wanted], found: Found, runtime: bool, persistent: bool, missing_fails: bool
) -> Plan:
    """Make the set so, now and after a reboot.

    :param path: of the drop-in
    :raises Refusal: nothing can come of it: a key that the kernel lacks, a file that would win at boot, RAs that
        networkd takes
    """
    absent = [item for item in items if item.key not in found.running]
    if absent and missing_fails and runtime:
        raise _missing(absent[0], found.interfaces)
    _refuse_networkd(items, found)
    steps: list[Files | KernelValue] = []
    if persistent:
        _refuse_shadowed(path, items, found)
        # A key that is missing needs no mark: systemd-sysctl goes on without it (sysctl.d(5)), and the file is the same
        # before and after its interface has come.
        after = FileState(render([Setting(item.key, item.value) for item in items], HEADER))
        steps.extend(file_steps([FileChange(path, found.dropin, after)]))
    values = _running_steps(items, found.running) if runtime else []
    steps.extend(values)
    return Plan(
        steps=tuple(steps),
        states=(_running_state(values),),
        result={"deferred": [render_key(item.key) for item in absent] if runtime else []},
    )


def absent(path: str, found: Found) -> Plan:
    """Take the drop-in away; running values stay, since nobody knows what they were before."""
    return Plan(steps=file_steps([FileChange(path, found.dropin, None)]), result={"deferred": []})


def _missing(item: Wanted, interfaces: Sequence[str]) -> Refusal:
    interface, _key = interface_of(item.key) or ("all", "")
    if interface not in ("all", "default", *interfaces):
        problem = f"cannot be set: there is no interface {interface} with IPv6 on this host"
        remedy = "Use one of {}, or say missing: defer to have it set when it appears".format(", ".join(interfaces))
        return Refusal(item.option, item.value, problem, remedy)
    problem = f"cannot be set: this kernel has no {render_key(item.key)}"
    return Refusal(item.option, item.value, problem, "Correct the name; `sysctl -a` lists those that exist")


def _refuse_networkd(items: Sequence[Wanted], found: Found) -> None:
    for item in items:
        interface, key = interface_of(item.key) or ("", "")
        if key == "accept_ra" and interface in found.ra_by_networkd and item.value != "0":
            raise Refusal(
                item.option,
                item.value,
                f"has no effect: systemd-networkd runs the RA client of {interface} itself",
                "Set IPv6AcceptRA=yes in its .network file instead, and leave accept_ra out",
            )


def _refuse_shadowed(path: str, items: Sequence[Wanted], found: Found) -> None:
    """Refuse a set that would not last: at boot the last file that names a key wins."""
    name = path.rsplit("/", 1)[-1]
    if found.dropin_link:
        problem = f"is a file of somebody else: {path} is a link to {found.dropin_link}"
        raise Refusal("name", name[: -len(".conf")], problem, "Give this set a name of its own")
    by_key = {item.key: item for item in items}
    for other, text in found.others:
        its_name = other.rsplit("/", 1)[-1]
        if its_name == name:
            raise Refusal("name", name[: -len(".conf")], f"would hide {other}", "Give this set a name of its own")
        if its_name < name:
            continue
        for setting in parse(text):
            item = _undone_by(setting, by_key)
            if item:
                does = "leaves it out" if setting.value is None else setting.value
                raise Refusal(
                    item.option,
                    item.value,
                    f"would be undone at boot by {other} line {setting.line} ({does})",
                    f"Remove that line, or give this set a name that sorts behind {its_name}",
                )


def _undone_by(setting: Setting, items: Mapping[str, Wanted]) -> Wanted | None:
    """The parameter that a line of a later file takes back.

    :param items: key → what is wanted of it
    """
    if is_pattern(setting.key):
        # A key named outright beats every pattern, wherever it stands (sysctl.d(5)).
        return None
    same = items.get(setting.key)
    if same is not None:
        # Without a value the line leaves the key out, also where an earlier file has set it.
        return same if setting.value != same.value else None
    # Before sysctl.d is read, conf/all is 0, and systemd writes no value that is there already.
    if setting.value in (None, "0") or spread(setting.key) is None:
        return None
    undone = (item for key, item in items.items() if spreads_to(setting.key, key) and item.value != setting.value)
    return next(undone, None)


def _running_steps(items: Sequence[Wanted], running: Mapping[str, str]) -> list[KernelValue]:
    steps: list[KernelValue] = []
    for item in items:
        before = running.get(item.key)
        if before is None:
            continue
        overwritten = any(spreads_to(step.path[len("/proc/sys/") :], item.key) for step in steps)
        if before != item.value or overwritten:
            steps.append(KernelValue("/proc/sys/" + item.key, before, item.value))
    return steps


def _running_state(steps: Sequence[KernelValue]) -> State:
    def text(side: str) -> str:
        lines = (render_key(step.path[len("/proc/sys/") :]) + " = " + getattr(step, side) for step in steps)
        return "".join(line + "\n" for line in lines)

    return State("running values", text("before"), text("after"))

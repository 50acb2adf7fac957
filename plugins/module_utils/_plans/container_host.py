# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the profile of container hosts hands to each of its blocks, and what is wrong with its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from . import bridge, nspawn
from .firewall_holes import read_match, read_name
from .listening import accept_ra
from .nspawn_files import host_network
from .options import OptionReader

BRIDGE = "bridge_"


def profile(options: Mapping[str, Any], network: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the profile is going to set, looked at before anything changes.

    :param options: the role's options without their prefix, those of the bridge together
    :param network: what link_info returned
    """
    card, name = str(options["bridge"]["interface"]), str(options["bridge"]["name"])
    problems: list[str] = []
    if card:
        problems += bridge.plan(options["bridge"], network, nspawn.PROFILE + BRIDGE).problems
    plan = nspawn.plan({**options, "bridge": name, "bridge_made": name if card else ""}, nspawn.PROFILE)
    problems += plan.problems
    reader = OptionReader(nspawn.PROFILE)
    firewall: dict[str, Any] = {"inside": [], "forward_allow": []}
    if not plan.problems:
        _look_at_bridges(reader, plan, options, network)
        _look_at_uplink(reader, plan, options, network)
    firewall["forward_allow"] = _holes(reader, plan, options["containers"])
    firewall["inside"] = [
        {"interface": link.interface, "prefixes": link.prefixes, "ipv4": link.ipv4} for link in plan.links
    ]
    problems += reader.problems
    if problems:
        return {"problems": problems}
    return {
        "problems": [],
        "containers": [_without_holes(item) for item in options["containers"]],
        "looks": {"images": plan.images, "containers": [_look(each, bool(card)) for each in plan.containers]},
        "accept_ra": accept_ra(network, _no_listeners(plan, options, network)) if plan.links else {},
        "firewall": firewall if options["firewall"] else {"inside": [], "forward_allow": []},
    }


def _look(container: nspawn.Container, starts_networkd: bool) -> dict[str, Any]:
    """A container as the module looks whether the host has what it needs.

    :param starts_networkd: the role bridge is going to, so that it need not run now for the host's end of a link
    """
    files = [file for file in container.files if not (starts_networkd and file["path"] == host_network(container.name))]
    return {**asdict(container), "files": files}


def _bridged(options: Mapping[str, Any]) -> tuple[str, ...]:
    """The card and the bridge that this run makes over it."""
    bridge = options["bridge"]
    return (str(bridge["interface"]), str(bridge["name"])) if bridge["interface"] else ()


def _no_listeners(plan: nspawn.NspawnPlan, options: Mapping[str, Any], network: Mapping[str, Any]) -> set[str]:
    """Interfaces that listen to no router, or of which the role bridge says whether they do."""
    ports = [name for name, link in network["links"].items() if link["master"]]
    return {*ports, *_bridged(options), *(link.interface for link in plan.links)}


def _look_at_uplink(
    reader: OptionReader, plan: nspawn.NspawnPlan, options: Mapping[str, Any], network: Mapping[str, Any]
) -> None:
    """Refuse to forward where systemd-networkd would take that as a reason to listen to no router any more."""
    uplink = network["uplink"]
    link = network["links"].get(uplink)
    if not plan.links or uplink in _bridged(options) or link is None or not link["networkd"] or link["says_accept_ra"]:
        return
    names = [str(item["name"]) for item in options["containers"]]
    number = names.index(plan.links[0].container)
    option = f"containers[{number}].mode" if options["containers"][number].get("mode") else "mode"
    problem = (
        f"needs this host to forward, and then systemd-networkd has {uplink} listen to no router advertisements any "
        f"more, since {link['network_file']} does not say that it shall"
    )
    reader.refuse(option, "routed", problem, "Write IPv6AcceptRA=yes (or no) into its [Network] first")


def _without_holes(item: Mapping[str, Any]) -> dict[str, Any]:
    """A container as the role nspawn takes it."""
    return {key: value for key, value in item.items() if key != "inbound"}


def _look_at_bridges(
    reader: OptionReader, plan: nspawn.NspawnPlan, options: Mapping[str, Any], network: Mapping[str, Any]
) -> None:
    """Refuse a bridge that is not there, and that this run does not make."""
    for number, (item, container) in enumerate(zip(options["containers"], plan.containers)):
        name = container.bridge
        if not (name and container.started):
            continue
        option = f"containers[{number}].bridge" if item.get("bridge") else BRIDGE + "name"
        link = network["links"].get(name)
        card = reader.named(BRIDGE + "interface")
        if link is None:
            remedy = f"Name the network card in {card} to have it made" if not item.get("bridge") else "Make it first"
            problem = f"is not there on this host, and {container.name} is to be on it"
            reader.refuse(option, name, problem, remedy + ", or write the name of a bridge that is there")
        elif link["kind"] != "bridge":
            problem = f"is no bridge, and {container.name} is to be on it"
            reader.refuse(option, name, problem, f"Name a bridge here, and a network card in {card}")


def _holes(
    reader: OptionReader, plan: nspawn.NspawnPlan, containers: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What may come in to containers, for the firewall before their links."""
    links = {link.container: link for link in plan.links}
    names: list[str] = []
    found: list[dict[str, Any]] = []
    for number, item in enumerate(containers):
        option = f"containers[{number}].inbound"
        link = links.get(str(item["name"]))
        for index, entry in enumerate(reader.listed(option, item.get("inbound"))):
            name = _name(reader, f"{option}[{index}].", str(item["name"]), entry, names)
            hole = {key: entry[key] for key in ("protocol", "ports", "sources") if entry.get(key)}
            # Where the list cannot be right, nobody knows which of them are routed.
            ends = [*link.prefixes, *link.ipv4] if link else ["::/0", "0.0.0.0/0"]
            hole = {"name": name, **hole, "destinations": ends}
            read_match(reader, f"{option}[{index}].", hole, ipv4=link is None or bool(link.ipv4))
            if link:
                found.append(hole)
            elif not plan.problems and item.get("state") != "absent":
                problem = "is for a routed container: this host does not filter what comes in over a bridge"
                reader.refuse(f"{option}[{index}]", _described(entry), problem, "Leave it out, or write mode: routed")
    return found


def _name(reader: OptionReader, at: str, container: str, entry: Mapping[str, Any], names: list[str]) -> str:
    """How a hole is called in the ruleset, where no two have one name; it is added to those that there are."""
    name = f"{container}: {entry.get('name') or _described(entry)}"
    if name in names and entry.get("name"):
        reader.refuse(at + "name", entry["name"], "is there twice", "Give each of them a name of its own")
    elif name in names:
        name += f" ({len(names) + 1})"
    read_name(reader, at, name)
    names.append(name)
    return name


def _described(entry: Mapping[str, Any]) -> str:
    """A hole in a few words, as it stands in the ruleset where it has no name."""
    ports = entry.get("ports") or []
    shown = ",".join(str(port) for port in ports) if isinstance(ports, Sequence) else str(ports)
    return f"{entry.get('protocol', 'tcp')} {shown}".strip()[:60]

# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the profile of container hosts hands to each of its blocks, and what is wrong with its options."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from ipaddress import ip_interface, ip_network
from typing import Any

from . import bridge, container_host_firewall, nspawn
from .firewall_holes import read_match, read_name
from .nspawn_containers import NETWORKD
from .nspawn_files import host_network
from .options import OptionReader

BRIDGE = "bridge_"
FIREWALL = "homelab-ipv6-firewall.service"


def profile(options: Mapping[str, Any], network: Mapping[str, Any], found: Sequence[str] = ()) -> dict[str, Any]:
    """Everything that the profile is going to set, looked at before anything changes.

    :param options: the role's options without their prefix, those of the bridge together
    :param network: what link_info returned
    :param found: what earlier runs have left, a line each, as preflight.yml says
    """
    card, name = str(options["bridge"]["interface"]), str(options["bridge"]["name"])
    problems: list[str] = []
    if card:
        problems += bridge.plan(options["bridge"], network, nspawn.PROFILE + BRIDGE).problems
    made = {"bridge": name, "bridge_made": name if card else "", "bridge_over": card}
    plan = nspawn.plan({**options, **made}, nspawn.PROFILE, _with_bridge(options["bridge"], network))
    problems += plan.problems
    reader = OptionReader(nspawn.PROFILE)
    firewall: dict[str, Any] = {"inside": [], "forward_allow": []}
    if not plan.problems:
        _look_at_bridges(reader, plan, options, network)
    firewall["forward_allow"] = _holes(reader, plan, options["containers"])
    firewall["inside"] = container_host_firewall.inside(reader, plan, options["containers"], found)
    if options["firewall"]:
        container_host_firewall.refuse_theirs(reader, firewall["inside"], found)
    problems += reader.problems
    if problems:
        return {"problems": problems}
    return {
        "problems": [],
        "containers": [_without_holes(item) for item in options["containers"]],
        "looks": {"images": plan.images, "containers": [_look(each, bool(card)) for each in plan.containers]},
        "firewall": container_host_firewall.wanted(firewall, options["firewall"], found),
    }


def verify(options: Mapping[str, Any]) -> dict[str, Any]:
    """What has to work on the host, whatever it is like now.

    :param options: as `profile` takes them
    """
    plan = nspawn.plan({**options, "bridge": options["bridge"]["name"]}, nspawn.PROFILE)
    if plan.problems:
        return {"problems": plan.problems}
    identities = {each.name: each for each in plan.identities}
    prefixes = {link.container: ip_network(link.prefixes[0]) for link in plan.links}
    containers = [
        {
            "name": each.name,
            "started": each.started,
            "bridge": each.bridge,
            "prefix": str(prefixes.get(each.name, "")),
            "host_ipv6": f"{prefixes[each.name][1]}/{prefixes[each.name].prefixlen}" if each.name in prefixes else "",
            "ipv4": str(item.get("ipv4") or ""),
            "addresses": identities[each.name].addresses,
            "duid": identities[each.name].duid,
        }
        for item, each in zip(options["containers"], plan.containers)
        if each.name in identities
    ]
    started = [each for each in containers if each["started"]]
    name, card = options["bridge"]["name"], options["bridge"]["interface"]
    names = dict.fromkeys([*([name] if card else []), *(each["bridge"] for each in started if each["bridge"])])
    guarded = bool(plan.links) and bool(options["firewall"])
    units = [*([NETWORKD] if card or plan.links else []), *([FIREWALL] if guarded else [])]
    return {
        "problems": [],
        "units": units,
        "bridges": [{"name": each, "card": card if each == name else ""} for each in names],
        "routed_prefixes": [str(prefix) for prefix in options["routed_prefixes"]] if plan.links else [],
        "guarded": guarded,
        "containers": containers,
    }


def _look(container: nspawn.Container, starts_networkd: bool) -> dict[str, Any]:
    """A container as the module looks whether the host has what it needs.

    :param starts_networkd: the role bridge is going to, so that it need not run now for the host's end of a link
    """
    files = [file for file in container.files if not (starts_networkd and file["path"] == host_network(container.name))]
    return {**asdict(container), "files": files}


def _with_bridge(options: Mapping[str, Any], network: Mapping[str, Any]) -> Mapping[str, Any]:
    """The links, with the networks that the bridge is going to have; what is wrong with them is said elsewhere."""
    if not options["interface"]:
        return network
    card = network["links"].get(options["interface"], {})
    networks = [*card.get("networks", [])]
    for text in options["addresses"]:
        with contextlib.suppress(ValueError):
            networks.append(str(ip_interface(text).network))
    name = str(options["name"])
    plain = {"mac": "", "networkd": True, "network_file": "", "says_accept_ra": True, "accept_ra": 0, "master": ""}
    link = network["links"].get(name, {**plain, "networks": [], "ra_default": False})
    bridge = {**link, "networks": [*link["networks"], *networks]}
    return {**network, "links": {**network["links"], name: bridge}}


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

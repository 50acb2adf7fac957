# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What sit_tunnel is going to do: configuration and kernel together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .._formats.iproute import Link
from .._values.errors import Refusal
from .plan import FileChange, FileState, Plan, State, file_steps
from .sit_tunnel import UNICAST, Request, Route
from .sit_tunnel_config import IFUPDOWN, NETWORKD, UNITS, ifupdown_files, networkd_files, paths
from .sit_tunnel_host import (
    Found,
    Local,
    choose_local,
    choose_provider,
    choose_uplink,
    foreign_owner,
    former_routes,
    refuse_obstacles,
)
from .sit_tunnel_kernel import (
    adjust_contents,
    adjust_link,
    awaits,
    create,
    describe_found,
    describe_wanted,
    let_go,
    mismatches,
    remove_route,
)
from .steps import Run, Step

RELOAD = ("networkctl", "reload")


def present(request: Request, provider: str, activate: bool, timeout: float, found: Found) -> Plan:
    """Have the tunnel, now and after a reboot.

    :raises Refusal: it cannot be had so
    """
    chosen = choose_provider(request, provider, found, activate)
    refuse_obstacles(request, found, chosen)
    uplink = choose_uplink(request, found, chosen)
    local = choose_local(request, found, uplink)
    if activate and found.kernel.link is None and found.no_sit:
        problem = f"cannot be done: this kernel has no 6in4 tunnels ({found.no_sit})"
        remedy = "Write activate: false to have the configuration alone, or boot a kernel that has the module sit"
        raise Refusal("activate", "true", problem, remedy)
    if chosen == NETWORKD:
        texts = networkd_files(request, local.written, uplink)
    else:
        texts = ifupdown_files(request, local.written) if chosen == IFUPDOWN else {}
    changes = _changes(texts, found)
    files: tuple[Step, ...] = file_steps(changes)
    result = {"provider": chosen, "local": local.written, "files": sorted(texts), "activated": activate}
    if not activate:
        return Plan(files, result=result)
    formerly = former_routes(request.name, found)
    changed = {change.path for change in changes if change.differs}
    steps = _activate(request, chosen, local, found, changed, formerly, timeout)
    waits = tuple(awaits(request, timeout)) if files or steps else ()
    before = describe_found(request.name, found.kernel, formerly, request.routes)
    return Plan(
        steps=(*files, *steps, *waits),
        states=(State(f"tunnel {request.name}", before, describe_wanted(request, local.kernel)),),
        warnings=_warnings(chosen, found),
        result=result,
    )


def _changes(texts: Mapping[str, str], found: Found) -> list[FileChange]:
    """The files as they shall be; what another provider, or an earlier uplink, had from us goes."""
    superseded = [FileChange(path, state, None) for path, state in found.ours.items() if path not in texts]
    return [FileChange(path, found.files.get(path), FileState(text)) for path, text in texts.items()] + superseded


def _warnings(provider: str, found: Found) -> tuple[str, ...]:
    if provider == NETWORKD and not found.networkd.enabled:
        return ("systemd-networkd runs but is not enabled: after a reboot there is no tunnel. Enable it.",)
    return ()


def _activate(
    request: Request,
    provider: str,
    local: Local,
    found: Found,
    changed: set[str],
    formerly: Sequence[Route],
    timeout: float,
) -> list[Step]:
    """From the kernel's state to the one asked for."""
    # What a user's own drop-in adds to our .network file is no drift.
    strict = provider != NETWORKD or not found.extended
    wrong = mismatches(request, local.kernel, found.kernel, formerly, strict)
    link = found.kernel.link
    reads_again = any(path.startswith(UNITS) for path in changed) and found.networkd.active
    steps: list[Step] = []
    if provider == NETWORKD:
        steps += _by_networkd(request, link, wrong, changed, reads_again)
    elif reads_again:
        # The files were its own until now: it takes away what it has configured, and that is waited for.
        steps.append(Run(RELOAD, "have networkd read its files again", recover=RELOAD))
        steps += let_go(request.name, timeout) if link is not None else ()
    if link is not None:
        steps += adjust_link(request, local.kernel, link)
    if provider == NETWORKD:
        return steps
    if link is None and provider == IFUPDOWN:
        return [*steps, *_by_ifupdown(request.name)]
    if link is None:
        steps += create(request, local.kernel)
    return steps + adjust_contents(request, found.kernel, formerly, anew=reads_again)


def _by_ifupdown(name: str) -> list[Step]:
    # An ifup that fails half way leaves a half-made tunnel, so its undoing belongs to a step that has succeeded before.
    down = ("ifdown", "--force", name)
    return [
        Run(("ifquery", name), f"see that ifupdown reads the stanza of {name}", undo=down),
        Run(("ifup", "--force", name), f"bring {name} up"),
    ]


def _by_networkd(
    request: Request, link: Link | None, wrong: Sequence[str], changed: set[str], reads_again: bool
) -> list[Step]:
    name = request.name
    steps: list[Step] = []
    if reads_again or (link is None and wrong):
        # It leaves the device there when the files are taken back.
        undo = ("ip", "tunnel", "del", "name", name) if link is None else None
        steps.append(Run(RELOAD, "have networkd read its files again", undo=undo, recover=RELOAD))
    contents = {"addresses", "routes", "down"} & set(wrong)
    if contents and paths(name)[1] not in changed and link is not None:
        # A reload configures a link anew only where its file has changed.
        steps.append(Run(("networkctl", "reconfigure", name), f"have networkd configure {name} anew"))
    return steps


def absent(name: str, routes: Sequence[Route], activate: bool, found: Found) -> Plan:
    """Take the tunnel away, with all that is ours of it and nothing else.

    :param routes: those of the request, for a tunnel that left no configuration in which to look them up
    """
    ours = found.ours
    owner = foreign_owner(name, found, None)
    link = found.kernel.link
    files: tuple[Step, ...] = file_steps([FileChange(path, state, None) for path, state in ours.items()])
    result = {"provider": "", "local": "", "files": [], "activated": activate}
    warnings: tuple[str, ...] = ()
    if link is not None and (owner or link.kind != "sit"):
        what = f"described by {owner}" if owner else "no 6in4 tunnel"
        warnings, link = (f"{name} is {what}, not by this module: it is left alone.",), None
    if not activate:
        return Plan(files, warnings=warnings, result=result)
    steps: list[Step] = []
    by_ifupdown = paths(name)[2] in ours and bool(found.stanzas) and link is not None
    if by_ifupdown:
        argv = ("--force", name)
        steps.append(Run(("ifdown", *argv), f"take {name} down", undo=("ifup", *argv)))
    steps += files
    by_networkd = found.networkd.active and any(path.startswith(UNITS) for path in ours)
    if by_networkd:
        steps.append(Run(RELOAD, "have networkd read its files again", recover=RELOAD))
    if link is not None and not by_ifupdown:
        steps.append(Run(("ip", "tunnel", "del", "name", name), f"remove the tunnel {name}"))
    formerly = [*former_routes(name, found), *routes]
    lone = [route for route in _present(formerly, found) if route.type != UNICAST]
    if not by_ifupdown and not by_networkd and not owner:
        steps += [remove_route(name, route) for route in lone]
    before = describe_found(name, found.kernel, lone, lone) if link is not None else ""
    return Plan(tuple(steps), (State(f"tunnel {name}", before, ""),), warnings, result)


def _present(routes: Sequence[Route], found: Found) -> list[Route]:
    keys = {(route.table, route.destination, route.metric, route.type) for route in found.kernel.routes}
    return [route for route in dict.fromkeys(routes) if (*route.key, route.type) in keys]

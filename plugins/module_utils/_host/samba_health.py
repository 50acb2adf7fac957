# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look at a server of files and printers, or at its client, without touching either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._plans.cifs_mounts import PATIENCE_WITH_NETWORK
from .._plans.samba_health import NO_ROUTE, Knock, Observed, ShareSeen
from .._values.cifs import bracketed, escaped, unc_host
from .._values.listener import TCP
from .._values.samba import SMB_PORT
from .cifs import addresses, knock, look_into
from .echo import echo
from .health import ACTIVE, ENABLED, ip_rows, unit_words
from .host import Host
from .sockets import listeners


def observe(host: Host, expected: Mapping[str, Any]) -> Observed:
    """All that the checks look at."""
    patience = float(expected["timeout"])
    wanted: dict[tuple[str, int], None] = {(share["server"], SMB_PORT): None for share in expected["shares"]}
    wanted.update({(queue["server"], queue["port"]): None for queue in expected["printers"]})
    knocks = {(server, port): _knocks(server, port, patience) for server, port in wanted}
    services = expected["services"]
    return Observed(
        active=unit_words(host, ACTIVE, expected["units"]),
        enabled=unit_words(host, ENABLED, expected["units"]),
        listening={service["port"]: _listening(host, service["port"]) for service in services},
        own=[
            row["local"]
            for link in ip_rows(host, "addr", "show")
            for row in link.get("addr_info", [])
            if "local" in row
        ],
        loopback={port: knock("::1", port, patience) for port in expected["loopback"]},
        knocks=knocks,
        shares=[_share(host, share, knocks[share["server"], SMB_PORT]) for share in expected["shares"]],
        queues=_queues(host, expected["printers"], knocks),
    )


def _listening(host: Host, port: int) -> list[str]:
    return [str(listener.address) for listener in listeners(host, port, (TCP,))]


def _knocks(server: str, port: int, patience: float) -> list[Knock]:
    return [_knock(address, port, patience) for address in addresses(server, port)]


def _knock(address: str, port: int, patience: float) -> Knock:
    said = knock(address, port, patience)
    if not said or said in NO_ROUTE:
        return Knock(address, said)
    return Knock(address, said, echo(address, tries=2))


def _share(host: Host, share: Mapping[str, Any], knocks: Sequence[Knock]) -> ShareSeen | None:
    at = next((one.address for one in knocks if not one.said), None)
    if at is None:
        return None
    who = ["-A", share["credentials"]] if share["credentials"] else ["-N"]
    answer = look_into(host, at, f"//{unc_host(share['server'])}/{share['share']}", who)
    mounts = host.run(["modprobe", "--dry-run", "--quiet", "cifs"]).rc == 0
    automount, mount = (f"{escaped(share['path'] or '/')}.{kind}" for kind in ("automount", "mount"))
    words = unit_words(host, ACTIVE, [automount, mount]) if share["path"] else {}
    watched = words.get(automount) == "active"
    # A mount stays failed until the next one, and a server that was away may be back: so that somebody looks.
    failed = mounts and watched and not answer.status and words[mount] == "failed" and not _opens(host, share["path"])
    return ShareSeen(answer.status, answer.said, mounts, watched, failed)


def _opens(host: Host, path: str) -> bool:
    return host.run(["ls", "--directory", f"{path}/."], timeout=PATIENCE_WITH_NETWORK + 5.0).rc == 0


def _queues(
    host: Host, printers: Sequence[Mapping[str, Any]], knocks: Mapping[tuple[str, int], Sequence[Knock]]
) -> dict[tuple[str, int, str], bool]:
    found: dict[tuple[str, int, str], bool] = {}
    for one in printers:
        server, port, queue = one["server"], one["port"], one["queue"]
        answered = [each.address for each in knocks[server, port] if not each.said]
        if queue and answered:
            argv = ["lpstat", "-h", f"{bracketed(server)}:{port}", "-a", queue]
            found[server, port, queue] = host.run(argv, timeout=30.0).rc == 0
    return found

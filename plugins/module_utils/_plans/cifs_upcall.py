# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the kernel finds a server again that it has lost.

It asks for the server's name then, by request-key(8) of the package keyutils, which Debian installs with cifs-utils.
Debian's answer (key.dns_resolver(8)) is an IPv4 address or none: a share that was mounted over IPv6 would go on over
IPv4 after each restart of its server, and one whose server has another IPv6 address now would never come back. For an
IPv6 address it asks for NAME.ipv6-literal.net, and would go wherever whoever answers for that sends it.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address

from .._values.cifs import address_of, unc_host
from .._values.samba import SMB_PORT
from .plan import FileState

RULES = "/etc/request-key.d/homelab-ipv6-shares.conf"
PROGRAM = "/usr/local/lib/homelab-ipv6/cifs-address"
# An answer is kept for so many seconds; a lost server is looked for every 3.
KEPT = 5
# Bash can connect; the kernel gives it a PATH.
_PROGRAM = f"""#!/usr/bin/env bash
{{header}}
# request-key(8) calls it with KEY NAME: the first address of a server that answers, IPv6 first where both machines have
# it. Without one the kernel goes on with the address that it has.
while read -r address type _; do
    [[ $type == STREAM ]] || continue
    timeout 2 bash -c 'exec 3<>"/dev/tcp/$1/{SMB_PORT}"' - "$address" 2>/dev/null || continue
    keyctl timeout "$1" {KEPT}
    printf '%s\\0' "$address" | exec keyctl pinstantiate "$1" 0
    exit
done < <(getent ahosts "$2")
exec keyctl negate "$1" {KEPT} 0
"""


def upcall_files(servers: Iterable[str], header: str) -> dict[str, FileState]:
    """Path → the files by which the kernel finds these servers, none where it never asks.

    :param servers: names, or addresses without brackets
    :param header: a comment that says who wrote them
    """
    asked_for = [one for one in dict.fromkeys(servers) if not isinstance(address_of(one), IPv4Address)]
    if not asked_for:
        return {}
    rules = [f"create dns_resolver {unc_host(one)} * {PROGRAM} %k {_told(one)}" for one in asked_for]
    return {
        RULES: FileState("\n".join([header, *rules, ""])),
        PROGRAM: FileState(_PROGRAM.format(header=header), 0o755),
    }


def _told(server: str) -> str:
    """What the program looks up: an address is its own answer, whatever name servers say."""
    return server if isinstance(address_of(server), IPv6Address) else "%d"

# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keyfiles of NetworkManager (nm-settings-keyfile(5)) and its state files under /run."""

from __future__ import annotations

import re
from collections.abc import Mapping

Keyfile = Mapping[str, Mapping[str, str]]

_GROUP = re.compile(r"\[([^\[\]]+)\]")


def parse(text: str) -> Keyfile:
    """Section → key → value; an empty one where the text is no keyfile, since NetworkManager ignores such a file."""
    sections: dict[str, dict[str, str]] = {}
    section: dict[str, str] | None = None
    for raw in text.split("\n"):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        group = _GROUP.fullmatch(line)
        key, sign, value = line.partition("=")
        if group:
            section = sections.setdefault(group.group(1), {})
        elif sign and key and section is not None:
            section[key.strip()] = value.strip()
        else:
            return {}
    return sections


def addresses(section: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """(addresses, gateways) of an ``[ipv4]`` or ``[ipv6]`` section: ``address1=192.0.2.1/24,192.0.2.254``."""
    found: list[str] = []
    gateways = [section["gateway"]] if section.get("gateway") else []
    for key in numbered(section, "address"):
        address, _comma, gateway = section[key].partition(",")
        found.append(address.strip())
        if gateway.strip():
            gateways.append(gateway.strip())
    return found, gateways


def numbered(section: Mapping[str, str], name: str) -> list[str]:
    """The keys ``name1``, ``name2``, … of a section, in the order of their numbers."""
    keys = [key for key in section if re.fullmatch(name + r"[0-9]+", key)]
    return sorted(keys, key=lambda key: int(key[len(name) :]))


def words(value: str) -> list[str]:
    """A list in a keyfile: ``192.0.2.1;192.0.2.2;``."""
    return [word.strip() for word in value.split(";") if word.strip()]

# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keyfiles of NetworkManager (nm-settings-keyfile(5)) and its state files under /run."""

from __future__ import annotations

import configparser
from collections.abc import Mapping

Keyfile = Mapping[str, Mapping[str, str]]


def parse(text: str) -> Keyfile:
    """Section → key → value; an empty one where the text is no keyfile, since NetworkManager ignores such a file."""
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    # Keys have case: RawConfigParser lowers them unless told otherwise.
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return {section: dict(parser.items(section)) for section in parser.sections()}


def addresses(section: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """(addresses, gateways) of an ``[ipv4]`` or ``[ipv6]`` section: ``address1=192.0.2.1/24,192.0.2.254``."""
    found: list[str] = []
    gateways = [section["gateway"]] if section.get("gateway") else []
    for key in sorted(section):
        if key.startswith("address") and key[len("address") :].isdigit():
            address, _comma, gateway = section[key].partition(",")
            found.append(address.strip())
            if gateway.strip():
                gateways.append(gateway.strip())
    return found, gateways


def words(value: str) -> list[str]:
    """A list in a keyfile: ``192.0.2.1;192.0.2.2;``."""
    return [word.strip() for word in value.split(";") if word.strip()]

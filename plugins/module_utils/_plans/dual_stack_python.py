# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Python of a service: Debian's, or an environment of its own made from pinned requirements.

An environment is named after what is in it, and after the Python that it is tied to. So a new one grows beside the old
one, which the service goes on using until it is whole; and what fails leaves the old one as it was.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from .options import OptionReader

ENVIRONMENTS = "/opt/homelab-ipv6/"
_PINNED = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[A-Za-z0-9,._ -]*\])?\s*==\s*(?P<version>[A-Za-z0-9.!+_-]+)"
)
_USES_TWISTED = re.compile(r"\{twistd?\}")


class Python(NamedTuple):
    """What a command's placeholders for programs stand for, and what that needs.

    :param version: Twisted's, as the requirements pin it; empty where they do not
    :param environment: where it lies, empty for Debian's own
    """

    programs: dict[str, str]
    packages: list[str]
    version: str
    environment: str
    requirements: str


def read_python(reader: OptionReader, name: str, requirements: object, command: object, version: str) -> Python:
    """Debian's Python unless there are requirements.

    :param version: of Debian's Python here, of which environments are made; the next release brings another
    """
    text = str(requirements or "").strip()
    if not text:
        words = " ".join(str(word) for word in command) if isinstance(command, (list, tuple)) else ""
        packages = ["python3-twisted"] if _USES_TWISTED.search(words) else []
        programs = {"python": "/usr/bin/python3", "twist": "/usr/bin/twist3", "twistd": "/usr/bin/twistd3"}
        return Python(programs, packages, "", "", "")
    pins = _pins(reader, text)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    environment = f"{ENVIRONMENTS}{name}/" + "-".join(part for part in (version, digest) if part)
    programs = {each: f"{environment}/bin/{each}" for each in ("python", "twist", "twistd")}
    return Python(programs, ["python3-venv"], pins.get("twisted", ""), environment, text + "\n")


def _pins(reader: OptionReader, text: str) -> dict[str, str]:
    """Package, as PyPI compares its name, → version."""
    pins: dict[str, str] = {}
    # A requirement goes on after a backslash, with the hashes of its files.
    for line in re.sub(r"\\\n", " ", text).splitlines():
        stated = re.sub(r"(^|\s)#.*", "", line).strip()
        if not stated:
            continue
        bare = re.split(r"\s+--hash=|\s*;", stated)[0].strip()
        match = _PINNED.fullmatch(bare)
        if not match:
            remedy = "Write each package as NAME==VERSION, as pip freeze does; options of pip go to pip_options"
            reader.refuse("requirements", stated, "does not say exactly which version", remedy)
            continue
        pins[re.sub(r"[-_.]+", "-", match["name"]).lower()] = match["version"]
    return pins

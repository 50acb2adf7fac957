# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Unit files shown to the host's own systemd before it reads them for good."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping

from .._formats.unit_verify import doubts, explain, settings
from .._values.errors import ValueProblem
from .host import Host

SYSTEMD = "/usr/lib/systemd/systemd"


def problems(host: Host, units: Mapping[str, str]) -> list[tuple[str, ValueProblem]]:
    """What systemd would leave out of these units: the unit, and what is wrong with it.

    :param units: name → text, of all that belong together
    """
    if not units or host.which("systemd-analyze") is None:
        return []
    with tempfile.TemporaryDirectory(prefix="homelab-ipv6-") as directory:
        paths = [os.path.join(directory, name) for name in units]
        for path, text in zip(paths, units.values()):
            with open(path, "w", encoding="utf-8", errors="surrogateescape") as stream:
                stream.write(text)
        # Its exit code also counts programs that are yet to be installed.
        said = host.run(["systemd-analyze", "verify", "--man=no", "--generators=no", *paths]).err
        found = doubts(said, directory)
    if not found:
        return []
    known = settings(host.run([SYSTEMD, "--dump-configuration-items"]).out)
    return [(doubt.unit, explain(doubt, units[doubt.unit], known)) for doubt in found]

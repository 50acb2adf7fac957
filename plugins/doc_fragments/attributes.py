# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode, in which nothing on the host changes and the diff is that of a real run.
    support: full
  diff_mode:
    description: Shows what changes, in files and in the running system.
    support: full
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
  platform:
    description: Where it runs. Debian 12 and 13 are tested.
    support: full
    platforms: linux
"""

    # For modules that change nothing.
    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode; it never changes anything.
    support: full
  diff_mode:
    description: Has nothing to show, since nothing changes.
    support: N/A
  idempotent:
    description: Changes nothing.
    support: N/A
  platform:
    description: Where it runs. Debian 12 and 13 are tested.
    support: full
    platforms: linux
"""

# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  way_back:
    description:
      - A way back for the change, as M(homelab.ipv6.commit_confirm) gives it. Right before its first change the module
        has the host remember all that it is and set a timer; where nothing changes, nothing is armed.
      - A play sets it for all its tasks at once with C(module_defaults) of C(group/homelab.ipv6.way_back), and confirms
        with M(homelab.ipv6.commit_confirm) when C(ansible_facts.homelab_ipv6_way_back.armed) is true.
    type: dict
    suboptions:
      id:
        description: Whose change it is. All tasks of one change have the same.
        type: str
        required: true
      who:
        description: The same for people.
        type: str
      timeout:
        description: Seconds until the host goes back unless the change is confirmed, 10 to 86400.
        type: int
        default: 120
      paths:
        description: Files and directories to remember besides those that always are.
        type: list
        elements: path
        default: []
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

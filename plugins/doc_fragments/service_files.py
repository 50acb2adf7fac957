# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  files:
    description:
      - All files that belong together, units and drop-ins included. They come together or not at all.
      - They belong to root.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Where it lies. Directories that are missing are made.
        type: path
        required: true
      content:
        description: The whole text. It does not matter for a file that is to be removed.
        type: str
        default: ''
      mode:
        description:
          - Permission bits, in octal and in quotes. What nobody but root may read, as with V("0600"), is not shown in
            diffs.
        type: str
        default: '0644'
"""

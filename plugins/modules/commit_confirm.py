#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: commit_confirm
short_description: Give a change a way back that needs nobody
version_added: 0.1.0
author:
  - The homelab.ipv6 developers (@homelab-ipv6)
description:
  - Changing network or firewall of a remote host is how people lose it. Between O(state=armed) and O(state=confirmed)
    the host waits for a confirmation; if none comes in time it goes back by itself to what it was. It needs no line,
    no controller and no Ansible for that.
  - O(state=armed) remembers files and what is in effect, and sets a timer of systemd on the host.
  - O(state=confirmed) opens a new connection to the host, not the one that Ansible keeps open, runs O(commands) over
    it, and only then stops the timer. If the new connection cannot be opened, the host is left alone to go back when
    its time is up. If one of O(commands) fails, it is told to go back at once.
  - O(state=reverted) goes back now, and waits until that is done.
  - If the host starts anew while armed, whether asked to or by a power cut, it goes back during that boot. The files
    are back before network and firewall are started.
  - Remembered are the files below C(/etc) that configure network, firewall, units of systemd, sysctls, router
    advertisements, DHCP servers and ssh, with owners, modes, access lists and extended attributes, and O(paths); and of
    what is in effect, interfaces (MTU, bridge ports, VLANs, tunnels), addresses, routes and rules of all tables,
    neighbours entered by hand, kernel parameters of the network, all nftables tables, and which units are on.
  - When going back, only what differs is touched. What cannot be put back does not stop the rest; it is told in the
    journal (C(journalctl -t homelab-ipv6-way-back)) and by the next run of this module, which warns once of every
    change that was taken back.
  - Nothing stays on the host but C(/var/lib/homelab-ipv6/way-back/outcome.json), which says how the last change ended.
    The snapshot can be read by root only, and is deleted as soon as the change is confirmed or taken back.
options:
  state:
    description:
      - V(armed) before the change, V(confirmed) after it.
      - V(reverted) takes it back now.
    type: str
    choices: [armed, confirmed, reverted]
    required: true
  paths:
    description:
      - Files and directories to remember besides those that always are. For a symbolic link, what it leads to is
        remembered too.
      - Of a path that does not exist, the absence is remembered.
      - All remembered files may have 64 MiB together; more is refused before anything changes.
    type: list
    elements: path
    default: []
  services:
    description:
      - Services (C(NAME.service)) that are restarted when something below O(paths) is taken back, in addition to those
        that are known to read what is always remembered.
    type: list
    elements: str
    default: []
  commands:
    description:
      - Shell commands that must succeed on the host before the change is kept.
      - Only for O(state=confirmed).
    type: list
    elements: str
    default: []
  command_timeout:
    description:
      - Seconds that each of O(commands) may take. One that takes longer is ended, and counts as failed.
    type: int
    default: 10
  timeout:
    description:
      - Seconds from arming until the host goes back, 10 to 86400, counted on a clock that nobody can set.
      - The change and its confirmation must fit in. A warning says when the last change that was confirmed took longer.
    type: int
    default: 120
  id:
    description:
      - Whose change it is. Arming again under the same name does nothing, under another one it is refused.
      - By default a new one for each run of Ansible, kept in the fact RV(ansible_facts.homelab_ipv6_way_back).
    type: str
  who:
    description:
      - For people, who armed it. User, controller and process by default.
    type: str
attributes:
  check_mode:
    description: Can run in check mode, in which nothing is armed, confirmed or taken back.
    support: full
  diff_mode:
    description: Has nothing to show, since a confirmed change leaves no trace.
    support: none
  idempotent:
    description: Arming what is armed and confirming what is confirmed does nothing.
    support: full
  platform:
    description: Where it runs. Debian 12 and 13 are tested. Needs systemd as PID 1, and iproute2.
    support: full
    platforms: linux
notes:
  - Over ssh the new connection uses neither C(ControlPath) nor C(ControlMaster), whatever is configured; jump hosts and
    all other settings stay. Connections that run each command anew, as those to containers do, are new by nature.
  - A DHCP lease, a router advertisement and the connections that a firewall knows are not put back but come by
    themselves.
seealso:
  - name: systemd.timer(5)
    description: What waits.
    link: https://manpages.debian.org/bookworm/systemd/systemd.timer.5.en.html
"""

EXAMPLES = r"""
- name: From here on, no confirmation within a minute means back to how it is now
  homelab.ipv6.commit_confirm:
    state: armed
    timeout: 60
    paths: [/etc/motd]

- name: A change that could cost the line
  ansible.builtin.copy:
    content: "net.ipv6.conf.all.forwarding = 1\n"
    dest: /etc/sysctl.d/90-example.conf
    mode: "0644"

- name: Keep it if a new connection can be opened, and if what must work works
  homelab.ipv6.commit_confirm:
    state: confirmed
    commands:
      - test -s /etc/sysctl.d/90-example.conf
      - systemctl is-active ssh

- name: Take back what is not confirmed, now
  homelab.ipv6.commit_confirm:
    state: reverted
"""

RETURN = r"""
ansible_facts:
  description: For later tasks of the run.
  returned: when armed or confirmed
  type: dict
  contains:
    homelab_ipv6_way_back:
      description: The change that is to be confirmed.
      type: dict
      contains:
        armed:
          description: Whether one is waiting to be confirmed.
          type: bool
        id:
          description: Whose it is.
          type: str
        who:
          description: The same for people.
          type: str
        until:
          description: Until when, by the host's clock.
          type: str
          sample: 2026-11-24 21:04:31 UTC
changed:
  description: Whether something was taken back. Arming and confirming leave no trace, and so change nothing.
  returned: success
  type: bool
outcome:
  description: How the last change on this host ended; empty where there was none.
  returned: success
  type: dict
  contains:
    result:
      description: V(confirmed) or V(reverted).
      type: str
    why:
      description: Of one that was taken back, V(timeout), V(reboot) or V(request).
      type: str
    done:
      description: What was put back, in words.
      type: list
      elements: str
    lost:
      description: What could not be put back, in words.
      type: list
      elements: str
    took:
      description: Of one that was confirmed, the seconds from arming to confirming.
      type: float
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._host.way_back_states import bring_about
from ansible_collections.homelab.ipv6.plugins.module_utils._module import refusing


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["armed", "confirmed", "reverted"], "required": True},
            "paths": {"type": "list", "elements": "path", "default": []},
            "services": {"type": "list", "elements": "str", "default": []},
            "commands": {"type": "list", "elements": "str", "default": []},
            "command_timeout": {"type": "int", "default": 10},
            "timeout": {"type": "int", "default": 120},
            "id": {"type": "str"},
            "who": {"type": "str"},
        },
        supports_check_mode=True,
    )
    with refusing(module):
        result, warnings = bring_about(Host(), module.params, module.check_mode)
    for warning in warnings:
        module.warn(warning)
    module.exit_json(**result)


if __name__ == "__main__":
    main()

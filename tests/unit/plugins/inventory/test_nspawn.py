# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers as hosts, as ansible-inventory and a play see them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[4]
HOSTS = """
container_host:
  hosts:
    attic: {ansible_host: 2001:db8::5, ansible_user: admin, ansible_become: true, ansible_python_interpreter: /opt/py}
    cellar: {ansible_connection: local, ansible_password: "{{ 'sesame' | upper }}"}
other:
  hosts: {desk: }
"""
GROUP_VARS = """
nspawn_containers: "{{ lists[inventory_hostname] }}"
lists:
  attic:
    - {name: web, addresses: ["{{ 'x' }}"]}
    - {name: mail}
    - {name: old, state: absent}
    - {name: asleep, started: false}
  cellar: [{name: wine}]
"""


class Answer:
    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.text = done.stdout + done.stderr
        self.code = done.returncode
        self.listed: dict[str, Any] = json.loads(done.stdout) if done.stdout.startswith("{") else {}

    def variables(self, host: str) -> dict[str, Any]:
        """Values that are no templates are marked so."""
        found = self.listed["_meta"]["hostvars"][host]
        return {key: value["__ansible_unsafe"] if isinstance(value, dict) else value for key, value in found.items()}


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., Answer]:
    def run(config: str = "", hosts: str = HOSTS, group_vars: str = GROUP_VARS, play: str = "") -> Answer:
        (tmp_path / "group_vars").mkdir(exist_ok=True)
        (tmp_path / "group_vars/container_host.yml").write_text(group_vars)
        (tmp_path / "hosts.yml").write_text(hosts)
        (tmp_path / "nspawn.yml").write_text("plugin: homelab.ipv6.nspawn\n" + config)
        (tmp_path / "play.yml").write_text(play)
        sources = ["-i", str(tmp_path / "hosts.yml"), "-i", str(tmp_path / "nspawn.yml")]
        tool, words = ("playbook", [str(tmp_path / "play.yml")]) if play else ("inventory", ["--list"])
        program = f"import sys; from ansible.cli.{tool} import main; main(sys.argv)"
        environment = {
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
            "HOME": str(tmp_path),
            "LC_ALL": "C.UTF-8",
            "PATH": "/usr/bin:/bin",
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
        }
        argv = [sys.executable, "-c", program, *sources, *words]
        return Answer(subprocess.run(argv, capture_output=True, text=True, check=False, env=environment, timeout=120))

    return run


def test_those_that_run_are_hosts(ask: Callable[..., Answer]) -> None:
    answer = ask()
    assert answer.listed["containers"]["children"] == ["containers_attic", "containers_cellar"]
    assert answer.listed["containers_attic"]["hosts"] == ["web", "mail"]
    assert answer.listed["containers_cellar"]["hosts"] == ["wine"]
    assert set(answer.listed["container_host"]["hosts"]) == {"attic", "cellar"}


def test_what_leads_to_the_host_leads_to_the_container(ask: Callable[..., Answer]) -> None:
    answer = ask()
    web = answer.variables("web")
    assert web["ansible_connection"] == "homelab.ipv6.nspawn"
    assert web["ansible_nspawn_container"] == "web"
    assert web["ansible_nspawn_privilege"] == "sudo -n"
    assert "ansible_python_interpreter" not in web
    assert "ansible_become" not in web
    # Not the value: it may be a secret.
    assert web["ansible_user"] == "{{ hostvars['attic']['ansible_user'] }}"
    wine = answer.variables("wine")
    assert wine["ansible_host"] == "cellar"
    assert "SESAME" not in answer.text
    assert wine["ansible_password"].startswith("{{ hostvars['cellar']")
    assert "ansible_nspawn_privilege" not in wine


def test_a_play_has_the_values(ask: Callable[..., Answer]) -> None:
    play = """
- hosts: web:wine
  gather_facts: false
  tasks:
    - ansible.builtin.debug:
        msg: "<{{ inventory_hostname }} {{ ansible_host }} {{ ansible_user | default('nobody') }}
          {{ ansible_nspawn_via | default('ssh') }} {{ ansible_password | default('none') }}>"
"""
    said = ask(play=play).text
    assert "<web 2001:db8::5 admin ssh none>" in said
    assert "<wine cellar nobody local SESAME>" in said


def test_two_of_one_name(ask: Callable[..., Answer]) -> None:
    both = GROUP_VARS.replace("name: wine", "name: web")
    answer = ask(group_vars=both)
    assert answer.code != 0
    assert "web on cellar is called as a host that is in the inventory already. Write prefix_host: true" in " ".join(
        answer.text.split()
    )
    prefixed = ask("prefix_host: true\n", group_vars=both)
    assert prefixed.listed["containers_cellar"]["hosts"] == ["cellar-web"]
    assert prefixed.variables("cellar-web")["ansible_nspawn_container"] == "web"


def test_lists_of_other_names(ask: Callable[..., Answer]) -> None:
    answer = ask("lists: [runners]\n", group_vars=GROUP_VARS.replace("nspawn_containers", "runners"))
    assert answer.listed["containers_attic"]["hosts"] == ["web", "mail"]
    assert "containers" not in ask("lists: [runners]\n").listed


def test_without_group_vars(ask: Callable[..., Answer]) -> None:
    assert "containers" not in ask("use_vars_plugins: false\n").listed


@pytest.mark.parametrize(
    ("group_vars", "said"),
    [
        ("nspawn_containers: web", "nspawn_containers of attic is not a list of containers, each with a name."),
        ("nspawn_containers: [web]", "nspawn_containers of attic is not a list of containers, each with a name."),
        ('nspawn_containers: "{{ nothing }}"', "nspawn_containers of attic cannot be worked out: "),
    ],
)
def test_refused(ask: Callable[..., Answer], group_vars: str, said: str) -> None:
    answer = ask(group_vars=group_vars)
    assert answer.code != 0
    assert said in " ".join(answer.text.split())


def test_its_file_is_known_by_its_name(tmp_path: Path) -> None:
    from ansible_collections.homelab.ipv6.plugins.inventory.nspawn import InventoryModule

    for name, known in {"nspawn.yml": True, "90_nspawn.yaml": True, "hosts.yml": False}.items():
        (tmp_path / name).write_text("")
        assert InventoryModule().verify_file(str(tmp_path / name)) is known

# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from role_specs import problems, read_role


def good_options() -> dict[str, dict[str, Any]]:
    return {
        "radvd_lans": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "description": "The LANs.",
            "options": {"interface": {"type": "str", "description": "Its interface."}},
        },
        "radvd_mtu": {"type": "int", "default": 1, "description": ["The MTU."]},
    }


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content), encoding="utf-8")


@pytest.fixture
def role(tmp_path: Path) -> Path:
    path = tmp_path / "roles/radvd"
    write_specs(path, good_options())
    write(path / "defaults/main.yml", {"radvd_mtu": 1})
    write(path / "vars/main.yml", {"__radvd_unit": "radvd.service"})
    write(path / "meta/example.yml", [{"hosts": "all"}])
    return path


def write_specs(path: Path, options: dict[str, Any], **others: Any) -> None:
    main = {"short_description": "Announce prefixes", "options": options}
    write(path / "meta/argument_specs.yml", {"argument_specs": {"main": main, **others}})


def found(path: Path) -> list[str]:
    return list(problems(read_role(path)))


def test_a_role_in_order_has_no_problems(role: Path) -> None:
    assert found(role) == []


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("mtu", {"type": "int", "description": "The MTU."}, "mtu: an input's name starts with radvd_"),
        ("radvd_x", {"description": "X."}, "radvd_x: no type"),
        ("radvd_x", {"type": "str"}, "radvd_x: no description"),
        ("radvd_x", {"type": "str", "description": [" "]}, "radvd_x: no description"),
        ("radvd_x", {"type": "list", "description": "X."}, "radvd_x: a list without elements"),
        (
            "radvd_mtu",
            {"type": "int", "default": 1, "required": True, "description": "The MTU."},
            "radvd_mtu: required, and has a default",
        ),
        (
            "radvd_x",
            {"type": "dict", "description": "X.", "options": {"y": {"description": "Y."}}},
            "radvd_x.y: no type",
        ),
        (
            "radvd_x",
            {"type": "str", "default": "", "description": "X."},
            "radvd_x: argument_specs.yml gives a default that defaults/main.yml lacks",
        ),
        (
            "radvd_mtu",
            {"type": "int", "description": "The MTU."},
            "radvd_mtu: defaults/main.yml gives a default that argument_specs.yml lacks",
        ),
        (
            "radvd_mtu",
            {"type": "int", "default": 2, "description": "The MTU."},
            "radvd_mtu: 2 in argument_specs.yml, 1 in defaults/main.yml",
        ),
        (
            "radvd_mtu",
            {"type": "bool", "default": True, "description": "The MTU."},
            "radvd_mtu: True in argument_specs.yml, 1 in defaults/main.yml",
        ),
    ],
)
def test_a_careless_option_is_found(role: Path, name: str, change: dict[str, Any], problem: str) -> None:
    write_specs(role, {**good_options(), name: change})
    assert found(role) == [problem]


def test_a_computed_default_stands_in_defaults_alone(role: Path) -> None:
    write(role / "defaults/main.yml", {"radvd_mtu": 1, "radvd_port": ["{{ ansible_port | default(22) }}"]})
    option = {"type": "list", "elements": "int", "description": "The port."}
    write_specs(role, {**good_options(), "radvd_port": option})
    assert found(role) == []
    write_specs(role, good_options())
    assert found(role) == ["radvd_port: defaults/main.yml gives a default that argument_specs.yml lacks"]


def test_an_internal_that_looks_like_an_input_is_found(role: Path) -> None:
    write(role / "vars/main.yml", {"radvd_unit": "radvd.service"})
    assert found(role) == ["radvd_unit: vars/main.yml holds internals, their names start with __radvd_"]


def test_a_missing_example_is_found(role: Path) -> None:
    (role / "meta/example.yml").unlink()
    assert found(role) == ["meta/example.yml: a role shows a playbook that uses it"]


def test_entry_points_that_differ_are_found(role: Path) -> None:
    other = {
        "short_description": "Check",
        "options": {"radvd_mtu": {"type": "int", "default": 3, "description": "The MTU."}},
    }
    write_specs(role, good_options(), verify=other)
    assert found(role) == ["radvd_mtu: entry points differ in its default"]


def test_a_role_without_specs_is_refused(role: Path) -> None:
    (role / "meta/argument_specs.yml").unlink()
    with pytest.raises(ValueError, match=r"radvd: meta/argument_specs\.yml lacks the entry point main"):
        read_role(role)

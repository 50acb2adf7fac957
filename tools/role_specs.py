# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a role's inputs as meta/argument_specs.yml states them, and says where the role's other files disagree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
NO_DEFAULT: Any = object()


@dataclass(frozen=True)
class Option:
    name: str
    type: str
    elements: str
    description: list[str]
    required: bool
    default: Any
    choices: list[Any]
    options: list[Option] = field(default_factory=list)

    @property
    def has_default(self) -> bool:
        return self.default is not NO_DEFAULT


@dataclass(frozen=True)
class EntryPoint:
    name: str
    short_description: str
    description: list[str]
    options: list[Option]


@dataclass(frozen=True)
class Role:
    name: str
    path: Path
    entry_points: list[EntryPoint]
    defaults: dict[str, Any]
    variables: dict[str, Any]

    @property
    def main(self) -> EntryPoint:
        return next(entry for entry in self.entry_points if entry.name == "main")

    @property
    def example(self) -> Path:
        return self.path / "meta/example.yml"

    @property
    def readme(self) -> Path:
        return self.path / "README.md"


def role_paths(root: Path = ROOT) -> list[Path]:
    return sorted(path for path in (root / "roles").glob("*") if path.is_dir())


def read_role(path: Path) -> Role:
    specs = _read_yaml(path / "meta/argument_specs.yml").get("argument_specs", {})
    if "main" not in specs:
        raise ValueError(f"{path.name}: meta/argument_specs.yml lacks the entry point main")
    return Role(
        name=path.name,
        path=path,
        entry_points=[_entry_point(name, spec) for name, spec in specs.items()],
        defaults=_read_yaml(path / "defaults/main.yml"),
        variables=_read_yaml(path / "vars/main.yml"),
    )


def problems(role: Role) -> Iterator[str]:
    """What is wrong with a role's inputs, one line each."""
    for entry in role.entry_points:
        if not entry.short_description:
            yield f"entry point {entry.name}: no short_description"
        for option in entry.options:
            if not option.name.startswith(f"{role.name}_"):
                yield f"{option.name}: an input's name starts with {role.name}_"
            yield from _option_problems(option, option.name)
    yield from _default_problems(role)
    for name in role.variables:
        if not name.startswith(f"__{role.name}_"):
            yield f"{name}: vars/main.yml holds internals, their names start with __{role.name}_"
    if not role.example.is_file():
        yield "meta/example.yml: a role shows a playbook that uses it"


def is_computed(default: Any) -> bool:
    """Whether a default comes from other variables; argument_specs.yml can only state values of the option's type."""
    return "{{" in str(default)


def _option_problems(option: Option, label: str) -> Iterator[str]:
    if not option.type:
        yield f"{label}: no type"
    if not "".join(option.description).strip():
        yield f"{label}: no description"
    if option.type == "list" and not option.elements:
        yield f"{label}: a list without elements"
    if option.required and option.has_default:
        yield f"{label}: required, and has a default"
    for inner in option.options:
        yield from _option_problems(inner, f"{label}.{inner.name}")


def _default_problems(role: Role) -> Iterator[str]:
    specified: dict[str, Any] = {}
    optional = {option.name for entry in role.entry_points for option in entry.options if not option.required}
    for entry in role.entry_points:
        for option in entry.options:
            if not option.has_default:
                continue
            if specified.setdefault(option.name, option.default) != option.default:
                yield f"{option.name}: entry points differ in its default"
    for name in sorted(specified.keys() | role.defaults.keys()):
        if name not in role.defaults:
            yield f"{name}: argument_specs.yml gives a default that defaults/main.yml lacks"
        elif name not in specified:
            if name in optional and is_computed(role.defaults[name]):
                continue
            yield f"{name}: defaults/main.yml gives a default that argument_specs.yml lacks"
        # 1 == True in Python, but not in a role's documentation.
        elif repr(specified[name]) != repr(role.defaults[name]):
            yield f"{name}: {specified[name]!r} in argument_specs.yml, {role.defaults[name]!r} in defaults/main.yml"


def _read_yaml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


def _entry_point(name: str, spec: dict[str, Any]) -> EntryPoint:
    return EntryPoint(
        name=name,
        short_description=spec.get("short_description", ""),
        description=_paragraphs(spec.get("description", [])),
        options=[_option(*item) for item in spec.get("options", {}).items()],
    )


def _option(name: str, spec: dict[str, Any]) -> Option:
    return Option(
        name=name,
        type=spec.get("type", ""),
        elements=spec.get("elements", ""),
        description=_paragraphs(spec.get("description", [])),
        required=spec.get("required", False),
        default=spec.get("default", NO_DEFAULT),
        choices=spec.get("choices", []),
        options=[_option(*item) for item in spec.get("options", {}).items()],
    )


def _paragraphs(text: str | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else text

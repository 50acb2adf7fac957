# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes each role's README.md from its meta/argument_specs.yml and meta/example.yml, or says which are stale."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from antsibull_docs_parser import dom
from antsibull_docs_parser.parser import Context, parse
from role_specs import EntryPoint, Option, Role, read_role, role_paths

HEADER = "<!-- Made by `make readme` from meta/argument_specs.yml and meta/example.yml: change those. -->"


def render(role: Role) -> str:
    return "\n".join(_lines(role)).rstrip("\n") + "\n"


def _lines(role: Role) -> Iterator[str]:
    yield from (HEADER, "", f"# homelab.ipv6.{role.name}", "", f"{_sentence(role.main.short_description)}", "")
    for paragraph in role.main.description:
        yield from (_markdown(paragraph), "")
    yield from ("## Example", "", "```yaml", _example(role), "```", "")
    for entry in role.entry_points:
        yield from _entry_point(entry, role.defaults)


def _entry_point(entry: EntryPoint, defaults: dict[str, Any]) -> Iterator[str]:
    if entry.name == "main":
        yield from ("## Options", "")
    else:
        yield from (f"## Options of `tasks_from: {entry.name}`", "", _sentence(entry.short_description), "")
        for paragraph in entry.description:
            yield from (_markdown(paragraph), "")
    if not entry.options:
        yield from ("None.", "")
    for option in entry.options:
        computed = not option.has_default and option.name in defaults
        yield from _option(replace(option, default=defaults[option.name]) if computed else option, "")
    yield ""


def _option(option: Option, indent: str) -> Iterator[str]:
    facts = [f"list of {option.elements}" if option.type == "list" else option.type]
    if option.required:
        facts.append("required")
    if option.has_default:
        facts.append(f"default {_value(option.default)}")
    yield f"{indent}- **`{option.name}`** ({', '.join(facts)})\\"
    for number, paragraph in enumerate(option.description):
        # The first paragraph follows the name; a blank line sets off the others within the list item.
        if number:
            yield ""
        yield f"{indent}  {_markdown(paragraph)}"
    if option.choices:
        yield f"{indent}  One of {', '.join(_value(choice) for choice in option.choices)}."
    for inner in option.options:
        yield from _option(inner, f"{indent}  ")


def _value(value: Any) -> str:
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return f"`{text}`"


def _example(role: Role) -> str:
    lines = role.example.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith(("# SPDX", "---"))).strip("\n")


def _sentence(text: str) -> str:
    return _markdown(text.rstrip(".") + ".")


def _markdown(text: str) -> str:
    """Ansible's markup as Markdown that is pleasant to read as text, too: it escapes only what has to be."""
    paragraphs = parse(" ".join(text.split()), Context(), errors="exception")
    return "".join(_part(part) for paragraph in paragraphs for part in paragraph)


def _part(part: dom.AnyPart) -> str:
    if isinstance(part, (dom.BoldPart, dom.ItalicPart)):
        mark = "**" if isinstance(part, dom.BoldPart) else "*"
        return f"{mark}{_escape(part.text)}{mark}"
    if isinstance(part, dom.LinkPart):
        return f"[{_escape(part.text)}]({part.url})"
    if isinstance(part, dom.URLPart):
        return f"<{part.url}>"
    if isinstance(part, dom.TextPart):
        return _escape(part.text)
    if isinstance(part, dom.HorizontalLinePart):
        return "\n\n---\n\n"
    return f"`{_literal(part)}`"


def _literal(part: dom.AnyPart) -> str:
    if isinstance(part, (dom.OptionNamePart, dom.ReturnValuePart)):
        return part.name if part.value is None else f"{part.name}={part.value}"
    if isinstance(part, (dom.CodePart, dom.RSTRefPart)):
        return part.text
    if isinstance(part, dom.OptionValuePart):
        return part.value
    if isinstance(part, dom.EnvVariablePart):
        return part.name
    if isinstance(part, dom.ModulePart):
        return part.fqcn
    if isinstance(part, dom.PluginPart):
        return part.plugin.fqcn
    raise TypeError(f"no Markdown for {part}")


def _escape(text: str) -> str:
    # An underscore inside a word is no emphasis in CommonMark.
    return re.sub(r"[*`<\[\\]|(?<!\w)_|_(?!\w)", r"\\\g<0>", text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a README is not up to date")
    check = parser.parse_args().check
    stale = 0
    for path in role_paths():
        role = read_role(path)
        text = render(role)
        if role.readme.is_file() and role.readme.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if check:
            print(f"{role.readme}: not up to date; run make readme", file=sys.stderr)
        else:
            role.readme.write_text(text, encoding="utf-8")
            print(f"{role.readme}: written")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())

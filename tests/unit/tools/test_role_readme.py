# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest
from role_readme import render
from role_specs import read_role

SPECS = """\
argument_specs:
  main:
    short_description: Announce prefixes
    description:
      - Writes C(radvd.conf) from O(radvd_lans[].prefix).
    options:
      radvd_lans:
        type: list
        elements: dict
        required: true
        description:
          - The LANs.
          - At least one.
        options:
          prefix:
            type: str
            description: A /64, not B(your) tunnel's own.
      radvd_mode:
        type: str
        choices: [slaac, managed]
        default: managed
        description: See L(RFC 4861, https://www.rfc-editor.org/rfc/rfc4861).
  verify:
    short_description: Look whether it works
"""
EXAMPLE = """\
# SPDX-License-Identifier: GPL-3.0-or-later
---
- name: Announce
  hosts: routers
  roles:
    - homelab.ipv6.radvd
"""
README = """\
# homelab.ipv6.radvd

Announce prefixes.

Writes `radvd.conf` from `radvd_lans[].prefix`.

## Example

```yaml
- name: Announce
  hosts: routers
  roles:
    - homelab.ipv6.radvd
```

## Options

- **`radvd_lans`** (list of dict, required)\\
  The LANs.

  At least one.
  - **`prefix`** (str)\\
    A /64, not **your** tunnel's own.
- **`radvd_mode`** (str, default `managed`)\\
  See [RFC 4861](https://www.rfc-editor.org/rfc/rfc4861).
  One of `slaac`, `managed`.

## Options of `tasks_from: verify`

Look whether it works.

None.
"""


def write_role(path: Path, specs: str) -> Path:
    (path / "meta").mkdir(parents=True)
    (path / "meta/argument_specs.yml").write_text(specs, encoding="utf-8")
    (path / "meta/example.yml").write_text(EXAMPLE, encoding="utf-8")
    return path


def test_a_readme_tells_what_the_specs_and_the_example_say(tmp_path: Path) -> None:
    role = read_role(write_role(tmp_path / "radvd", SPECS))
    header, text = render(role).split("\n\n", 1)
    assert header.startswith("<!-- Made by `make readme`")
    assert text == README


def test_a_computed_default_is_shown_as_it_is_computed(tmp_path: Path) -> None:
    path = write_role(tmp_path / "radvd", SPECS.replace("        default: managed\n", ""))
    (path / "defaults").mkdir()
    (path / "defaults/main.yml").write_text("radvd_mode: '{{ mode }}'\n", encoding="utf-8")
    assert "- **`radvd_mode`** (str, default `{{ mode }}`)\\" in render(read_role(path)).splitlines()


@pytest.mark.parametrize(
    ("markup", "markdown"),
    [
        ("V(true) and C(a*b)", "`true` and `a*b`"),
        ("I(two words)", "*two words*"),
        ("M(ansible.posix.mount)", "`ansible.posix.mount`"),
        ("P(homelab.ipv6.duid#filter)", "`homelab.ipv6.duid`"),
        ("E(HOME), U(https://example.org)", "`HOME`, <https://example.org>"),
        ("O(radvd_mode=slaac)", "`radvd_mode=slaac`"),
        ("a_name, *no* [link] <br> _no_", r"a_name, \*no\* \[link] \<br> \_no\_"),
    ],
)
def test_markup_becomes_markdown(tmp_path: Path, markup: str, markdown: str) -> None:
    specs = SPECS.replace("Writes C(radvd.conf) from O(radvd_lans[].prefix).", markup)
    # A list item of YAML that is text, whatever characters it begins with.
    specs = specs.replace(f"- {markup}", f"- >-\n        {markup}")
    assert markdown in render(read_role(write_role(tmp_path / "radvd", specs))).splitlines()


def test_markup_that_ansible_does_not_know_is_refused(tmp_path: Path) -> None:
    specs = SPECS.replace("C(radvd.conf)", "M(radvd)")
    with pytest.raises(ValueError, match="radvd"):
        render(read_role(write_role(tmp_path / "radvd", specs)))

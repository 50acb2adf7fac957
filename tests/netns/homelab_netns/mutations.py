# SPDX-License-Identifier: GPL-3.0-or-later
"""A ruleset with one rule taken out at a time: what a test that can fail is measured by."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CHAIN = re.compile(r"^\s*chain (\w+) ")
# An include brings in the rules of others, who need them.
_NO_RULE = re.compile(r"^\s*(#|$|table |delete |type |include |\})")
# A rate limit and a line in the log do not decide about a single packet.
_NO_VERDICT = re.compile(r"log prefix|limit rate")


def without_each_rule(ruleset: str) -> Iterator[tuple[str, str]]:
    """Each rule that decides about packets, with its chain before it, and the ruleset that lacks it."""
    lines = ruleset.splitlines(keepends=True)
    chain = ""
    for number, line in enumerate(lines):
        head = _CHAIN.match(line)
        if head:
            chain = head[1]
        elif not _NO_RULE.match(line) and not _NO_VERDICT.search(line):
            yield f"{chain}: {line.strip()}", "".join(lines[:number] + lines[number + 1 :])

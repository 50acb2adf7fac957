# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server's configuration with all that it reads along, whichever server it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Callable, Generic, TypeVar

from .._formats.syntax import SyntaxProblem
from .dhcp6_hosts import Options, unreadable
from .plan import FileState

# As the server's format calls it.
Statement = TypeVar("Statement")


@dataclass(frozen=True)
class Part(Generic[Statement]):
    """A file of the configuration."""

    path: str
    text: str
    statements: Sequence[Statement]


@dataclass(frozen=True)
class Config(Generic[Statement]):
    """The configuration with all that it includes, but for the file of hosts.

    :param parts: the configuration's own file first
    """

    parts: tuple[Part[Statement], ...]

    @property
    def text(self) -> str:
        """Of the configuration's own file."""
        return self.parts[0].text

    def everything(self) -> list[Statement]:
        """The statements of all files."""
        return [statement for part in self.parts for statement in part.statements]


def read_config(
    options: Options,
    config: FileState | None,
    included: Mapping[str, str],
    parse: Callable[[str], Sequence[Statement]],
) -> Config[Statement]:
    """The configuration that there will be.

    :param config: the file that there is; the caller's text takes its place
    :param included: the files that the configuration reads along: path → text
    :raises Refusal: a file cannot be read
    """
    text = options.config_content
    option, where = ("config_file", options.config_file) if text is None else ("config_content", "its")
    if text is None:
        text = config.text if config else ""
    try:
        parts = [Part(options.config_file, text, parse(text))]
        option = "config_file"
        for where, other in included.items():
            parts.append(Part(where, other, parse(other)))
    except SyntaxProblem as problem:
        raise unreadable(option, where, problem) from None
    return Config(tuple(parts))


def file_with(before: FileState | None, text: str, private: bool = False) -> FileState | None:
    """A file with a text, whose owner and mode stay; None where there is none and need be none.

    :param private: one that is made is for root alone, as which every server here reads its configuration
    """
    if before is not None:
        return before.with_text(text)
    return FileState(text, 0o600 if private else 0o644) if text else None

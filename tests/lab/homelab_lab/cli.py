# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the lab."""

from __future__ import annotations

import argparse
import sys

from . import images, recipes
from .run import LabError, say


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="lab", description="Machines to test homelab.ipv6 on.")
    commands = top.add_subparsers(dest="command", required=True)
    build = commands.add_parser("images", help="build the container images that are missing")
    build.add_argument("names", nargs="*", metavar="NAME", help=f"among {', '.join(recipes.SUITES)}; default: all")
    build.set_defaults(work=build_images)
    return top


def build_images(arguments: argparse.Namespace) -> int:
    unknown = set(arguments.names) - set(recipes.SUITES)
    if unknown:
        raise LabError(f"no such image: {', '.join(sorted(unknown))}; there are {', '.join(recipes.SUITES)}")
    images.build_containers(arguments.names or list(recipes.SUITES))
    return 0


def main(argv: list[str]) -> int:
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.work(arguments))
    except LabError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130


def entry() -> None:
    sys.exit(main(sys.argv[1:]))

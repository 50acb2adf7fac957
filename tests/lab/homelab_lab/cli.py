# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the lab."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from . import images, inventory, lifecycle, recipes
from .container import kernel_has_sit
from .machine import PLACES, RENEW, ROUTER, in_place
from .run import LabError, say, step


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="lab", description="Machines to test homelab.ipv6 on. See tests/lab/README.md.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, text: str, work: object, *, named: bool = True) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(work=work)
        if named:
            command.add_argument("--name", help="which lab; default: this checkout's own")
        return command

    command = add("images", "build the images that are missing", build_images, named=False)
    command.add_argument("names", nargs="*", metavar="NAME", help=f"among {', '.join(recipes.SUITES)}; default: all")
    command.add_argument("--variant", action="append", choices=tuple(recipes.VARIANTS),
                         help="with these packages installed; may be repeated; default: full")  # fmt: skip
    command.add_argument(
        "--machine", action="store_true", help="the virtual machine's image too, if `up` would use one"
    )

    command = add("up", "start a router with its world", up)
    command.add_argument("--machine", choices=("auto", *lifecycle.KINDS), default="auto",
                         help="auto: a container where the host's kernel has sit, else a virtual machine")  # fmt: skip
    command.add_argument("--system", choices=tuple(recipes.SUITES), default="debian12")
    command.add_argument("--cold", action="store_true", help="boot it from the start instead of resuming a kept boot")

    add("down", "stop a lab and delete all of it", down)
    add("status", "say which labs there are", status)
    add("reboot", "reboot the router and wait until it is back", reboot)
    add("client-renew", "have the LAN clients ask for addresses again", renew)
    command = add("exec", "run a command in a place of the lab", run_command)
    command.add_argument("place", choices=PLACES)
    command.add_argument("--timeout", type=float, default=60)
    command.add_argument("argv", nargs="+", metavar="-- COMMAND")
    command = add("inventory", "print an Ansible inventory of the router", print_inventory)
    command.add_argument("--group", default="router", help="the group that the router is in; default: %(default)s")
    command.add_argument("--output", type=Path, help="write it to this file instead (*.yml)")
    return top


def build_images(arguments: argparse.Namespace) -> int:
    unknown = set(arguments.names) - set(recipes.SUITES)
    if unknown:
        raise LabError(f"no such image: {', '.join(sorted(unknown))}; there are {', '.join(recipes.SUITES)}")
    images.build_containers(arguments.names or list(recipes.SUITES), arguments.variant or ["full"])
    if arguments.machine and not kernel_has_sit():
        images.build_machine("debian12")
    return 0


def up(arguments: argparse.Namespace) -> int:
    name = lifecycle.checked_name(arguments.name)
    machine = lifecycle.up(name, wanted=arguments.machine, system=arguments.system, cold=arguments.cold)
    say(f"{name} is up ({machine.kind}, {arguments.system})")
    return 0


def down(arguments: argparse.Namespace) -> int:
    lifecycle.down(lifecycle.checked_name(arguments.name))
    return 0


def status(arguments: argparse.Namespace) -> int:
    for name in [arguments.name] if arguments.name else lifecycle.names():
        machine = lifecycle.find(name)
        if machine is None:
            print(f"{name}: none")
            continue
        details = " ".join(f"{key}={value}" for key, value in machine.state().items())
        print(f"{name}: {machine.kind} {'running' if machine.is_running() else 'dead'} {details}")
    return 0


def reboot(arguments: argparse.Namespace) -> int:
    name = lifecycle.checked_name(arguments.name)
    with step(f"rebooting {name}"):
        lifecycle.get(name).reboot()
    return 0


def renew(arguments: argparse.Namespace) -> int:
    lifecycle.get(lifecycle.checked_name(arguments.name)).run(ROUTER, RENEW, timeout=60)
    return 0


def run_command(arguments: argparse.Namespace) -> int:
    machine = lifecycle.get(lifecycle.checked_name(arguments.name))
    command = machine.reach(in_place(arguments.place, arguments.argv, arguments.timeout))
    return subprocess.run(command, check=False).returncode


def print_inventory(arguments: argparse.Namespace) -> int:
    text = inventory.render(lifecycle.get(lifecycle.checked_name(arguments.name)), arguments.group)
    if arguments.output:
        arguments.output.write_text(text)
    else:
        print(text, end="")
    return 0


def _terminate(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main(argv: list[str]) -> int:
    arguments = parser().parse_args(argv)
    # As an exception it runs through all that cleans up; by default a process just ends.
    signal.signal(signal.SIGTERM, _terminate)
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

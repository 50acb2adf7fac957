# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the role dual_stack_service that cannot be right, each with its message."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dual_stack import plan
from ansible_collections.homelab.ipv6.tests.unit.plugins.module_utils._plans.dual_stack_options import NEW, options

REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"name": "Shelf"},
        (
            "dual_stack_service_name: Shelf cannot be the name of units and files. Write lower-case letters, digits "
            "and dashes, as in peers."
        ),
    ),
    (
        {"port": None},
        ("dual_stack_service_port: it is missing. Write the port on which the service is reached, as in 8000."),
    ),
    (
        {"port": "http"},
        (
            "dual_stack_service_port: http is not a whole number. Write the port on which the service is reached, as "
            "in 8000."
        ),
    ),
    (
        {"sockets": [{"family": "ipv6", "port": 70000}]},
        (
            "dual_stack_service_sockets[0].port: 70000 is not between 1 and 65535. Write the port on which the "
            "service is reached, as in 8000."
        ),
    ),
    (
        {"sockets": []},
        (
            "dual_stack_service_sockets: [] leaves the service without any. Name one a family, as in {family: ipv6}; "
            "dual_stack_service_state: absent takes the service away."
        ),
    ),
    (
        {"sockets": [{"family": "ipv6"}, {"family": "ipv6", "port": 8001}]},
        (
            "dual_stack_service_sockets[1].descriptor: ipv6 is there twice. Give each socket a descriptor of its "
            "own: the service tells them apart by it."
        ),
    ),
    (
        {"sockets": [{"family": "ipv6"}, {"family": "ipv6", "descriptor": "b", "address": "2001:db8::1"}]},
        (
            "dual_stack_service_sockets[1]: tcp [2001:db8::1]:8000 meets the socket ipv6, which listens on "
            "[::]:8000. Two sockets cannot listen there: leave one out, or give it another address or port."
        ),
    ),
    (
        {"sockets": [{"family": "ipv6", "descriptor": "a b"}]},
        (
            "dual_stack_service_sockets[0].descriptor: a b cannot be the name of a descriptor here. Write lower-case "
            "letters, digits and dashes, as in ipv6."
        ),
    ),
    (
        {"sockets": [{"family": "ipv4", "address": "2001:db8::1"}]},
        (
            "dual_stack_service_sockets[0].address: 2001:db8::1 is an IPv6 address where an IPv4 address belongs. "
            "Write it as 192.0.2.1."
        ),
    ),
    (
        {"sockets": [{"family": "ipv6", "address": "fe80::1"}]},
        (
            "dual_stack_service_sockets[0].address: fe80::1 means something only together with an interface. Leave the "
            "address out, and say who may come in by the firewall."
        ),
    ),
    (
        {"sockets": [{"family": "ipv6", "address": "::ffff:192.0.2.1"}]},
        (
            "dual_stack_service_sockets[0].address: ::ffff:192.0.2.1 is an IPv4 address in the clothes of an IPv6 one. "
            "Write 192.0.2.1 at a socket of family ipv4."
        ),
    ),
    (
        {"sockets": [{"family": "ipv6", "protocol": "udp"}]},
        (
            "dual_stack_service_sockets[0].protocol: udp is nothing for an endpoint of Twisted. Leave {endpoint} out "
            "of the command and have the application adopt its sockets by name."
        ),
    ),
    (
        {"command": []},
        (
            "dual_stack_service_command: [] starts nothing. Write it word by word, as in ['{twist}', web, "
            "'--listen={endpoint}']."
        ),
    ),
    (
        {"command": ["twist", "web"]},
        (
            "dual_stack_service_command: twist is not absolute, and a service has no path to look in. Begin the "
            "command with an absolute path, {python}, {twist} or {twistd}."
        ),
    ),
    (
        {"command": ["/bin/sh", "-c", "a\nb"]},
        "dual_stack_service_command: 'a\\nb' has more than one line. Put a script into dual_stack_service_files.",
    ),
    (
        {"command": ["/bin/sh", "-c", "a\rb"]},
        "dual_stack_service_command: 'a\\rb' has more than one line. Put a script into dual_stack_service_files.",
    ),
    (
        {"command": ["/bin/cat", "{File}"]},
        (
            "dual_stack_service_command: {File} stands for nothing here. Write one of: {endpoint}, {files}, "
            "{python}, {twist}, {twistd}."
        ),
    ),
    (
        {"command": ["{twist}", "--listen={endpoints}"]},
        (
            "dual_stack_service_command: {endpoints} stands for nothing here. Write one of: {endpoint}, {files}, "
            "{python}, {twist}, {twistd}."
        ),
    ),
    (
        {"command": ["{twist}", "web", "--listen=systemd:domain=INET6:name=web"]},
        (
            "dual_stack_service_command: --listen=systemd:domain=INET6:name=web asks for the descriptor web, which no "
            "socket has. Write {endpoint}, or one of the names of its sockets: ipv4, ipv6."
        ),
    ),
    (
        {"command": ["{twist}", "web", "--listen=systemd:domain=INET6:index=1"]},
        (
            "dual_stack_service_command: --listen=systemd:domain=INET6:index=1 counts on an order of the sockets, "
            "and there is none. Write {endpoint} in its place."
        ),
    ),
    (
        {"processes": "one", "requirements": "Twisted==22.4.0"},
        (
            "dual_stack_service_processes: one does not go with Twisted 22.4.0, which finds sockets by number alone. "
            "Write auto or each, or a newer Twisted into dual_stack_service_requirements."
        ),
    ),
    (
        {"requirements": "Twisted>=22.10"},
        (
            "dual_stack_service_requirements: Twisted>=22.10 does not say exactly which version. Write each package as "
            "NAME==VERSION, as pip freeze does; options of pip go to pip_options."
        ),
    ),
    (
        {"files": [{"name": "../app.tac", "content": ""}]},
        (
            "dual_stack_service_files[0].name: ../app.tac cannot be the name of a file here. Write a name without a "
            "directory, as in peers.tac."
        ),
    ),
    (
        {"files": [{"name": "a", "content": ""}, {"name": "a", "content": ""}]},
        "dual_stack_service_files[1].name: a is there twice. Leave one out.",
    ),
    (
        {"files": [{"name": "a", "content": "", "mode": "rw"}]},
        'dual_stack_service_files[0].mode: rw is no mode. Write it in octal and in quotes, as "0644".',
    ),
    (
        # What YAML makes of 0644 without quotes.
        {"files": [{"name": "a", "content": "", "mode": "0600"}, {"name": "b", "content": "", "mode": 420}]},
        (
            "dual_stack_service_files[1].mode: 420 is a number, and may not be what was written. Write it in octal and "
            'in quotes, as "0644".'
        ),
    ),
    (
        {"settings": {"ExecStart": "/bin/true"}},
        "dual_stack_service_settings: ExecStart is what this role writes itself. Leave it out.",
    ),
    (
        {"settings": {"Environment": "A=1\nB=2"}},
        "dual_stack_service_settings: 'A=1\\nB=2' has more than one line. Write one line, or a list of values.",
    ),
    (
        {"settings": ["MemoryMax"]},
        (
            "dual_stack_service_settings: ['MemoryMax'] is not a dictionary. Write keys of [Service] and their "
            "values, as in MemoryMax: 200M."
        ),
    ),
    (
        {"user": "Some One"},
        "dual_stack_service_user: Some One cannot be the name of a user. Write a user of the host, or leave it out.",
    ),
    (
        {"description": "one\ntwo"},
        "dual_stack_service_description: 'one\\ntwo' is not one line of text. Write a few words on one line.",
    ),
]


@pytest.mark.parametrize(("changed", "message"), REFUSED, ids=[message.split(".")[0] for _changed, message in REFUSED])
def test_what_cannot_be_right_is_one_message(changed: dict[str, Any], message: str) -> None:
    assert plan(options(**changed), NEW) == {"problems": [message]}

# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.shared.waiting import wait_until

NAME = "server.home.example"
# What a client writes into its file of credentials. The passwords are those of vars/server.yml.
PASSWORDS = {"anna": "An apple a day", "ben": 'b"e\\n $1', "mallory": "guessed"}
USERS = {"mallory": "anna"}
ADDRESSES = {"IPv6": "2001:db8:0:5::10", "IPv4": "192.0.2.10"}
# Where the server's printer puts what is printed.
PRINTED = "/var/spool/printed"
# smbclient keeps what a name led to for some minutes, and with it the family that the client had then.
ANEW = "--option=namecachetimeout=0"
# How the link loses a family, and gets it back.
WITHOUT = {
    "IPv4": (
        "ip address del 192.0.2.20/24 dev lan0",
        "ip address add 192.0.2.20/24 dev lan0",
    ),
    "IPv6": (
        "echo 1 >/proc/sys/net/ipv6/conf/lan0/disable_ipv6",
        "echo 0 >/proc/sys/net/ipv6/conf/lan0/disable_ipv6; ip address add 2001:db8:0:5::20/64 dev lan0 nodad",
    ),
}


@pytest.fixture
def client(host: Host, machine: Callable[[str], Host]) -> Host:
    client = machine(host.check_output("hostname").replace("server", "client"))
    for user, password in PASSWORDS.items():
        text = f"username = {USERS.get(user, user)}\npassword = {password}\n"
        client.run_test("umask 077; printf %%s %s >/root/%s", text, user)
    return client


@pytest.fixture(params=["IPv6", "IPv4"])
def family(request: pytest.FixtureRequest, client: Host) -> Iterator[str]:
    """The client has this family alone."""
    take, give = WITHOUT["IPv4" if request.param == "IPv6" else "IPv6"]
    client.run_test(take)
    try:
        yield request.param
    finally:
        client.run_test(give)


@pytest.fixture
def smb(client: Host) -> Callable[..., str]:
    """Have a user do something in a share; returns what was said, or fails with it."""

    def run(share: str, command: str, user: str = "anna", server: str = NAME, good: bool = True) -> str:
        who = f"-A /root/{user}" if user else "-N"
        done = client.run(f"timeout 60 smbclient {ANEW} {who} //{server}/{share} -c '{command}' 2>&1")
        assert done.succeeded == good, done.stdout
        said: str = done.stdout
        return said

    return run


@pytest.fixture
def printed(host: Host) -> Iterator[Callable[[], str]]:
    """Wait for a document, and return what tells that it is a PDF and whole."""
    host.run_test(f"rm -f {PRINTED}")
    yield lambda: wait_until(lambda: host.run(f"grep -aoE '%PDF-|%%EOF' {PRINTED}").stdout, lambda said: "EOF" in said)
    host.run_test(f"rm -f {PRINTED}")

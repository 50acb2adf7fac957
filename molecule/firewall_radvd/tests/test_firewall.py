# SPDX-License-Identifier: GPL-3.0-or-later
"""The firewall's unit beside a user's own nftables.service. What its rules do is tested with packets, tests/netns."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from testinfra.host import Host

OURS = "table inet homelab_ipv6"
THEIRS = "table inet filter"
USER_RULES = """flush ruleset
table inet filter {
    chain input {
        type filter hook input priority 0; policy accept;
        tcp dport 9 drop
    }
}
"""


def tables(host: Host) -> list[str]:
    return host.check_output("nft list tables").splitlines()


@pytest.fixture
def user_rules(host: Host) -> Iterator[None]:
    host.run_test("cp /etc/nftables.conf /root/nftables.conf")
    host.run_test(f"cat >/etc/nftables.conf <<'END'\n{USER_RULES}END")
    try:
        yield
    finally:
        host.run_test(
            "mv /root/nftables.conf /etc/nftables.conf; systemctl stop nftables; nft delete table inet filter"
        )
        host.run_test("systemctl reset-failed nftables; systemctl restart homelab-ipv6-firewall")


def test_the_ruleset_is_loaded_now_and_before_the_network_at_every_start(host: Host) -> None:
    unit = host.service("homelab-ipv6-firewall")
    assert unit.is_running
    assert unit.is_enabled
    assert OURS in tables(host)
    order = host.check_output("systemctl show -p Before -p WantedBy homelab-ipv6-firewall")
    assert "network-pre.target" in order
    assert "WantedBy=sysinit.target" in order


def test_only_root_changes_the_ruleset(host: Host) -> None:
    ruleset = host.file("/etc/homelab-ipv6-firewall.nft")
    assert (ruleset.user, ruleset.group, ruleset.mode) == ("root", "root", 0o644)
    assert host.check_output("ls -d /etc/homelab-ipv6*") == "/etc/homelab-ipv6-firewall.nft"


@pytest.mark.usefixtures("user_rules")
def test_it_is_there_again_whatever_nftables_service_does(host: Host) -> None:
    for verb, expected in (
        ("start", [THEIRS, OURS]),
        ("reload", [THEIRS, OURS]),
        ("restart", [THEIRS, OURS]),
        ("stop", [OURS]),
        ("start", [THEIRS, OURS]),
    ):
        host.run_test(f"systemctl {verb} nftables")
        assert tables(host) == expected, verb


@pytest.mark.usefixtures("user_rules")
def test_it_outlives_a_fault_in_the_users_rules(host: Host) -> None:
    host.run_test("systemctl start nftables")
    host.run_test("echo nonsense >>/etc/nftables.conf")
    assert host.run("systemctl reload nftables").failed
    assert tables(host) == [THEIRS, OURS]
    assert host.run("systemctl restart nftables").failed
    assert tables(host) == [OURS]


@pytest.mark.usefixtures("user_rules")
def test_stopping_it_takes_our_table_alone(host: Host) -> None:
    host.run_test("systemctl start nftables")
    host.run_test("systemctl stop homelab-ipv6-firewall")
    assert tables(host) == [THEIRS]
    # Stopped is stopped.
    host.run_test("systemctl restart nftables")
    assert tables(host) == [THEIRS]
    host.run_test("systemctl start homelab-ipv6-firewall")
    assert tables(host) == [THEIRS, OURS]

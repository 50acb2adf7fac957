# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the server listens, whom it lets in, and that it waits for its addresses."""

from __future__ import annotations

import pytest
from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.shared.waiting import wait_until

AT = {"127.0.0.1", "[::1]", "192.0.2.10", "[2001:db8:0:5::10]"}
PORTS = {"smbd": "445", "cups": "631"}


def listening(host: Host, port: str) -> set[str]:
    rows = host.check_output(f"ss --no-header --listening --tcp --numeric 'sport = :{port}'").splitlines()
    return {row.split()[3].rpartition(":")[0] for row in rows}


@pytest.mark.parametrize("port", PORTS.values())
def test_it_listens_at_loopback_and_the_lan(host: Host, port: str) -> None:
    assert listening(host, port) == AT


def test_nothing_listens_for_netbios(host: Host) -> None:
    assert listening(host, "139") == set()
    assert not host.run("ss --no-header --listening --udp --numeric 'sport = :137'").stdout


@pytest.mark.parametrize("unit", PORTS)
def test_it_waits_for_its_addresses(host: Host, unit: str) -> None:
    host.run_test("ip address del 2001:db8:0:5::10/64 dev lan0")
    try:
        host.run_test(f"systemctl restart --no-block {unit}; sleep 2")
        assert host.check_output(f"systemctl show --property=SubState --value {unit}") == "start-pre"
    finally:
        # With duplicate address detection: nobody can listen at an address before that has ended.
        host.run_test("ip address add 2001:db8:0:5::10/64 dev lan0")
    assert wait_until(lambda: listening(host, PORTS[unit]), lambda at: at == AT)


def test_strangers_do_not_reach_it(host: Host, client: Host) -> None:
    client.run_test("ip address add 2001:db8:0:7::20/64 dev lan0 nodad; ip address add 198.51.100.20/24 dev lan0")
    host.run_test("ip -6 route add 2001:db8:0:7::/64 dev lan0; ip route add 198.51.100.0/24 dev lan0")
    try:
        for port in PORTS.values():
            # The firewall: no answer at all.
            assert client.run(f"nc -w 2 -z -s 2001:db8:0:7::20 2001:db8:0:5::10 {port}").failed
            assert client.run(f"nc -w 2 -z -s 2001:db8:0:5::20 2001:db8:0:5::10 {port}").succeeded
        # IPv4 it leaves alone; Samba and CUPS know themselves who is of the LAN.
        said = client.check_output(
            "curl --silent --output /dev/null --write-out '%%{http_code}' --interface %s http://192.0.2.10:631/printers/",
            "198.51.100.20",
        )
        assert said == "403"
        client.run_test("ip route add 192.0.2.10/32 dev lan0 src 198.51.100.20")
        done = client.run("timeout 60 smbclient -A /root/anna //192.0.2.10/photos -c ls 2>&1")
        assert done.failed
        assert "blocks of size" not in done.stdout
    finally:
        client.run("ip route del 192.0.2.10/32 dev lan0")
        client.run("ip address del 2001:db8:0:7::20/64 dev lan0; ip address del 198.51.100.20/24 dev lan0")
        host.run("ip -6 route del 2001:db8:0:7::/64 dev lan0; ip route del 198.51.100.0/24 dev lan0")


def test_passwords_are_in_no_file_and_no_log(host: Host) -> None:
    places = "/etc /var/log /var/lib/homelab-ipv6 /var/lib/samba /root /tmp /run/homelab-ipv6 /var/tmp"
    assert host.run(f"grep -rlaF 'An apple a day' {places}").stdout == ""
    assert host.run("journalctl --no-pager --output=cat | grep -F 'An apple a day'").stdout == ""


def test_users_log_in_nowhere_else(host: Host) -> None:
    assert host.user("anna").shell == "/usr/sbin/nologin"

# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes in, and what does not."""

from __future__ import annotations

import os

from testinfra.host import Host

from ansible_collections.homelab.ipv6.molecule.shared.waiting import wait_until

CONNECT = "nc -6 -z -w 2 %s %s"


def test_nothing_on_the_router_is_open_to_the_internet(host: Host, outside: Host, number: str) -> None:
    assert host.socket("tcp://22").is_listening, "sshd has to be there to be hidden"
    for address in (f"2001:db8:{number}:1::2", f"2001:db8:{number}:2::1"):
        assert outside.run(CONNECT, address, "22").failed


def test_the_one_hole_leads_to_the_one_host(outside: Host, client: Host, number: str) -> None:
    outside.run_expect([0], CONNECT, f"2001:db8:{number}:2::c11e", "8080")
    assert client.socket("tcp://:::22").is_listening, "sshd has to be there to be hidden"
    assert outside.run(CONNECT, f"2001:db8:{number}:2::c11e", "22").failed


def test_echo_requests_get_through(outside: Host, number: str) -> None:
    outside.run_expect([0], "ping -6 -c 1 -W 2 2001:db8:%s:2::c11e", number)


def test_the_lan_reaches_the_router(client: Host, number: str) -> None:
    client.run_expect([0], CONNECT, f"2001:db8:{number}:2::1", "22")


def test_forged_sources_stay_inside(client: Host, outside: Host, number: str) -> None:
    """BCP 38: what leaves through the tunnel comes from the routed prefix."""
    forged = "2001:db8:bad::1"
    unit = f"watch{number}-{os.getpid()}"
    heard = f"journalctl --unit={unit} --output=cat --no-pager"
    watch = "systemd-run --unit=%s timeout --signal=INT 10 tcpdump --immediate-mode -nni %s -c 1 ip6 src %s"
    outside.run_test(watch, unit, f"tun{number}", forged)
    wait_until(lambda: outside.check_output(heard), lambda text: "listening on" in text)
    client.run_test("ip address replace %s/128 dev eth0 nodad preferred_lft 0", forged)
    answer = client.run("ping -6 -c 3 -i 0.2 -W 1 -I %s 2001:db8:ffff::80", forged)
    client.run_test("ip address del %s/128 dev eth0", forged)
    assert answer.failed
    assert "\n0 packets captured" in wait_until(lambda: outside.check_output(heard), lambda text: "captured" in text)

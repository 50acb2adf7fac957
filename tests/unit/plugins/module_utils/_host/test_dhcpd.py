# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from ansible_collections.homelab.ipv6.plugins.module_utils._host.dhcpd import find
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts import Options


def test_all_that_is_included_is_read_but_the_hosts_and_nothing_twice(tmp_path: Path) -> None:
    main, first, second, hosts = (tmp_path / name for name in ("main", "first", "second", "hosts"))
    main.write_text(f'include "{first}";\ninclude "{hosts}";\ninclude "{tmp_path}/absent";\n')
    first.write_text(f'include "{second}";\ninclude "{main}";\n')
    second.write_text("broken {")
    hosts.write_text("# hosts\n")
    options = Options(str(main), str(hosts), None, True, None, True, True, True, "no-such-service")
    found = find(Host(), options)
    assert found.included == {str(path): path.read_text() for path in (first, second, main)}
    assert found.config is not None
    assert found.hosts is not None
    assert not found.active
    empty = find(Host(), Options(str(main), str(hosts), "", True, None, True, True, True, "no-such-service"))
    assert empty.included == {}

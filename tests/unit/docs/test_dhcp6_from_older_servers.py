# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/dhcp6-from-older-servers.md shows is what role and module take, and does what the page says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.homelab.ipv6.plugins.doc_fragments.static_hosts import ModuleDocFragment
from ansible_collections.homelab.ipv6.plugins.filter.role_plans import FilterModule
from ansible_collections.homelab.ipv6.plugins.module_utils._formats import dhcpd
from ansible_collections.homelab.ipv6.plugins.module_utils._formats.kea_config import KeaConfig
from ansible_collections.homelab.ipv6.plugins.module_utils._plans import dhcp6_hosts_dhcpd
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts import Options, read_hosts
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import Files, FileState, Plan
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal
from ansible_collections.homelab.ipv6.plugins.modules import dhcp6_hosts

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/dhcp6-from-older-servers.md").read_text(encoding="utf-8")
PLAYS = [yaml.safe_load(block)[0] for block in re.findall(r"(?ms)^```yaml\n(.*?)^```$", PAGE)]
OLD_CONFIG = re.findall(r"(?ms)^```\n(option .*?)^```$", PAGE)[0]
PREFIX = "dhcp6_server_"
CHECKERS = {"kea": ("kea-dhcp6", "-t"), "dhcpd": ("dhcpd", "-6", "-t", "-cf"), "dnsmasq": ("dnsmasq", "--test", "-C")}
QUOTED = """host other {
    host-identifier option dhcp6.client-id "00:03:00:01:52:54:00:65:43:21";
    fixed-address6 2001:db8:12:1234::9;
}
"""

plan = FilterModule().filters()["dhcp6_server_plan"]


def role_options(number: int) -> dict[str, Any]:
    """The options of a play's role, as Ansible hands them to the role."""
    (given,) = PLAYS[number]["roles"]
    assert given.pop("role", "homelab.ipv6.dhcp6_server") == "homelab.ipv6.dhcp6_server"
    specs = yaml.safe_load((ROOT / "roles/dhcp6_server/meta/argument_specs.yml").read_text(encoding="utf-8"))
    validated = ArgumentSpecValidator(specs["argument_specs"]["main"]["options"]).validate(given)
    assert not validated.error_messages
    return {key[len(PREFIX) :]: value for key, value in validated.validated_parameters.items()}


def rendered(number: int, provider: str) -> str:
    found = plan({**role_options(number), "provider": provider})
    assert found["problems"] == []
    text: str = found["config"]
    return text


def test_the_page_has_two_servers_and_one_module() -> None:
    assert [list(play)[-1] for play in PLAYS] == ["roles", "roles", "tasks"]


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("provider", CHECKERS)
def test_each_server_takes_what_the_page_asks_of_it(number: int, provider: str, tmp_path: Path) -> None:
    text = rendered(number, provider).replace("eth1", "lo")
    tool, *words = CHECKERS[provider]
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    path = tmp_path / "server.conf"
    path.write_text(text)
    done = subprocess.run([tool, *words, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout


def test_the_tables_tell_what_becomes_of_the_old_options() -> None:
    old, isc = KeaConfig.parse(rendered(0, "kea")), rendered(1, "dhcpd")
    assert [str(subnet.prefix) for subnet in old.subnets] == ["2001:db8:12:1234::/64"]
    text = rendered(0, "kea")
    assert '"pool": "2001:db8:12:1234::bead:500 - 2001:db8:12:1234::bead:ffff"' in text
    assert '"data": "2001:db8:12:1234::1, 2001:db8:12:1234:0:baad:beef:cafe"' in text
    assert '"preferred-lifetime": 2000' in text
    assert '"valid-lifetime": 3000' in text
    assert '"calculate-tee-times": true' in text
    assert "range6 2001:db8:12:1234:0:ccee:: 2001:db8:12:1234:0:ccee:ffff:ffff;" in isc
    assert 'option dhcp6.domain-search "home.example";' in isc
    assert "default-lease-time 1800;" in isc
    assert "preferred-lifetime 1125;" in isc


def module_plan(config: str) -> Plan:
    (task,) = PLAYS[2]["tasks"]
    given = task["homelab.ipv6.dhcp6_hosts"]
    texts = (dhcp6_hosts.DOCUMENTATION, ModuleDocFragment.DOCUMENTATION)
    documented = {name: option for text in texts for name, option in yaml.safe_load(text)["options"].items()}
    assert set(given) <= set(documented)
    assert all(set(host) <= set(documented["hosts"]["suboptions"]) for host in given["hosts"])
    options = Options(
        config_file=dhcp6_hosts_dhcpd.CONFIG_FILE,
        hosts_file=dhcp6_hosts_dhcpd.HOSTS_FILE,
        config_content=None,
        ensure_include=True,
        control_socket=None,
        purge=True,
        validate=True,
        reload=True,
        service=dhcp6_hosts_dhcpd.SERVICE,
    )
    found = dhcp6_hosts_dhcpd.Found(FileState(config), None, installed=True, active=True, listening=True)
    return dhcp6_hosts_dhcpd.plan(read_hosts(given["hosts"]), options, found)


def test_a_configuration_that_stays_gains_one_line_and_a_file() -> None:
    found = module_plan(OLD_CONFIG)
    texts = {
        change.path: change.after.text
        for step in found.steps
        if isinstance(step, Files)
        for change in step.changes
        if change.after
    }
    config = texts[dhcp6_hosts_dhcpd.CONFIG_FILE]
    assert config == OLD_CONFIG + f'include "{dhcp6_hosts_dhcpd.HOSTS_FILE}";\n'
    hosts = texts[dhcp6_hosts_dhcpd.HOSTS_FILE]
    (host,) = dhcpd.hosts(hosts, dhcpd.parse(hosts))
    assert host.identifier == "00:01:00:01:11:f9:4b:5a:08:00:27:c5:40:c7"
    assert found.warnings == ()


def test_a_duid_in_quotes_is_warned_of() -> None:
    (warning,) = module_plan(OLD_CONFIG + QUOTED).warnings
    assert "the DUID of host other stands in quotes" in warning


def test_the_old_entry_of_a_host_has_to_go_first() -> None:
    with pytest.raises(Refusal, match="is also the name of the host statichost"):
        module_plan(OLD_CONFIG + QUOTED.replace("other", "statichost"))

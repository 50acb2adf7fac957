# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module against the real checkers of the servers, on configurations that no running server reads."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, NoReturn

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils import _module
from ansible_collections.homelab.ipv6.plugins.module_utils._formats import dhcp6s, dhcpd, dnsmasq
from ansible_collections.homelab.ipv6.plugins.modules.dhcp6_hosts import build

DATA = Path(__file__).parents[1] / "module_utils/_formats/data"
NAS = {"name": "storage", "duid": "00-03-00-01-52-54-00-65-43-21", "addresses": ["2001:db8:0:1::9"]}
DEFAULTS: dict[str, Any] = {
    "config_content": None,
    "ensure_include": True,
    "control_socket": None,
    "purge": True,
    "validate": True,
    "reload": True,
    "service": "no-such-service",
    "lease_file": None,
    "preferred_lifetime": 14400,
    "valid_lifetime": 86400,
}

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="files are written as root's"),
    pytest.mark.skipif(shutil.which("kea-dhcp6") is None, reason="kea-dhcp6-server is not installed"),
    pytest.mark.skipif(shutil.which("dhcpd") is None, reason="isc-dhcp-server is not installed"),
    pytest.mark.skipif(shutil.which("dnsmasq") is None, reason="dnsmasq-base is not installed"),
    pytest.mark.skipif(shutil.which("dhcp6s") is None, reason="wide-dhcpv6-server is not installed"),
]


class Ended(Exception):
    """The module has ended; its result is the argument."""


class FakeModule:
    """What the frame uses of AnsibleModule."""

    def __init__(self, params: dict[str, Any], check_mode: bool) -> None:
        self.params = params
        self.check_mode = check_mode
        self.warnings: list[str] = []

    def exit_json(self, **result: Any) -> NoReturn:
        raise Ended(result)

    def fail_json(self, msg: str, **result: Any) -> NoReturn:
        raise Ended({"msg": msg, "failed": True, **result})

    def warn(self, warning: str) -> None:
        self.warnings.append(warning)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that Kea's user can read, with the configuration of each server."""
    monkeypatch.setattr(_module, "LOCK_DIRECTORY", str(tmp_path))
    for parent in (tmp_path, *tmp_path.parents):
        parent.chmod(parent.stat().st_mode | 0o055)
    shutil.copy(DATA / "kea-home.conf", tmp_path / "kea")
    text = (DATA / "dhcpd6-home.conf").read_text()
    (tmp_path / "dhcpd").write_text("".join(line for line in text.splitlines(keepends=True) if "include" not in line))
    text = (DATA / "dnsmasq-home.conf").read_text()
    own = [line for line in text.splitlines(keepends=True) if not line.startswith(("conf-", "dhcp-hosts"))]
    (tmp_path / "dnsmasq").write_text("".join(own))
    text = (DATA / "dhcp6s-home.conf").read_text()
    (tmp_path / "dhcp6s").write_text("".join(line for line in text.splitlines(keepends=True) if "include" not in line))
    return tmp_path


def run(folder: Path, provider: str, *hosts: dict[str, Any], check: bool = False, **given: Any) -> dict[str, Any]:
    params = {
        **DEFAULTS,
        "provider": provider,
        "hosts": list(hosts),
        "config_file": str(folder / provider),
        "hosts_file": str(folder / "hosts"),
        **given,
    }
    with pytest.raises(Ended) as ended:
        _module.run_module(FakeModule(params, check), "dhcp6_hosts", build)
    result: dict[str, Any] = ended.value.args[0]
    return result


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.suffix != ".lock"}


@pytest.mark.parametrize("provider", ["kea", "dhcpd", "dnsmasq", "dhcp6s"])
def test_check_apply_again(folder: Path, provider: str) -> None:
    before = content(folder)
    checked = run(folder, provider, NAS, check=True)
    assert content(folder) == before
    applied = run(folder, provider, NAS)
    assert applied["changed"]
    assert checked["diff"] == applied["diff"]
    assert content(folder) != before
    again = run(folder, provider, NAS)
    assert not again["changed"]
    assert again["diff"] == []
    assert not run(folder, provider, NAS, check=True)["changed"]


@pytest.mark.parametrize(
    ("provider", "spoilt", "says"),
    [
        (
            "kea",
            ('"valid-lifetime": 4000', '"valid-lifetme": 4000'),
            "kea-dhcp6 refuses the new configuration: Syntax check",
        ),
        ("kea", ("::1000 - ", "::2000 - "), "kea-dhcp6 refuses the new configuration: Error encountered: "),
        ("dhcpd", ("range6", "rnge6"), "dhcpd refuses the new configuration: "),
        (
            "dnsmasq",
            ("enable-ra", "enable-rra"),
            "dnsmasq refuses the new configuration: dnsmasq: bad option at line 4",
        ),
        (
            "dhcp6s",
            ("preference 200", "preferrence 200"),
            "dhcp6s refuses the new configuration: yyerror0: {path} 11: syntax error. ",
        ),
        (
            "dhcp6s",
            ("::10 i", "::g i"),
            "dhcp6s refuses the new configuration: yyerror0: {path} 18: invalid IPv6 address: ",
        ),
        ("dhcp6s", ("interface lo", "interface no0"), "dhcp6s refuses the new configuration: configure_interface: "),
        ("dhcp6s", ("allow", "send no-such-thing; allow"), "dhcp6s refuses the new configuration: yyerror0: {path} 11"),
        (
            "dhcp6s",
            ("address-pool guests i", "address-pool guest i"),
            "dhcp6s refuses the new configuration: configure_host: {path}:26 pool 'guest' not found. ",
        ),
    ],
)
def test_what_the_servers_checker_refuses_changes_nothing(
    folder: Path, provider: str, spoilt: tuple[str, str], says: str
) -> None:
    path = folder / provider
    path.write_text(path.read_text().replace(*spoilt))
    before = content(folder)
    result = run(folder, provider, NAS)
    assert result["msg"].startswith(says.format(path=path))
    assert result["msg"].endswith("Everything is as it was before.")
    assert str(path) in result["msg"] or "Error encountered" in result["msg"] or "interface(no0)" in result["msg"]
    assert ".staged" not in result["msg"]
    assert ".check" not in result["msg"]
    assert content(folder) == before
    if provider == "kea":
        assert run(folder, provider, NAS, validate=False)["changed"]


def test_hosts_that_dnsmasq_refuses_change_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its checker does not look into a file of hosts; so they are shown to it as a configuration."""
    assert run(folder, "dnsmasq", NAS)["changed"]
    before = content(folder)
    monkeypatch.setattr(dnsmasq, "render_hosts", lambda _entries: dnsmasq.MANAGED + "id:01:02:03,_x\n")
    result = run(folder, "dnsmasq", NAS)
    assert (
        f"dnsmasq refuses the new configuration: dnsmasq: bad DHCP host name at line 2 of {folder}/hosts"
        in result["msg"]
    )
    assert content(folder) == before


def test_hosts_that_dhcpd_refuses_change_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new hosts are checked as part of the configuration that includes them."""
    assert run(folder, "dhcpd", NAS)["changed"]
    before = content(folder)
    monkeypatch.setattr(dhcpd, "render", lambda _hosts: dhcpd.HEADER + "hst nas { }\n")
    result = run(folder, "dhcpd", NAS)
    assert f"dhcpd refuses the new configuration: {folder}/hosts line 2: " in result["msg"]
    assert content(folder) == before


def test_hosts_that_dhcp6s_refuses_change_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(folder, "dhcp6s", NAS)["changed"]
    before = content(folder)
    monkeypatch.setattr(dhcp6s, "render_hosts", lambda _hosts: dhcp6s.HOSTS_HEADER + "hst nas { };\n")
    result = run(folder, "dhcp6s", NAS)
    assert f"dhcp6s refuses the new configuration: yyerror0: {folder}/hosts 2: syntax error" in result["msg"]
    assert content(folder) == before


def test_any_name_server_passes_the_check_of_dhcp6s(folder: Path) -> None:
    """The check has one of its own, and dhcp6s takes none twice."""
    with (folder / "dhcp6s").open("a") as config:
        config.write("option domain-name-servers ::1 2001:db8::53;\n")
    assert run(folder, "dhcp6s", NAS)["changed"]


@pytest.mark.parametrize("provider", ["kea", "dhcpd", "dnsmasq", "dhcp6s"])
def test_configuration_and_hosts_move_as_one(folder: Path, provider: str) -> None:
    whole = content(folder)[provider]
    (folder / provider).unlink()
    assert run(folder, provider, NAS, config_content=whole, check=True)["changed"]
    assert run(folder, provider, NAS, config_content=whole)["changed"]
    assert not run(folder, provider, NAS, config_content=whole)["changed"]
    spoilt = whole.replace("valid-lifetime", "valid") if provider == "kea" else "spoilt " + whole
    before = content(folder)
    result = run(folder, provider, {**NAS, "addresses": ["2001:db8:0:1::99"]}, config_content=spoilt)
    assert "refuses the new configuration" in result["msg"]
    assert content(folder) == before


def test_the_whole_of_a_host_with_kea(folder: Path) -> None:
    machine = {"name": "bot", "machine_id": "0102030405060708090a0b0c0d0e0f10", "addresses": ["fd00:db8:0:2::5"]}
    result = run(folder, "kea", {**NAS, "prefixes": ["2001:db8:100::/56"], "hostname": "nas.example.org"}, machine)
    assert [host["name"] for host in result["hosts"]] == ["storage", "bot"]
    text = (folder / "kea").read_text()
    assert "00:02:00:00:ab:11:61:77:40:de:13:42:c3:a2" in text
    assert "// the box under the stairs" in text
    assert [sorted(one) for one in result["unmanaged"]] == [
        ["duid", "line"],
        ["flex-id", "line"],
        ["hw-address", "line"],
    ]


@pytest.mark.parametrize("provider", ["kea", "dhcpd", "dnsmasq"])
def test_without_the_right_to_read(folder: Path, provider: str) -> None:
    (folder / provider).chmod(0o600)
    os.seteuid(65534)
    try:
        result = run(folder, provider, NAS, check=True)
    finally:
        os.seteuid(0)
    assert result["msg"] == f"{folder / provider}: permission denied. Run this task as root (become: true)."


def test_a_complaint_does_not_show_a_key(folder: Path) -> None:
    """dhcpd shows the line that it complains of."""
    text = 'key k { algorithm hmac-md5; secret "c2Vj!cmV0"; };\nsubnet6 2001:db8:0:1::/64 { }\n'
    told = [run(folder, "dhcpd", NAS, config_content=text)]
    (folder / "dhcpd").write_text(text)
    told.append(run(folder, "dhcpd", NAS))
    for result in told:
        assert "line 1: invalid base64 character" in result["msg"]
        assert "c2Vj" not in str(result)


@pytest.mark.parametrize("octets", [129, 130])
def test_a_duid_that_kea_refuses_is_told_with_its_host(folder: Path, octets: int) -> None:
    result = run(folder, "kea", {**NAS, "duid": (b"\0\2" + bytes(octets - 2)).hex(":")})
    # Kea 2.6 takes it.
    if "msg" in result:
        assert "maximum of 128" in result["msg"]
        assert "Kea 2.2 takes no DUID of more than 128 octets, and here such a one has storage. " in result["msg"]
    else:
        assert result["changed"]


LEASES = {"kea": "kea-2.2/kea-leases6.csv", "dhcpd": "dhcpd-4.4.3/named", "dnsmasq": "dnsmasq-2.90/dnsmasq.leases"}
# When the leases were recorded, and long after the last of them.
THEN, LATER = 1795698110.0, 1800000000.0
TWIN = {
    "kea": "2001:db8:1::99,00:01:02,7200,1795705283,7,3600,0,4,128,0,0,nas.,,0,,,\n",
    "dhcpd": """ia-na "\\001\\000\\000\\000\\000\\001\\002" {
  iaaddr 2001:db8:1::99 {
    binding state active;
    ends never;
    set ddns-fwd-name = "nas.example.";
  }
}
""",
    "dnsmasq": "0 1 2001:db8:1::99 nas 00:01:02\n",
}


@pytest.mark.parametrize("provider", ["kea", "dhcpd", "dnsmasq"])
def test_a_host_is_pinned_to_the_duid_that_is_seen_in_the_leases(
    folder: Path, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    leases = folder / "leases"
    shutil.copy(DATA / "leases" / LEASES[provider], leases)
    entry = {"name": "storage", "from_lease": "NAS", "addresses": ["2001:db8:0:1::9"]}

    def task(now: float = THEN, check: bool = False, **changed: Any) -> dict[str, Any]:
        monkeypatch.setattr("time.time", lambda: now)
        return run(folder, provider, {**entry, **changed}, check=check, lease_file=str(leases))

    before = content(folder)
    missing = task(from_lease="nase")
    assert missing["msg"].startswith(f"hosts[0].from_lease: nase is the name of no client in {leases}, where the near")
    whole = leases.read_text()
    leases.write_text(whole + TWIN[provider])
    twins = task()
    assert "hosts[0].from_lease: NAS is the name of 2 clients in " in twins["msg"]
    assert "2001:db8:1::99" in twins["msg"]
    leases.write_text(whole)
    assert content(folder) == before
    checked, applied = task(check=True), task()
    assert checked["diff"] == applied["diff"]
    [host] = applied["hosts"]
    assert (host["name"], host["duid"][:14]) == ("storage", "00:01:00:01:32")
    assert not task()["changed"]
    assert not task(now=LATER)["changed"]
    leases.unlink()
    assert not task()["changed"]
    # The DUID from the result says the same.
    assert not run(folder, provider, {**NAS, "duid": host["duid"]})["changed"]


def test_leases_are_looked_for_where_keas_configuration_has_them(folder: Path) -> None:
    config = (folder / "kea").read_text()
    (folder / "kea").write_text(
        config.replace('"Dhcp6": {', f'"Dhcp6": {{ "lease-database": {{ "name": "{folder}/l" }},')
    )
    missing = run(folder, "kea", {"name": "storage", "from_lease": "nas", "addresses": ["2001:db8:0:1::9"]})
    assert missing["msg"].startswith(f"hosts[0].from_lease: nas cannot be looked up: {folder}/l is no file.")

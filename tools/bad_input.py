# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what dhcp6_hosts says of entries that cannot be right, for a reader to judge and a test to hold on to.

Each entry is refused by one message, which has to name the option, the value and the remedy. After a change of messages
run `.venv/bin/python tools/bad_input.py` and read the difference as someone would at midnight.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / ".cache/collections"))

from ansible_collections.homelab.ipv6.plugins.module_utils._plans import (  # noqa: E402 (found by the line above)
    dhcp6_hosts_dhcp6s,
    dhcp6_hosts_dhcpd,
    dhcp6_hosts_dnsmasq,
    dhcp6_hosts_kea,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts import (  # noqa: E402 (likewise)
    Options,
    read_hosts,
)
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.plan import FileState  # noqa: E402 (likewise)
from ansible_collections.homelab.ipv6.plugins.module_utils._values.errors import Refusal  # noqa: E402 (likewise)

FILE = ROOT / "tests/unit/plugins/modules/data/bad_input.txt"
LLT, EN = "00:01:00:01:2a:3b:4c:5d:52:54:00:12:34:56", "00:02:00:00:ab:11:61:77:40:de:13:42:c3:a2"
LL, UUID = "00:03:00:01:52:54:00:12:34:56", "00:04:12:34:56:78:12:34:56:78:12:34:56:78:12:34:56:78"
MACHINE_ID = "0102030405060708090a0b0c0d0e0f10"

# Two subnets, and a host that is none of ours.
CONFIGS = {
    "kea": """{"Dhcp6": {"subnet6": [
 {"subnet": "2001:db8:0:1::/64", "reservations": [{"duid": "00:01:02", "ip-addresses": ["2001:db8:0:1::ff"]}]},
 {"subnet": "2001:db8:0:2::/64"}]}}
""",
    "dhcpd": """subnet6 2001:db8:0:1::/64 { }
subnet6 2001:db8:0:2::/64 { }
host old { host-identifier option dhcp6.client-id 00:01:02; fixed-address6 2001:db8:0:1::ff; }
""",
    "dnsmasq": """dhcp-range=2001:db8:0:1::,static
dhcp-range=2001:db8:0:2::,static
dhcp-host=id:00:01:02,old,[2001:db8:0:1::ff]
""",
    "dhcp6s": """interface lan0 { address-pool guests 3600; };
pool guests { range 2001:db8:0:1::1000 to 2001:db8:0:1::1fff; };
host old { duid 00:01:02; address 2001:db8:0:1::ff 3600; };
""",
}


class Case(NamedTuple):
    """A set of hosts as a user writes it, for one server."""

    provider: str
    hosts: list[dict[str, Any]]

    def message(self) -> str | None:
        """The refusal, None where there is none."""
        try:
            _plan(self.provider, self.hosts)
        except Refusal as refusal:
            return str(refusal)
        return None


def _plan(provider: str, hosts: list[dict[str, Any]]) -> None:
    options = Options(
        config_file="/etc/server.conf",
        hosts_file="/etc/hosts6.conf",
        config_content=None,
        ensure_include=True,
        control_socket=None,
        purge=True,
        validate=True,
        reload=True,
        service="server",
    )
    config = FileState(CONFIGS[provider])
    read = read_hosts(hosts)
    if provider == "kea":
        kea = dhcp6_hosts_kea.Found(config, installed=True, has_user=True, active=True, listening=True, socket=None)
        dhcp6_hosts_kea.plan(read, options, kea)
    elif provider == "dhcpd":
        dhcpd = dhcp6_hosts_dhcpd.Found(config, None, installed=True, active=True, listening=True)
        dhcp6_hosts_dhcpd.plan(read, options, dhcpd)
    elif provider == "dhcp6s":
        dhcp6s = dhcp6_hosts_dhcp6s.Found(config, None, installed=True, active=True, listening=True)
        dhcp6_hosts_dhcp6s.plan(read, options, dhcp6s)
    else:
        dnsmasq = dhcp6_hosts_dnsmasq.Found(config, None, None, "", installed=True, active=True, listening=True)
        dhcp6_hosts_dnsmasq.plan(read, options, dnsmasq)


def entry(**given: Any) -> dict[str, Any]:
    """A host that is right but for what is given."""
    whole = {"name": "nas", "duid": LLT, "addresses": ["2001:db8:0:1::10"], **given}
    if any(key in given for key in ("machine_id", "hwaddr", "from_lease")) and "duid" not in given:
        del whole["duid"]
    return {key: value for key, value in whole.items() if value is not None}


# Slips of the hand, and of the mouse.
DUID_SLIPS: dict[str, Callable[[list[str]], list[str]]] = {
    "the last octet is missing": lambda pairs: pairs[:-1],
    "the first octet is missing": lambda pairs: pairs[1:],
    "an octet too many": lambda pairs: [*pairs, "00"],
    "a digit is missing": lambda pairs: [*pairs[:-2], pairs[-2][:1], pairs[-1]],
    "a digit too many": lambda pairs: [*pairs[:-2], pairs[-2] + "0", pairs[-1]],
    "a letter for a digit": lambda pairs: [pairs[0].replace("0", "O"), *pairs[1:]],
    "an octet is empty": lambda pairs: [*pairs[:4], "", *pairs[4:]],
    "two octets in one": lambda pairs: [*pairs[:2], pairs[2] + pairs[3], *pairs[4:]],
    "only its beginning": lambda pairs: pairs[:2],
    "twice in a row": lambda pairs: pairs * 2,
}
NOTATIONS: dict[str, Callable[[list[str]], str]] = {
    "colons": ":".join,
    "Windows": lambda pairs: "-".join(pairs).upper(),
    "bare": "".join,
    "networkctl": lambda pairs: "DUID-LL:" + "".join(pairs[2:]),
}


def duids() -> Iterator[str]:
    """DUIDs that are wrong by one slip each; what a slip makes of a DUID may be another DUID, and is left out below."""
    for duid in (LLT, EN, LL, UUID):
        for notation, render in NOTATIONS.items():
            for slip in DUID_SLIPS.values():
                if notation != "networkctl" or duid == LL:
                    yield render(slip(duid.split(":")))
    yield from (
        "", " ", "unknown", "none", "auto", "nas", "0", "1", "37230", "4097", "1.5", "-1", "0x", "0x1", "0xg", ":",
        "::", "-", "hex:", "id:", "id:*", "*", "00:01", "00:00", "0001", "00:01:00:01", "52:54:00:12:34:56", "00",
        "2001:db8:0:1::10", "fe80::5054:ff:fe12:3456", MACHINE_ID[:-1], "{52540012-3456-7890-abcd-ef0123456789}",
        "52540012-3456-7890-abcd-ef0123456789", "DUID-EN/Vendor:", "DUID-EN/Vendor:0000ab1", "UUID:1234",
        "DUID-UUID:12345678123456781234567812345678", "0900:deadbeef", "00:01:00:01-2a:3b", "00:01:00:01;2a:3b",
        "00.01.00.01.2a.3b.4c.5d.52.54.00.12.34.56", "00:01:00:01:2a:3b:4c:5d:52:54:00:12:34:5\uff16",
        "00_03_00_01_52_54_00_12_34_56", "0:3:0:1:52:54:00:12:34:56", "0-3-0-1-52-54-0-12-34-56",
        "{0, 1, 0, 1, 42, 59, 76, 93, 82, 84, 0, 18, 52, 86}", "00:03:00:01:<MAC>", "00:03:00:01:{{ mac }}",
        "00:03:00:01:52-54-00-12-34-56", "LLT 00:01:00:01:2a:3b", "DHCPv6 Client DUID. . . . . . . . : ",
        "DHCPv6 Client DUID. . . . . . . . : 00-01-00-01-2A", "duid=[]", "duid=[00:01:00:01:2a]", r'"\000\001"',
        r'"\000\001\999"', r"\000\003\000\001RT\000\0224", r'"\000\001\000\001*;L]RT\000\0224', "\\", '"',
        r'"\x0"', 'default-duid "";', "dhcp6.client-id ;", "00:02:" + ":".join(["11"] * 129), "11" * 200,
        "00:03:00:01:52:54:00:12:34:56:00:00", "00:01:00:06:2a:3b:4c:5d:52:54:00:12:34", "00:04:12:34",
        "00:02:00:00:ab:11", "00:01:00:20:2a:3b:4c:5d", "00:03:00:20", "00:03:00:1b:52:54:00:12:34:56",
    )  # fmt: skip


ADDRESSES = (
    "", " ", "auto", "none", "dhcp", "nas", "nas.example.org", "10", "1.5", "192.0.2.1", "192.0.2.1/24", "192.0.2",
    "::ffff:192.0.2.1", "::192.0.2.1", "64:ff9b::192.0.2.1", "2001:db8:0:1::10/64", "2001:db8:0:1::10/128",
    "2001:db8:0:1::/64", "2001:db8:0:1::10%eth0", "2001:db8:0:1::10%", "fe80::1", "fe80::1%eth0", "fe80::1%2",
    "::1", "::", "ff02::1", "ff05::1:3", "2001:db8:0:1::g", "2001:db8:0:1::1O", "2001:db8:0:1:::10",
    "2001::db8:0:1::10", "2001:db8:0:1::12345", "2001:db8:0:1:0:0:0:0:10", "2001:db8:0:1:0:0:10", "2001:db8:0:1:",
    ":db8:0:1::10", "2001:db8:0:1", "2001:db8:0:1::10,", "2001:db8:0:1::10 2001:db8:0:1::11",
    "2001:db8:0:1::10-2001:db8:0:1::1f", "[2001:db8:0:1::10]", "[2001:db8:0:1::10]:80",
    "http://[2001:db8:0:1::10]/", '"2001:db8:0:1::10"', "2001-db8-0-1--10", "2001.db8.0.1..10",
    "2001:db8:0:1::10;", " 2001:db8:0:1::10", "2001:db8:0:1::10\n", "\uff12001:db8:0:1::10",
    "20010db8000000010000000000000010", "2001:db8:0:3::10", "2001:db8::10", "fd00::10", "2001:db8:0:1::ff", LL,
    "52:54:00:12:34:56", "{{ lan_prefix }}::10", "2001:db8:0:1::1 # the nas", "eui64", "::10",
    "2001:db8:0:1::",
)  # fmt: skip

PREFIXES = (
    "", " ", "auto", "56", "/56", "::/0/0", "2001:db8:100::", "2001:db8:100::/", "2001:db8:100::/x",
    "2001:db8:100::/129", "2001:db8:100::/-1", "2001:db8:100::/+56", "2001:db8:100::/56/64", "2001:db8:100::/5 6",
    "2001:db8:100:1::/56", "2001:db8:100::1/56", "2001:db8:100::/8", "2001:db8:100::/ffff:ff00::",
    "2001:db8:100:/56", "2001:db8:100/56", "2001:db8:100::g/56", "2001:db8:100::%eth0/56", "192.0.2.0/24",
    "192.0.2.1/24", "10.0.0.0/255.0.0.0", "fe80::/64", "ff00::/8", "[2001:db8:100::]/56", "2001:db8:100::/56,",
    "2001:db8:100::/\u0665\u0666", "2001:db8:100:: /56", "prefix", "::/0", "2001:db8::/48", "2001:db8:0:1::/64",
    "2001:db8:0:2::/72",
)  # fmt: skip

HWADDRS = (
    "", " ", "52:54", "52:54:00:12:34", "52:54:00:12:34:56:78", "52:54:00:12:34:5g", "52:54:00:12:34:5",
    "52-54:00:12:34:56", "525400123456", "5254.0012.3456", "52:54:00:12:34:56 ", "52 54 00 12 34 56",
    "52:54:0:12:34:56", "*", "eth0", "37230", LL, "52:54:00:12:34:56/ff:ff:ff:00:00:00", "01-52-54-00-12-34-56",
    "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01",
)  # fmt: skip

MACHINE_IDS = (
    "", " ", "12", MACHINE_ID[:-1], MACHINE_ID + "0", MACHINE_ID[:-1] + "g", "0" * 32, "uninitialized",
    "/etc/machine-id", "{" + MACHINE_ID + "}", EN, "0x" + MACHINE_ID, "01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10",
    "nas",
)  # fmt: skip

NAMES = (
    "", " ", "my nas", "nas ", " nas", "-nas", "nas-", ".nas", "nas.", "_nas", "nas_", "nas--2", "nas/2", "nas{2}",
    'nas"', "nas;", "nas#2", "näs", "nas\n", "*", "nas,tv", "nas:2",
)  # fmt: skip

HOSTNAMES = (
    "", " ", "na s", "na_s", "-nas", "nas-", ".nas", "nas.", "nas..example.org", "a" * 64, ".".join(["a" * 60] * 5),
    "näs", "nas/2", "*.example.org", "nas,tv",
)  # fmt: skip

SUBNETS = (
    "",
    " ",
    "lan",
    "1",
    "2001:db8:0:1::",
    "2001:db8:0:1::1/64",
    "2001:db8:0:3::/64",
    "2001:db8:0:2::/64",
    "192.0.2.0/24",
)


WORDS: dict[str, tuple[str, ...]] = {
    "hwaddr": HWADDRS,
    "machine_id": MACHINE_IDS,
    "from_lease": ("", " ", ".", "..", " . "),
    "name": NAMES,
    "hostname": HOSTNAMES,
    "subnet": SUBNETS,
}


def cases() -> Iterator[Case]:
    """All of them, in the order of the file."""
    for case in _all_cases():
        # A slip that makes another good DUID of one cannot be seen.
        if case.message() is not None:
            yield case


def _all_cases() -> Iterator[Case]:
    for duid in dict.fromkeys(duids()):
        yield Case("kea", [entry(duid=duid)])
    for address in ADDRESSES:
        yield Case("kea", [entry(addresses=[address])])
    for prefix in PREFIXES:
        yield Case("kea", [entry(prefixes=[prefix])])
    for key, texts in WORDS.items():
        for text in texts:
            yield Case("kea", [entry(**{key: text})])
    yield from _whole_entries()


def _whole_entries() -> Iterator[Case]:
    tv = {"name": "tv", "duid": LL, "addresses": ["2001:db8:0:1::11"]}
    for hosts in (
        [entry(duid=None)],
        [entry(duid=LLT, hwaddr="52:54:00:12:34:56")],
        [entry(duid=LLT, machine_id=MACHINE_ID)],
        [entry(duid=LLT, from_lease="nas")],
        [entry(machine_id=MACHINE_ID, from_lease="nas")],
        [entry(duid=LLT, machine_id=MACHINE_ID, from_lease="nas", hwaddr="52:54:00:12:34:56")],
        [entry(addresses=[])],
        [entry(addresses=None)],
        [entry(addresses=[], hostname="nas")],
        [entry(addresses=[], prefixes=["2001:db8:100::/56"])],
        [entry(addresses=["2001:db8:0:1::10", "2001:db8:0:1::10"])],
        [entry(addresses=["2001:db8:0:1::10", "2001:DB8:0:1:0:0:0:10"])],
        [entry(addresses=["2001:db8:0:1::10", "2001:db8:0:3::10"])],
        [entry(addresses=["2001:db8:0:2::10"], subnet="2001:db8:0:1::/64")],
        [entry(), entry()],
        [entry(), tv, entry(name="box", addresses=["2001:db8:0:1::12"])],
        [entry(), {**tv, "name": "nas"}],
        [entry(hostname="nas"), {**tv, "hostname": "NAS"}],
        [entry(), {**tv, "addresses": ["2001:db8:0:1::10"]}],
        [entry(), {**tv, "duid": LLT.replace(":", "-").upper()}],
        [entry(machine_id=MACHINE_ID), {**tv, "duid": EN}],
        [entry(machine_id=MACHINE_ID), {"name": "clone", "machine_id": MACHINE_ID, "addresses": ["2001:db8:0:1::12"]}],
        [entry(hwaddr="52:54:00:12:34:56"), {"name": "b", "hwaddr": "52-54-00-12-34-56", "hostname": "b"}],
        [entry(from_lease="nas"), {"name": "b", "from_lease": "nas", "addresses": ["2001:db8:0:1::12"]}],
        [entry(prefixes=["2001:db8:100::/56"]), {**tv, "prefixes": ["2001:db8:100::/60"]}],
        [entry(prefixes=["2001:db8:100::/60"]), {**tv, "prefixes": ["2001:db8:100::/56"]}],
        [entry(prefixes=["2001:db8:100::/56", "2001:db8:100::/56"])],
        [entry(prefixes=["2001:db8:100::/56", "2001:db8:100:10::/60"])],
    ):
        yield Case("kea", hosts)
    two = entry(addresses=["2001:db8:0:1::10", "2001:db8:0:1::11"])
    for provider in ("dhcpd", "dnsmasq", "dhcp6s"):
        yield Case(provider, [two])
        yield Case(provider, [entry(addresses=["2001:db8:0:1::ff"])])
        yield Case(provider, [entry(duid="00:01:02")])
        yield Case(provider, [entry(duid="0:1:2")])
        yield Case(provider, [entry(name="old")])
        yield Case(provider, [entry(addresses=["2001:db8:0:3::10"])])
        yield Case(provider, [entry(prefixes=["2001:db8:100::/56"])])
        yield Case(provider, [entry(hwaddr="52:54")])
        yield Case(provider, [entry(), entry(name="tv")])
    for host in (
        entry(addresses=["2001:db8:0:1::1234"]),
        entry(hwaddr="52:54:00:12:34:56"),
        entry(addresses=[], hostname="nas"),
        entry(subnet="2001:db8:0:2::/64"),
        entry(duid="00:02:" + ":".join(["11"] * 128)),
    ):
        yield Case("dhcp6s", [host])
    yield Case("dhcpd", [entry(duid=None, hwaddr="52:54:00:12:34:56"), tv])
    yield Case("dnsmasq", [entry(), {**tv, "hostname": "NAS"}])
    for name in ("infinite", "ignore", "3600", "45m", "my_nas", "set.tag"):
        yield Case("dnsmasq", [entry(name=name)])
        yield Case("dnsmasq", [entry(hostname=name)])


def render(found: Iterator[Case]) -> str:
    """The file: the server and the entries, and indented below them what is said."""
    lines = []
    for case in found:
        lines += [f"{case.provider} {json.dumps(case.hosts, ensure_ascii=False)}", f"    {case.message()}", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    FILE.write_text(render(cases()))

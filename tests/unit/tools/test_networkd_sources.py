# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import tarfile
from io import BytesIO
from pathlib import Path

import pytest
from networkd_sources import Choice, Code, Key, Release, lines, manual, read, unpacked
from networkd_vocabulary import kinds, old_names, render, since, values

GPERF = """
%{
Header.Ignored, config_parse_bool, 0, 0
%%
Match.Name,          config_parse_match_ifnames, 0, offsetof(Network, match.ifname)
Network.Domains,     config_parse_domains, 0, 0
Network.AcceptRA,    config_parse_tristate, 0, offsetof(Network, ndisc)
Network.AcceptRouterAdvertisements, config_parse_tristate, 0, offsetof(Network, ndisc)
Network.UseDomains,  config_parse_use_domains, 0, offsetof(Network, use_domains)
Network.Forward,     config_parse_forward, 0, 0
Route.Type,          config_parse_route_section, ROUTE_TYPE, 0
Route.Id,            config_parse_uint32, /* relax = */ true, offsetof(Route, id) /* deprecated */
Route.Number,        config_parse_uint32, true, offsetof(Route, id)
Gone.Key,            config_parse_bool, 0, 0
/* backwards compatibility: do not add new entries to this section */
DHCP.UseDomains,     config_parse_use_domains, 0, offsetof(Network, use_domains)
"""
CODE = """
static const char* const use_domains_table[_USE_DOMAINS_MAX] = {
        [USE_DOMAINS_NO]    = "no",
        [USE_DOMAINS_ROUTE] = "route", /* a comment */
        [USE_DOMAINS_YES]   = "yes",
};

DEFINE_STRING_TABLE_LOOKUP_WITH_BOOLEAN(use_domains, UseDomains, USE_DOMAINS_YES);
DEFINE_CONFIG_PARSE_ENUM(config_parse_use_domains, use_domains, UseDomains);

static int config_parse_route_type(
                const char *rvalue) {

        if (streq(rvalue, "none"))
                return 0;
        if (STR_IN_SET(rvalue, "high", "low"))
                return 1;
        return log_syntax_parse_error(unit, filename, line, 0, lvalue, rvalue);
}

int config_parse_route_section(
                const char *rvalue) {

        static const ConfigSectionParser table[_ROUTE_CONF_PARSER_MAX] = {
                [ROUTE_TYPE] = { .parser = config_parse_route_type, .ltype = 0, .offset = 0, },
        };
        return config_section_parse(table, lvalue, ltype, rvalue, route);
}

int config_parse_domains(
                const char *rvalue) {

        if (streq(rvalue, "none"))
                return 0;
        return strv_extend(l, rvalue);
}

int config_parse_forward(
                const char *rvalue) {

        assert(filename);

        log_syntax(unit, LOG_WARNING, filename, line, 0,
                   "Forward= setting is deprecated. "
                   "Please use AcceptRA= instead.");
        return 0;
}

static const char* const netdev_kind_table[_NETDEV_KIND_MAX] = {
        [NETDEV_KIND_SIT] = "sit",
};
#define NETDEV_COMMON_SECTIONS "Match\\0NetDev\\0"
const NetDevVTable * const netdev_vtable[_NETDEV_KIND_MAX] = {
        [NETDEV_KIND_SIT] = &sit_vtable,
};
const NetDevVTable sit_vtable = {
        .sections = NETDEV_COMMON_SECTIONS "Tunnel\\0",
};
"""
READER = 'r = config_parse_many(\n paths,\n "Match\\0"\n "Network\\0"\n "DHCP\\0" /* compat */\n "Route\\0",\n lookup);'
PAGE = """<refentry>
<refsect1><title>[Network] Section Options</title><variablelist>
  <varlistentry><term><varname>AcceptRA=</varname></term><listitem><para>See &systemd;.</para>
    <variablelist><varlistentry><listitem><include xpointer="v256"/></listitem></varlistentry></variablelist>
    <xi:include xmlns:xi="x" href="version-info.xml" xpointer="v231"/></listitem></varlistentry>
  <varlistentry><term><varname>UseDomains=</varname></term><term><varname>Domains=</varname></term>
    <listitem><xi:include xmlns:xi="x" href="version-info.xml" xpointer="v256"/></listitem></varlistentry>
</variablelist></refsect1>
<xi:include xmlns:xi="x" href="tc.xml" xpointer="route"/>
</refentry>"""
SHARED = """<refsect1><refsect1 id="route"><title>[Route] Section Options</title>
  <varlistentry><term><varname>Type=</varname></term><listitem><para>Text</para></listitem></varlistentry>
  <varlistentry><term><varname>Number=</varname></term><listitem><para>Text</para></listitem></varlistentry>
</refsect1></refsect1>"""
FILES = {
    "src/network/networkd-network-gperf.gperf": GPERF,
    "src/network/netdev/netdev-gperf.gperf": "%%\nNetDev.Kind, config_parse_netdev_kind, 0, 0\n",
    "src/udev/net/link-config-gperf.gperf": "%%\nLink.Alias, config_parse_ifalias, 0, 0\n",
    "src/network/networkd-network.c": CODE + READER,
    "src/udev/net/link-config.c": 'config_parse_many(paths, "Link\\0", lookup);',
    "man/systemd.network.xml": PAGE,
    "man/systemd.netdev.xml": "<refentry/>",
    "man/systemd.link.xml": "<refentry/>",
    "man/tc.xml": SHARED,
}


def release(version: int, **changes: str) -> Release:
    gperf = GPERF
    for old, new in changes.items():
        gperf = "\n".join(line for line in gperf.splitlines() if f".{old}," not in line or new)
    return read(f"{version}.1-1", {**FILES, "src/network/networkd-network-gperf.gperf": gperf})


OLDER, NEWER = release(252, UseDomains=""), release(257)


def test_table_is_read_line_by_line() -> None:
    found = {f"{section}.{key.name}": key for section, key in lines(GPERF)}
    assert "Header.Ignored" not in found
    assert found["Route.Id"].target == ("config_parse_uint32", "true", "offsetof(Route, id)")
    assert [name for name, key in found.items() if key.marked] == ["Route.Id", "DHCP.UseDomains"]


def test_words_are_those_of_the_string_tables() -> None:
    network = NEWER.keys["network"]
    assert network["Network"]["UseDomains"].choice == Choice(("yes", "no", "route"))
    assert network["Network"]["AcceptRA"].choice == Choice(("yes", "no"))
    assert network["Route"]["Type"].choice == Choice(("none", "high", "low"))
    # More than what it is compared with.
    assert network["Network"]["Domains"].choice is None
    assert NEWER.kinds == {"sit": ["Match", "NetDev", "Tunnel"]}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('r = parse_boolean(rvalue);\nif (streq(rvalue, "auto"))\n', ("yes", "no", "auto")),
        ("r = parse_boolean(rvalue);\nr = safe_atou(rvalue, &u);\n", None),
        ("p = rvalue;\nr = parse_boolean(rvalue);\n", None),
        ("r = other_from_string(rvalue);\n", None),
        ('r = parse_boolean(rvalue);\nlog("For historical reasons");\nif (streq(rvalue, "both"))\n', ("both",)),
    ],
)
def test_function_is_followed_as_long_as_it_only_compares(body: str, words: tuple[str, ...] | None) -> None:
    code = Code(f"int config_parse_x(\n                const char *rvalue) {{\n{body}}}\n")
    assert code.choice("config_parse_x", "X") == (Choice(words) if words else None)


def test_manual_says_since_when() -> None:
    assert dict(manual(FILES, "systemd.network.xml")) == {
        ("Network", "AcceptRA"): 231,
        ("Network", "UseDomains"): 256,
        ("Network", "Domains"): 256,
        ("Route", "Type"): 0,
        ("Route", "Number"): 0,
    }
    both = [OLDER, NEWER]
    assert since(both, "network", "Network", "AcceptRA") == 231
    assert since(both, "network", "Network", "UseDomains") == 256
    # The older one has it: the manual means its text.
    assert since(both, "network", "Network", "Domains") == 0
    assert since(both, "network", "DHCP", "UseDomains") == 257


def test_section_that_is_not_read_is_left_out() -> None:
    assert sorted(NEWER.keys["network"]) == ["DHCP", "Match", "Network", "Route"]


def test_old_names_lead_to_the_new_ones() -> None:
    assert old_names([OLDER, NEWER], "network") == {
        "DHCP.UseDomains": "moved 256 Network.UseDomains",
        "Network.AcceptRouterAdvertisements": "renamed 231 Network.AcceptRA",
        "Network.Forward": "ignored 231 Network.AcceptRA",
        "Route.Id": "renamed 0 Route.Number",
    }


def test_what_is_written_names_the_packages() -> None:
    both = [OLDER, NEWER]
    text = render(both)
    assert "# 252.1-1 and 257.1-1\n" in text
    table: dict[str, object] = {}
    exec(text, table)  # noqa: S102 - it is a module
    assert (table["OLDEST"], table["NEWEST"]) == (252, 257)
    assert table["KINDS"] == {kind: " ".join(sections) for kind, sections in kinds(both).items()}
    assert values(both, "network")["Network.UseDomains"] == (["yes", "no", "route"], "")


def test_word_of_one_release_carries_it() -> None:
    old = Key("Mode", ("p", "0", "0"), False, 0, Choice(("a", "b")))
    new = Key("Mode", ("p", "0", "0"), False, 0, Choice(("b", "c")))
    both = [Release(v, f"{v}", {"link": {"Link": {"Mode": key}}}, {}) for v, key in ((252, old), (257, new))]
    assert values(both, "link") == {"Link.Mode": (["a@-252", "b", "c@257"], "")}


def test_archive_is_read_without_unpacking(tmp_path: Path) -> None:
    archive = tmp_path / "systemd.orig.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for path, text in {**FILES, "src/core/main.c": "int main;", "man/rules.py": ""}.items():
            member = tarfile.TarInfo(f"systemd-257/{path}")
            member.size = len(text.encode())
            tar.addfile(member, BytesIO(text.encode()))
    assert unpacked(archive) == FILES

# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.homelab.ipv6.plugins.module_utils._host import dnsmasq
from ansible_collections.homelab.ipv6.plugins.module_utils._host.dnsmasq import find
from ansible_collections.homelab.ipv6.plugins.module_utils._host.host import Host
from ansible_collections.homelab.ipv6.plugins.module_utils._plans.dhcp6_hosts import Options

OWN = "# what the user has\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("conf.d", "by-default", "hosts.d"):
        (tmp_path / name).mkdir()
    return tmp_path


def options(folder: Path, content: str | None = None) -> Options:
    return Options(
        str(folder / "main"), str(folder / "hosts"), content, True, None, True, True, True, "no-such-service"
    )


def write(folder: Path, files: dict[str, str]) -> dict[str, str]:
    for name, text in files.items():
        (folder / name).write_text(text)
    return {str(folder / name): text for name, text in files.items()}


def test_all_that_is_read_along_is_read_and_nothing_twice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    included = write(
        folder,
        {
            "first": f"conf-file={folder}/first\nconf-file={folder}/main\nconf-file={folder}/absent\n",
            "by-default/a": f"dhcp-hostsfile={folder}/more\n",
            "conf.d/a.conf": '"broken\n',
            "conf.d/homelab-ipv6.conf": "\n",
        },
    )
    listed = write(folder, {"more": OWN, "hosts.d/x": OWN})
    write(folder, {"conf.d/b": OWN, "hosts": OWN, "by-default/a.dpkg-old": OWN, "hosts.d/x~": OWN})
    write(folder, {"defaults": f"#CONFIG_DIR=/no\nCONFIG_DIR={folder}/by-default,.dpkg-old\n"})
    main = f"conf-file={folder}/first\nconf-dir={folder}/conf.d,*.conf\n"
    write(folder, {"main": main + f"dhcp-hostsdir={folder}/hosts.d\ndhcp-hostsfile={folder}/hosts\n"})
    monkeypatch.setattr(dnsmasq, "DEFAULTS", str(folder / "defaults"))
    monkeypatch.setattr(dnsmasq, "CONFIG_FILE", str(folder / "main"))
    found = find(Host(), options(folder))
    assert found.included == included
    assert found.listed == listed
    assert found.directory == f"{folder}/by-default,.dpkg-old"
    assert found.config is not None
    assert found.hosts is not None
    assert found.drop_in is None
    assert not found.active


def test_our_own_file_in_a_directory_is_found(folder: Path) -> None:
    write(folder, {"main": f"conf-dir={folder}/conf.d\n", "conf.d/homelab-ipv6.conf": OWN})
    found = find(Host(), options(folder))
    assert found.drop_in is not None
    assert found.drop_in.text == OWN


def test_a_configuration_elsewhere_is_no_service_of_debians(folder: Path) -> None:
    write(folder, {"main": f"conf-file={folder}/hosts\n"})
    found = find(Host(), options(folder, ""))
    assert (found.directory, found.included, found.listed, found.drop_in) == ("", {}, {}, None)

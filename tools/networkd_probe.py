# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a real systemd-networkd which sections, keys and values it takes, and print the answers as JSON.

Run it as root on a throw-away machine (a container of the lab): it fills the empty /etc/systemd/network,
lets systemd-networkd and udev read it in a network namespace of their own, and reads what they log about it.

The candidate names come out of the daemons themselves ("Section.Key" strings of their lookup tables) and out of the
vocabulary that is to be checked, which also says what to ask about: networkd_probe.py QUESTIONS, as printed by
networkd_vocabulary.py --questions. A candidate that is not complained about is one that the daemon knows.
The result is kept under tests/unit/plugins/module_utils/_formats/data/; unit tests hold the vocabulary against it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CONFIG = Path("/etc/systemd/network")
NAME = re.compile(rb"(?<![\w.-])([A-Z][A-Za-z0-9-]+)\.([A-Z][A-Za-z0-9-]+)\x00")
LINE = re.compile(r"(probe\d{6}\.\w+):(\d+): (.*)")
SECONDS = 60
KINDS = (
    "bareudp batadv bond bridge can dummy erspan fou geneve gre gretap hsr ifb ip6gre ip6gretap ip6tnl ipip ipoib "
    "ipvlan ipvtap l2tp macsec macvlan macvtap netdevsim nlmon sit tap tun vcan veth vlan vrf vti vti6 vxcan vxlan "
    "wireguard wlan xfrm"
).split()
SUFFIXES = ("network", "netdev", "link")
SECTION_LACKS = re.compile(r"Ignoring \[.+\] section")
# How it says so, other than "Unknown route scope".
UNKNOWN = ("Unknown section ", "Unknown key ")
MATCH = "[Match]\nName=no-such-link\n"
# Accepted as a boolean, whatever the case: a key that takes all of these and not NONSENSE is a boolean, or an enum
# that has the booleans among its values.
BOOLEANS = ("yes", "No", "TRUE", "off", "1", "0")
NONSENSE = "no-such-value"
# Values that some keys take beside the booleans.
WORDS = (
    "ipv4 ipv6 both any route resolve opportunistic allow-downgrade nearest-bridge non-tpmr-bridge customer-bridge "
    "routers-only prefer-public kernel always static dhcp dhcp-on-stop dynamic dynamic-on-stop auto degraded routable "
    "aggressive fallback v4 v6 120 10s up strict dhcpv6 query mac multicast 255"
).split()
# systemd.netdev(5): its [Match] has only conditions. They cannot be asked about, since a condition that does not hold
# ends the reading of the file.
NETDEV_MATCH = (
    "Architecture",
    "Credential",
    "Firmware",
    "Host",
    "KernelCommandLine",
    "KernelVersion",
    "Virtualization",
)


def binary(*candidates: str) -> Path:
    return next(path for path in map(Path, candidates) if path.exists())


NETWORKD = binary("/usr/lib/systemd/systemd-networkd", "/lib/systemd/systemd-networkd")
UDEVADM = binary("/usr/bin/udevadm", "/bin/udevadm")


def candidates(program: Path) -> list[tuple[str, str]]:
    """All that looks like Section.Key in a program, and what a linker may have merged into the end of a longer name.

    "PIE.Parent" lies in the binary only as the end of "FlowQueuePIE.Parent".
    """
    found = {(section.decode(), key.decode()) for section, key in NAME.findall(program.read_bytes())}
    ends = {(section[at:], key) for section, key in found for at in range(len(section)) if section[at].isupper()}
    return sorted(found | ends)


@dataclass(frozen=True)
class Question:
    """What does the daemon say to this one assignment, in a file of its own?

    A file each, since some values make systemd give up on the rest of a file.
    """

    suffix: str
    preamble: str
    section: str
    key: str
    value: str

    def text(self) -> str:
        return f"{self.preamble}[{self.section}]\n{self.key}={self.value}\n"


def complaints(questions: Sequence[Question]) -> dict[Question, str]:
    by_name = {f"probe{number:06d}.{question.suffix}": question for number, question in enumerate(questions)}
    for name, question in by_name.items():
        (CONFIG / name).write_text(question.text())
    try:
        log = read_links() if questions[0].suffix == "link" else read_networks()
    finally:
        for name in by_name:
            (CONFIG / name).unlink()
    said: dict[Question, str] = {}
    for name, number, text in LINE.findall(log):
        question = by_name[name]
        # What is said about the preamble (that a device has no name, say) or about what the section lacks is no answer.
        if int(number) > question.preamble.count("\n") and not SECTION_LACKS.search(text):
            said.setdefault(question, text)
    return said


ENVIRONMENT = {**os.environ, "SYSTEMD_LOG_LEVEL": "debug", "SYSTEMD_LOG_TARGET": "console"}


def run(command: list[str]) -> str:
    done = subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.stdout.decode("utf-8", "replace")


def read_networks() -> str:
    """Start networkd where it does no harm: without links, without the machine's /run; end it when it has read all."""
    prepare = "mount -t tmpfs none /run && mkdir -p /run/systemd/netif && chown -R systemd-network /run/systemd/netif"
    command = ["unshare", "--net", "--mount", "sh", "-c", f"{prepare} && exec timeout {SECONDS} {NETWORKD}"]
    log = ""
    with subprocess.Popen(
        command, env=ENVIRONMENT, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as daemon:
        for line in daemon.stdout or ():
            log += line
            if "Enumeration completed" in line:
                daemon.terminate()
                return log
    raise SystemExit("systemd-networkd did not get as far as having read its files:\n" + log[-2000:])


def read_links() -> str:
    return run([str(UDEVADM), "test-builtin", "net_setup_link", "/sys/class/net/lo"])


def known(
    contexts: dict[str, tuple[str, str]], names: list[tuple[str, str]], unknown: tuple[str, ...] = UNKNOWN
) -> dict[str, dict[str, list[str]]]:
    """Per context (a kind of file, or of device) the sections and keys that the daemon does not call unknown."""
    questions = {
        Question(suffix, preamble, section, key, NONSENSE): context
        for context, (suffix, preamble) in contexts.items()
        for section, key in names
    }
    said = complaints(list(questions))
    result: dict[str, dict[str, list[str]]] = {}
    for question, context in questions.items():
        if not said.get(question, "").startswith(unknown):
            result.setdefault(context, {}).setdefault(question.section, []).append(question.key)
    return result


def booleans(suffix: str, preamble: str, keys: dict[str, list[str]]) -> list[str]:
    """`Section.Key` of those that take every spelling of a boolean and nothing else."""
    questions = [
        Question(suffix, preamble, section, key, value)
        for section, names in keys.items()
        for key in names
        for value in (*BOOLEANS, *WORDS, NONSENSE)
    ]
    said = complaints(questions)
    taken: dict[str, set[str]] = {}
    for question in questions:
        if question not in said:
            taken.setdefault(f"{question.section}.{question.key}", set()).add(question.value)
    return sorted(name for name, tries in taken.items() if tries == set(BOOLEANS))


def netdev_preamble(kind: str) -> str:
    return f"[NetDev]\nName=probe0\nKind={kind}\n"


def main() -> None:
    if any(CONFIG.iterdir()):
        raise SystemExit(f"{CONFIG} is not empty: this is for a throw-away machine")
    asked = json.loads(Path(sys.argv[1]).read_text())
    more = {file: {(section, key) for where, section, key in asked["names"] if where == file} for file in SUFFIXES}
    match = MATCH
    names = sorted({*candidates(NETWORKD), *more["network"], *more["netdev"]})
    kinds = real_kinds()
    contexts = {kind: ("netdev", netdev_preamble(kind)) for kind in kinds}
    netdev_names = [name for name in names if name[0] != "Match"]
    sections = known(contexts, first_keys(netdev_names), ("Unknown section ",))
    of_kinds = {
        kind: known({kind: contexts[kind]}, [name for name in netdev_names if name[0] in sections[kind]])[kind]
        for kind in distinct(sections)
    }
    network = known({"network": ("network", match)}, names)["network"]
    link = known({"link": ("link", match)}, sorted({*candidates(UDEVADM), *more["link"]}))["link"]
    answer = {
        "version": int(run(["systemctl", "--version"]).split()[1]),
        "network": network,
        "link": link,
        "kinds": {kind: sorted(sections[kind]) for kind in kinds},
        "netdev": {
            "Match": list(NETDEV_MATCH),
            **{section: keys for found in of_kinds.values() for section, keys in found.items()},
        },
        "booleans": {
            "network": booleans("network", match, network),
            "link": booleans("link", match, link),
            "netdev": sorted({n for k, keys in of_kinds.items() for n in booleans("netdev", netdev_preamble(k), keys)}),
        },
        "words": {suffix: words(suffix, asked["words"]) for suffix in SUFFIXES},
    }
    json.dump(answer, sys.stdout, sort_keys=True, separators=(",", ":"))
    print()


def preamble(suffix: str, kind: str, section: str) -> str:
    """What a file needs besides the section that is asked about."""
    if suffix == "netdev":
        return "" if section == "NetDev" else netdev_preamble(kind)
    return MATCH


def words(suffix: str, asked: list[list[str]]) -> dict[str, str]:
    """`Section.Key` -> those of the words that are asked about, and of NONSENSE, that it takes without a complaint."""
    wanted = [each[1:] for each in asked if each[0] == suffix]
    nonsense = {tuple(each[:3]): [*each[:3], NONSENSE] for each in wanted}
    questions = [
        Question(suffix, preamble(suffix, kind, section), section, key, value)
        for kind, section, key, value in [*wanted, *nonsense.values()]
    ]
    said = complaints(questions)
    taken: dict[str, list[str]] = {f"{question.section}.{question.key}": [] for question in questions}
    for question in questions:
        if question not in said:
            taken[f"{question.section}.{question.key}"].append(question.value)
    for question, text in said.items() if os.environ.get("NETWORKD_PROBE_SAYS") else ():
        print(f"{suffix}: [{question.section}] {question.key}={question.value}: {text}", file=sys.stderr)
    return {name: " ".join(values) for name, values in taken.items()}


def first_keys(names: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return list(dict(reversed(names)).items())


def distinct(sections: dict[str, dict[str, list[str]]]) -> list[str]:
    """One kind for each set of sections, since the keys hang on the section."""
    return list({tuple(sorted(found)): kind for kind, found in sections.items()}.values())


def real_kinds() -> list[str]:
    questions = [Question("netdev", "", "NetDev", "Kind", kind) for kind in KINDS]
    said = complaints(questions)
    return [question.value for question in questions if question not in said]


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of Samba and CUPS, and the holes in a firewall, that follow from the options of the role samba_server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._formats import cups_conf, smb_conf
from .._formats.cups_conf import Block, Directive
from .._formats.smb_conf import Section
from .._values.lan import Network
from .._values.samba import IPP_PORT, SMB_PORT
from . import samba_server_announce
from .firewall_holes import read_match
from .options import OptionReader
from .samba_server_options import Printer, Server, Share, read

IPV6 = 6
CUPS_SOCKET = "/run/cups/cups.sock"
LOOPBACK = ("127.0.0.0/8", "::1")
LINK_LOCAL = "fe80::/10"
# The guest, who does not print: where nobody is named, accounts of former users are not let in either.
NOBODY = "nobody"
# A directory where everybody may put a file, and take away only his own.
SPOOL = "/var/tmp"  # noqa: S108  Debian's smb.conf has them there, too
# Whoever is in a share stays in it while Samba reads the file anew. Where these change, all have to come anew.
WHO_AND_WHAT = ("path", "valid users", "guest ok", "read only", "printable")
# What stands in cups-files.conf as long as there is a queue that writes files. The last word counts there.
FILE_DEVICE = "# The role homelab.ipv6.samba_server has a queue that writes into a file.\nFileDevice Yes\n"
# The operations on a job that are its owner's, as cupsd.conf has them by default.
ON_ONES_OWN_JOB = (
    "Send-Document Send-URI Hold-Job Release-Job Restart-Job Purge-Jobs Set-Job-Attributes Create-Job-Subscription "
    "Renew-Subscription Cancel-Subscription Get-Notifications Reprocess-Job Cancel-Current-Job Suspend-Current-Job "
    "Resume-Job Cancel-My-Jobs Close-Job CUPS-Move-Job CUPS-Get-Document Cancel-Job CUPS-Authenticate-Job"
)
ON_QUEUES = (
    "CUPS-Add-Modify-Printer CUPS-Delete-Printer CUPS-Add-Modify-Class CUPS-Delete-Class CUPS-Set-Default "
    "CUPS-Get-Devices Pause-Printer Resume-Printer Enable-Printer Disable-Printer Pause-Printer-After-Current-Job "
    "Hold-New-Jobs Release-Held-New-Jobs Deactivate-Printer Activate-Printer Restart-Printer Shutdown-Printer "
    "Startup-Printer Promote-Job Schedule-Job-After Cancel-Jobs CUPS-Accept-Jobs CUPS-Reject-Jobs"
)


def plan(options: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """Read the options, and write both configurations.

    :param options: the role's, by name without its prefix
    :param found: what `samba_server_options.read` needs to know of the host
    """
    server, problems = read(options, found)
    if server is None:
        return {"problems": problems}
    return {
        "problems": [],
        "smb_conf": smb_conf.render(sections(server)),
        "cupsd_conf": cups_conf.render(cupsd(server)),
        "prefixes": [str(prefix) for prefix in server.prefixes],
        "addresses": list(server.addresses),
        "firewall": firewall(server),
        "services": services(server),
        **samba_server_announce.files(list(server.lans)),
        "queues": [_queue(printer) for printer in server.printers],
        "shows_printers": any(printer.samba for printer in server.printers),
        "cups_files": cups_files(
            str(found.get("cups_files", "")), any(printer.uri.startswith("file:") for printer in server.printers)
        ),
        "reloads": reloads(str(found.get("smb_conf", "")), sections(server)),
    }


def cups_files(text: str, writes_files: bool) -> str:
    """cups-files.conf, which is CUPS's own, with what a queue for files needs, or without."""
    bare = text.replace(FILE_DEVICE, "")
    if not writes_files:
        return bare
    return bare + ("\n" if bare and not bare.endswith("\n") else "") + FILE_DEVICE


def reloads(text: str, wanted: Sequence[Section]) -> bool:
    """Whether a Samba that runs with this smb.conf takes the new one as it runs, so that nobody's copy is cut short.

    A share that goes, or lets in others than before, does not: who is in it would stay. Nor does a new printer, of
    which Samba notes down too little then (see smbd.conf.j2).
    """
    before = {section.name: section.settings for section in smb_conf.parse(text)}
    after = {section.name: section.settings for section in wanted}
    if before.get("global") != after["global"]:
        return False
    kept = all(
        name in after and all(settings.get(key) == after[name].get(key) for key in WHO_AND_WHAT)
        for name, settings in before.items()
    )
    return kept and not any("printable" in after[name] for name in after if name not in before)


def sections(server: Server) -> list[Section]:
    """smb.conf: what is the same for all, then each share and printer."""
    common = {
        "workgroup": server.workgroup,
        "server string": server.description,
        "server role": "standalone server",
        # Samba listens at addresses of these alone. Without loopback smbpasswd and Samba's own parts do not reach it.
        "interfaces": " ".join(["lo", *server.lans]),
        "bind interfaces only": "yes",
        "hosts allow": " ".join([*LOOPBACK, LINK_LOCAL, *map(str, server.prefixes)]),
        # NetBIOS knows IPv4 alone, and SMB1 is broken.
        "smb ports": str(SMB_PORT),
        "disable netbios": "yes",
        "server min protocol": "SMB2_02",
        "server signing": "mandatory",
        "map to guest": "bad user" if any(share.guest for share in server.shares) else "never",
        "log file": "/var/log/samba/log.%m",
        "max log size": "1000",
        **_printing(server),
        **server.settings,
    }
    shares = [_share(share, server.users) for share in server.shares]
    printers = [_printer(printer, server.users) for printer in server.printers if printer.samba]
    return [Section("global", common), *shares, *printers]


def _printing(server: Server) -> dict[str, str]:
    if not any(printer.samba for printer in server.printers):
        return {"load printers": "no", "printing": "bsd", "printcap name": "/dev/null", "disable spoolss": "yes"}
    # Printers have sections of their own: they are there at once, and also while CUPS is away.
    asked = {"printing": "cups", "printcap name": "cups", "load printers": "no"}
    return {**asked, "cups server": server.cups_server} if server.cups_server else asked


def _share(share: Share, users: Sequence[str]) -> Section:
    settings = {
        "path": share.path,
        "comment": share.comment,
        "read only": "no" if share.writable else "yes",
        "browseable": "yes" if share.browseable else "no",
        "guest ok": "yes" if share.guest else "no",
        # Samba keeps the accounts of those who are not named any more. They come in as little as anybody else.
        "valid users": "" if share.guest else " ".join(share.users or users),
        **share.settings,
    }
    return Section(share.name, {key: value for key, value in settings.items() if value})


def _printer(printer: Printer, users: Sequence[str]) -> Section:
    settings = {
        "path": SPOOL,
        "comment": printer.description,
        "printable": "yes",
        "printer name": printer.name,
        "guest ok": "no",
        "valid users": " ".join(users) or NOBODY,
        "create mask": "0700",
    }
    return Section(printer.name, {key: value for key, value in settings.items() if value})


def cupsd(server: Server) -> list[cups_conf.Item]:
    """cupsd.conf: the LAN may print, root on this machine may do anything."""
    listen = ["127.0.0.1", "[::1]", *(_bracketed(address) for address in server.addresses)]
    lan = [f"[{LINK_LOCAL.partition('/')[0]}]/10", *(_cups_network(prefix) for prefix in server.prefixes)]
    return [
        Directive("LogLevel", "warn"),
        Directive("MaxLogSize", "1m"),
        Directive("ErrorPolicy", "retry-job"),
        *(Directive("Listen", f"{address}:{IPP_PORT}") for address in listen),
        Directive("Listen", CUPS_SOCKET),
        *(Directive("ServerAlias", name) for name in server.names),
        # cupsd would end when it has nothing to do: systemd starts it again for its socket, for the LAN nobody does.
        Directive("IdleExitTimeout", "0"),
        # Queues are written down at once, for whoever reads printers.conf.
        Directive("DirtyCleanInterval", "0"),
        *_browsing(server),
        Directive("DefaultAuthType", "Basic"),
        Directive("WebInterface", "No"),
        _location("/", lan),
        _location("/admin", []),
        _location("/admin/conf", []),
        _location("/admin/log", []),
        Block("Policy", "default", (*_privacy(), *_limits())),
    ]


def _browsing(server: Server) -> list[cups_conf.Item]:
    if samba_server_announce.AVAHI not in server.announce:
        return [Directive("Browsing", "No")]
    return [Directive("Browsing", "Yes"), Directive("BrowseLocalProtocols", "dnssd")]


def _location(path: str, lan: list[str]) -> Block:
    allowed = ["127.0.0.0/8", "[::1]", *lan]
    return Block("Location", path, (Directive("Order", "allow,deny"), *(Directive("Allow", one) for one in allowed)))


def _privacy() -> list[cups_conf.Item]:
    names = ("JobPrivateAccess", "JobPrivateValues", "SubscriptionPrivateAccess", "SubscriptionPrivateValues")
    return [Directive(name, "default") for name in names]


def _limits() -> list[cups_conf.Item]:
    order = Directive("Order", "deny,allow")
    owner = Directive("Require", "user @OWNER @SYSTEM")
    administrator = (Directive("AuthType", "Default"), Directive("Require", "user @SYSTEM"), order)
    return [
        Block("Limit", "Create-Job Print-Job Print-URI Validate-Job", (order,)),
        Block("Limit", ON_ONES_OWN_JOB, (owner, order)),
        Block("Limit", ON_QUEUES, administrator),
        Block("Limit", "All", (order,)),
    ]


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _cups_network(prefix: Network) -> str:
    return f"{_bracketed(str(prefix.network_address))}/{prefix.prefixlen}"


def firewall(server: Server) -> dict[str, Any]:
    """What the role firewall is told, and the rules for its table, whoever has made that; it decides about IPv6."""
    ports = [str(SMB_PORT), *([str(IPP_PORT)] if server.cups else [])]
    # Never without any: a hole for no sources is one for all, and with IPv4 prefixes alone there are none of IPv6.
    sources = [LINK_LOCAL, *(str(prefix) for prefix in server.prefixes if prefix.version == IPV6)]
    hole = {"name": "files and printers", "protocol": "tcp", "ports": ports, "interfaces": list(server.lans)}
    holes = [
        {**hole, "sources": sources},
        *samba_server_announce.holes(server.announce, list(server.lans), sources),
    ]
    reader = OptionReader("")
    rules = {one["name"]: read_match(reader, "", one, ipv4=False)[IPV6] for one in holes}
    return {
        "outside": list(server.lans),
        "inside": [
            {"interface": name, "prefixes": [str(prefix) for prefix in lan if prefix.version == IPV6]}
            for name, lan in server.lans.items()
        ],
        "holes": "".join(f'{match} counter accept comment "{name}"\n' for name, match in rules.items()),
    }


def services(server: Server) -> list[dict[str, Any]]:
    """What has to listen where."""
    units = {"smbd.service": SMB_PORT, **({"cups.service": IPP_PORT} if server.cups else {})}
    at = ["127.0.0.1", "::1", *server.addresses]
    return [{"unit": unit, "port": port, "addresses": at} for unit, port in units.items()]


def _queue(printer: Printer) -> dict[str, str]:
    return {
        "name": printer.name,
        "uri": printer.uri,
        "driver": printer.driver,
        "description": printer.description,
        "location": printer.location,
    }

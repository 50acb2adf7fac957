# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The code that goes back, as one file that lies on the host and that Python runs."""

from __future__ import annotations

import importlib.util
import io
import marshal
import zipfile

from .._values.errors import Fault

# What the program needs besides Python, as files below module_utils. A test runs it with these alone.
PARTS = (
    "_formats/way_back", "_formats/way_back_network", "_formats/way_back_units",
    "_host/durable", "_host/host", "_host/locks", "_host/way_back", "_host/way_back_files", "_host/way_back_look",
    "_host/way_back_program", "_host/way_back_revert", "_host/way_back_store",
    "_plans/plan", "_plans/way_back", "_plans/way_back_links", "_plans/way_back_systemd", "_plans/way_back_units",
    "_values/errors",
)  # fmt: skip
PACKAGE = "homelab_ipv6"
MAIN = f"import sys\nfrom {PACKAGE}._host.way_back_revert import main\nsys.exit(main(sys.argv[1:]))\n"
# Flags of a compiled file (PEP 552): it has a hash for a date, and is not compared with its source.
UNCHECKED_HASH = 0b01


def program() -> bytes:
    """A ZIP file of this very code, wherever it was loaded from.

    Compiled, since there is no time to lose once it runs; and as source, since a Python of another release, where the
    change has brought one, takes nothing else.
    """
    # Ansible's payload holds what is imported somewhere.
    from . import way_back_revert

    package = way_back_revert.__name__.rpartition("._host.")[0]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for room in ("", "_formats/", "_host/", "_plans/", "_values/"):
            archive.writestr(f"{PACKAGE}/{room}__init__.py", "")
        for part in PARTS:
            path = f"{PACKAGE}/{part}.py"
            source = _source(f"{package}.{part.replace('/', '.')}")
            archive.writestr(path, source)
            archive.writestr(path + "c", _compiled(source, path))
        archive.writestr("__main__.py", MAIN)
    return buffer.getvalue()


def _source(module: str) -> str:
    spec = importlib.util.find_spec(module)
    # Ansible's payload is a ZIP file, a test's a directory: both of their loaders know the source.
    source = spec.loader.get_source(module) if spec and spec.loader and hasattr(spec.loader, "get_source") else None
    if source is None:
        raise Fault("arm the way back", f"the source of {module} is not in the payload", "Nothing was changed.")
    return str(source)


def _compiled(source: str, path: str) -> bytes:
    code = compile(source, path, "exec", dont_inherit=True)
    header = importlib.util.MAGIC_NUMBER + UNCHECKED_HASH.to_bytes(4, "little")
    return header + importlib.util.source_hash(source.encode()) + marshal.dumps(code)

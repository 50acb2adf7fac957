# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: Contributors to homelab.ipv6
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Daemons that take commands over a UNIX socket."""

from __future__ import annotations

import socket
import time

from .._values.errors import Fault


def ask(path: str, request: str, timeout: float) -> str:
    """Send one request and read the answer to its end.

    :raises Fault: nobody listens, or no answer comes in time
    """
    what = "talk to " + path
    deadline = time.monotonic() + timeout
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(path)
            connection.sendall(request.encode())
            parts: list[bytes] = []
            while True:
                # One that sends a little now and then has no more time than one that sends nothing.
                connection.settimeout(max(0.001, deadline - time.monotonic()))
                part = connection.recv(65536)
                if not part:
                    break
                parts.append(part)
    except socket.timeout:
        raise Fault(what, f"no answer within {timeout:g} s") from None
    except OSError as error:
        raise Fault(what, error.strerror or str(error)) from None
    return b"".join(parts).decode(errors="surrogateescape")

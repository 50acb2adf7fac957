# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the images that are missing; each is known by a hash of all that went into it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from . import finish_rootfs, paths, recipes
from .run import execute, lock, step

PREFIX = "localhost/homelab-ipv6-"
DEFAULT_MIRROR = "http://deb.debian.org/debian"
START = [f'CMD ["/{finish_rootfs.INIT}"]', "STOPSIGNAL SIGRTMIN+3"]

# Packages start no services while an image is made.
FULL_SCRIPT = """
set -e
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive
apt-get -q -y --no-install-recommends install {packages}
rm /usr/sbin/policy-rc.d
for unit in radvd kea-dhcp6-server isc-dhcp-server nftables; do systemctl disable "$unit"; done
apt-get clean
"""


def podman(*arguments: str, timeout: float = 60, check: bool = True) -> str:
    return execute([str(paths.ENTER), "podman", *arguments], timeout=timeout, check=check).stdout.strip()


def has_image(reference: str) -> bool:
    argv = [str(paths.ENTER), "podman", "image", "exists", reference]
    return execute(argv, timeout=60, check=False).returncode == 0


def fingerprint(*parts: object) -> str:
    # The code that finishes the root file system is part of what goes in.
    code = Path(finish_rootfs.__file__).read_bytes()
    return hashlib.sha256(repr((parts, recipes.DPKG_OPTIONS)).encode() + code).hexdigest()[:12]


def mmdebstrap(recipe: recipes.Recipe, target: Path, extra: tuple[str, ...] = ()) -> None:
    mirror = os.environ.get("HOMELAB_IPV6_MIRROR", DEFAULT_MIRROR)
    hook = f'PYTHONPATH={paths.LAB} python3 -m homelab_lab.finish_rootfs "$1" {" ".join(recipe.repository)}'
    arguments = [f"--dpkgopt={option}" for option in recipes.DPKG_OPTIONS]
    execute(
        ["nice", "mmdebstrap", "--mode=root", "--variant=minbase", "--components=main", "--skip=cleanup/apt/lists",
         *arguments,
         f"--include={','.join(recipe.packages)}", f"--customize-hook={hook}", *extra,
         recipe.suite, str(target), *sources(recipe.suite, mirror)],
        timeout=1500,
    )  # fmt: skip


def sources(suite: str, mirror: str) -> list[str]:
    if mirror == DEFAULT_MIRROR:
        return []  # mmdebstrap's own choice: the release, its updates and its security updates
    return [f"deb {mirror} {suite} main"]


def build_container(name: str) -> None:
    recipe = recipes.container_recipe(name)
    tagged = f"{PREFIX}{name}:{fingerprint(recipe)}"
    if not has_image(tagged):
        with step(f"building image {name}"), tempfile.TemporaryDirectory(dir=paths.cache()) as scratch:
            tar = Path(scratch) / "root.tar"
            mmdebstrap(recipe, tar)
            changes = [word for change in START for word in ("-c", change)]
            podman("import", "--quiet", *changes, str(tar), tagged, timeout=300)
    podman("tag", tagged, f"{PREFIX}{name}:latest")


def build_full(name: str) -> None:
    """The same with the roles' packages installed and switched off, for scenarios that do not test installing."""
    recipe = recipes.container_recipe(name)
    tagged = f"{PREFIX}{name}-full:{fingerprint(recipe, FULL_SCRIPT)}"
    if not has_image(tagged):
        with step(f"building image {name}-full"):
            script = FULL_SCRIPT.format(packages=" ".join(recipe.repository))
            base = f"{PREFIX}{name}:{fingerprint(recipe)}"
            work = f"homelab-ipv6-build-{os.getpid()}"
            try:
                podman("run", "--name", work, "--privileged", "--network=none", base, "sh", "-c", script, timeout=600)
                changes = [word for change in START for word in ("-c", change)]
                podman("commit", "--quiet", *changes, work, tagged, timeout=300)
            finally:
                podman("rm", "--force", "--ignore", work)
    podman("tag", tagged, f"{PREFIX}{name}-full:latest")


def build_containers(names: list[str]) -> None:
    with lock(paths.cache() / "images.lock", "building images", timeout=2400):
        for name in names:
            build_container(name)
            build_full(name)

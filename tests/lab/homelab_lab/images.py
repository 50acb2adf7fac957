# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the images that are missing; each is known by a hash of all that went into it."""

from __future__ import annotations

import hashlib
import os
import shlex
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import finish_rootfs, initrd, kernel, paths, pruning, recipes
from .run import execute, lock, step

PREFIX = "localhost/homelab-ipv6-"
DISK_SIZE = "3G"
DEFAULT_MIRROR = "http://deb.debian.org/debian"
START = [f'CMD ["/{finish_rootfs.INIT}"]', "STOPSIGNAL SIGRTMIN+3"]

# Packages start no services while an image is made.
VARIANT_SCRIPT = """
set -e
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive
apt-get -q -y --no-install-recommends install {packages}
rm /usr/sbin/policy-rc.d
for unit in {units}; do
    systemctl disable "$unit"
done
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


def mmdebstrap(recipe: recipes.Recipe, target: Path, form: str) -> None:
    mirror = os.environ.get("HOMELAB_IPV6_MIRROR", DEFAULT_MIRROR)
    with_kernel = f"--kernel={recipe.kernel} " if recipe.kernel else ""
    packages = " ".join(recipe.repository)
    more = f"--suite={recipe.suite} {with_kernel}--containers='{' '.join(recipe.containers)}'"
    hook = f'PYTHONPATH={shlex.quote(str(paths.LAB))} python3 -m homelab_lab.finish_rootfs {more} "$1" {packages}'
    arguments = [f"--dpkgopt={option}" for option in recipes.DPKG_OPTIONS]
    execute(
        # In a mount namespace of its own: whatever ends it, no mount is left under a directory that we then delete.
        ["unshare", "--mount", "nice", "mmdebstrap", "--mode=root", "--variant=minbase", "--components=main",
         "--skip=cleanup/apt/lists", *arguments,
         f"--include={','.join(recipe.packages)}", f"--customize-hook={hook}", f"--format={form}",
         recipe.suite, str(target), *sources(recipe.suite, mirror)],
        timeout=1500,
    )  # fmt: skip


def sources(suite: str, mirror: str) -> list[str]:
    if mirror == DEFAULT_MIRROR:
        return []  # mmdebstrap's own choice: the release, its updates and its security updates
    return [f"deb {mirror} {suite} main"]


def build_container(name: str) -> bool:
    """Whether it had to be made."""
    recipe = recipes.container_recipe(name)
    tagged = f"{PREFIX}{name}:{fingerprint(recipe)}"
    made = not has_image(tagged)
    if made:
        with step(f"building image {name}"), tempfile.TemporaryDirectory(dir=paths.cache()) as scratch:
            tar = Path(scratch) / "root.tar"
            mmdebstrap(recipe, tar, "tar")
            changes = [word for change in START for word in ("-c", change)]
            podman("import", "--quiet", *changes, str(tar), tagged, timeout=300)
    pruning.used_tag(tagged, PREFIX)
    podman("tag", tagged, f"{PREFIX}{name}:latest")
    return made


def build_variant(name: str, variant: str) -> bool:
    """Whether it had to be made; its container image, with more packages, is there already."""
    recipe, more = recipes.container_recipe(name), recipes.VARIANTS[variant]
    script = VARIANT_SCRIPT.format(packages=" ".join(more.packages), units=" ".join(more.units))
    tagged = f"{PREFIX}{name}-{variant}:{fingerprint(recipe, script)}"
    made = not has_image(tagged)
    if made:
        with step(f"building image {name}-{variant}"):
            base = f"{PREFIX}{name}:{fingerprint(recipe)}"
            work = f"homelab-ipv6-build-{os.getpid()}"
            try:
                podman("run", "--name", work, "--privileged", "--network=none", base, "sh", "-c", script, timeout=600)
                changes = [word for change in START for word in ("-c", change)]
                podman("commit", "--quiet", *changes, work, tagged, timeout=300)
            finally:
                podman("rm", "--force", "--ignore", work)
    pruning.used_tag(tagged, PREFIX)
    podman("tag", tagged, f"{PREFIX}{name}-{variant}:latest")
    return made


@dataclass(frozen=True)
class MachineImage:
    """What a virtual machine boots: all read-only."""

    folder: Path

    @property
    def disk(self) -> Path:
        return self.folder / "root.ext4"

    @property
    def kernel(self) -> Path:
        return self.folder / "vmlinux"

    @property
    def initrd(self) -> Path:
        return self.folder / "initrd"


def machine_image(name: str) -> MachineImage:
    recipe = recipes.machine_recipe(name)
    code = Path(initrd.__file__).read_bytes() + Path(kernel.__file__).read_bytes()
    return MachineImage(paths.cache() / "machines" / f"{name}-{fingerprint(recipe, DISK_SIZE, code)}")


def build_machine(name: str) -> MachineImage:
    image = machine_image(name)
    with lock(paths.cache() / "images.lock", "building images", timeout=2400):
        pruning.used(image.folder.name)
        if not image.folder.exists():
            with step(f"building machine image {name}"):
                _build_machine(recipes.machine_recipe(name), image.folder)
            pruning.prune_folders(image.folder.parent, name)
    return image


def _build_machine(recipe: recipes.Recipe, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=paths.cache()) as scratch:
        root, made = Path(scratch) / "root", MachineImage(Path(scratch) / "image")
        made.folder.mkdir()
        mmdebstrap(recipe, root, "directory")
        (boot,) = (root / "boot").glob("vmlinuz-*")
        made.kernel.write_bytes(kernel.extract(boot.read_bytes()))
        initrd.build(root / "usr/lib/modules" / boot.name.removeprefix("vmlinuz-"), made.initrd)
        execute(["mkfs.ext4", "-q", "-L", "root", "-d", str(root), str(made.disk), DISK_SIZE], timeout=300)
        # Complete or not there at all: an interrupted build leaves nothing that looks like an image.
        made.folder.rename(target)


def build_containers(names: Sequence[str], variants: Sequence[str] = ("full",)) -> None:
    with lock(paths.cache() / "images.lock", "building images", timeout=2400):
        made = [build_container(name) for name in names]
        made += [build_variant(name, variant) for name in names for variant in variants]
        if any(made):
            pruning.prune_tags(PREFIX)

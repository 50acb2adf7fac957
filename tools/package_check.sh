#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the collection as a user gets it, installs it into an empty place without asking Galaxy, and has ansible-doc
# show from there every plugin and role that this checkout has.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/common.sh

cache=$PWD/.cache/package
copy_checkout "$cache/source"
rm -rf "$cache/built" "$cache/installed"
ansible-galaxy collection build --output-path "$cache/built" "$cache/source"
# Away from the checkout, whose link would win over the installed copy.
cd "$cache"
export ANSIBLE_COLLECTIONS_PATH=$cache/installed
ansible-galaxy collection install --offline --no-deps -p "$cache/installed" "$cache"/built/homelab-ipv6-*.tar.gz

installed=$cache/installed/ansible_collections/homelab/ipv6
for left_out in .ci .gitignore .venv Makefile tests tools; do
    [[ ! -e $installed/$left_out ]] || { say "$left_out belongs in galaxy.yml's build_ignore"; exit 1; }
done

shown() { # KIND FOLDER SUFFIX: ansible-doc has documentation, as a KIND, of everything in FOLDER that ends in SUFFIX
    local path name names=()
    for path in "$cache/source/$2"/*"$3"; do
        name=$(basename "$path" "$3")
        [[ ! -e $path || $name == __init__ ]] || names+=("homelab.ipv6.$name")
    done
    ((${#names[@]} > 0)) || return 0
    ansible-doc --type "$1" --json "${names[@]}" >"$cache/docs.json"
    python - "$1" "$cache/docs.json" "${names[@]}" <<'PYTHON'
import json
import sys
from pathlib import Path

kind, path, *names = sys.argv[1:]
found = json.loads(Path(path).read_text(encoding="utf-8"))
undocumented = [name for name in names if not (found.get(name, {}).get("doc") or found.get(name, {}).get("entry_points"))]
if undocumented:
    sys.exit(f"ansible-doc shows no documentation of the {kind} {', '.join(undocumented)}")
print(f"{kind}: {', '.join(names)}")
PYTHON
}
shown module plugins/modules .py
shown connection plugins/connection .py
shown inventory plugins/inventory .py
shown filter plugins/filter .yml
shown role roles ""

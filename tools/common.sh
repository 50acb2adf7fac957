# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# For the scripts here to source.

say() { printf '%s\n' "$*" >&2; }

install_debian() {
    if [[ $EUID -ne 0 ]] || ! command -v apt-get >/dev/null; then
        say "Missing: $*. Install them (on Debian: apt-get install $*) and run make again."
        return 1
    fi
    say "Installing $*"
    apt-get update -q >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >&2
}

# python_of MINOR [MODULE…]: prints the path of a Python of this version that has these modules, or fails. A name on
# PATH is not enough to go by: version managers put shims there that start nothing.
python_of() {
    local minor=$1 candidate
    shift
    for candidate in "python$minor" python3 "/usr/local/bin/python$minor" "/usr/bin/python$minor" \
        "${PYENV_ROOT:-$HOME/.pyenv}/versions/$minor".*/bin/python3; do
        # The base of a virtual environment, not the environment, since that may be what is about to be replaced.
        "$candidate" - "$minor" "$@" 2>/dev/null <<'PYTHON' && return
import importlib
import sys

if "%d.%d" % sys.version_info[:2] != sys.argv[1]:
    sys.exit(1)
for name in sys.argv[2:]:
    importlib.import_module(name)
print(sys._base_executable)
PYTHON
    done
    return 1
}

# copy_checkout FOLDER: all files of this checkout, committed or not, without what git ignores.
copy_checkout() {
    rm -rf "$1"
    mkdir -p "$1"
    # A file that is deleted and not yet committed is still listed.
    git ls-files -z --cached --others --exclude-standard |
        while IFS= read -r -d '' file; do if [[ -e $file ]]; then printf '%s\0' "$file"; fi; done |
        tar --null --no-recursion -T - -c | tar -x -C "$1"
}

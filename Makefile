# SPDX-License-Identifier: GPL-3.0-or-later
# The one entry point: `make check` for every day, `make test` for all there is, `make help` for the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export VENV ?= .venv
export VENV_PYTHON
BIN := $(VENV)/bin
# This checkout, under the name homelab.ipv6 and before any installed copy; the collections of the `ansible`
# package come after it.
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.cache/collections
# Each start of Ansible loads some 400 files: compiled anew, that takes longer than most of what it then does. Some
# containers for CI forbid Python to keep what it has compiled.
unexport PYTHONDONTWRITEBYTECODE
# Commands that Ansible starts by name come from the environment.
export PATH := $(abspath $(BIN)):$(PATH)

# One argument of tools/stage.sh for each target.
stages = $(foreach target,$(1),"$(target)=$(MAKE) $(target)")
# The two that take long first: `make check` runs two at a time.
CHECK := lint-ansible unit lint-python lint-yaml lint-changelog types
SCENARIOS := $(patsubst molecule/%/molecule.yml,molecule-%,$(wildcard molecule/*/molecule.yml))
# What `make test` runs two at a time. The longest first, so that the others find room beside it.
LONGEST := molecule-tunnel wayback molecule-dhcp6_server
# Its clients have seconds to answer in, and eight machines are at work as it is.
ALONE := molecule-dhcp6_clients
TOGETHER := $(LONGEST) $(CHECK) sanity docs package-check $(filter-out $(LONGEST) $(ALONE),$(SCENARIOS))

##@ Every day
.PHONY: demo venv check fix
demo: venv ## see it work: a router, a tunnel, a machine on the LAN
	@tests/lab/demo

venv: ## make .venv: the newest supported Python of this machine with the pinned tools
	@tools/venv.sh

check: venv ## lint, types and unit tests
	@tools/stage.sh --together $(call stages,$(CHECK))

fix: venv ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

##@ The parts of check
.PHONY: lint-python lint-yaml lint-changelog lint-ansible types unit
lint-python: venv ## ruff, and the syntax of the oldest Python of a managed host
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	tools/oldest_python.sh

lint-yaml: venv ## yamllint
	$(BIN)/yamllint --strict .

lint-changelog: venv ## changelog fragments
	$(BIN)/antsibull-changelog lint

lint-ansible: venv ## ansible-lint, production profile
	$(BIN)/ansible-lint -q --strict

types: venv ## mypy --strict on what runs on managed hosts and on the tools
	tools/types.sh

unit: venv ## unit tests with coverage, which is whole for what reads values and formats
	$(BIN)/pytest tests/unit --cov --cov-report=term
	$(BIN)/coverage report --include='plugins/module_utils/_values/*,plugins/module_utils/_formats/*' --fail-under=100

##@ Before a release
.PHONY: test test-tools lab netns wayback $(SCENARIOS) sanity docs build package-check
test: venv ## all there is: check, what follows here, and each Molecule scenario on machines of the lab
	@HOMELAB_ALL_TOOLS=1 tools/stage.sh \
	    $(call stages,test-tools lab netns $(ALONE)) --together $(call stages,$(TOGETHER))

test-tools: venv ## what unit tests hold our parsers against: kea-dhcp6, dhcpd, radvd, nft
	tools/test_tools.sh

# What the lab itself needs, for each target that may be the first to ask for a machine.
.PHONY: lab-host
lab-host:
	@tests/lab/setup-host.sh

lab: venv lab-host ## the machines to test on: host packages, images, and whether they are what tests/lab/README.md says
	tests/lab/lab images --machine
	tests/lab/enter $(BIN)/pytest tests/lab --lab-machine container

netns: venv ## packets through the firewall in network namespaces, and each of its rules left out once
	$(BIN)/pytest tests/netns

wayback: venv lab-host ## hosts broken in all the ways in which people lose them, and how long they take to come back
	tests/lab/lab images $${HOMELAB_LAB_SYSTEM:-debian12}
	$(BIN)/pytest tests/wayback

# Not a part of `make test`: an emulated machine boots for a minute or two after each cut.
.PHONY: power-cut
power-cut: venv lab-host ## a machine whose power goes while static hosts are written, ten times, and what it then has
	$(BIN)/pytest tests/power_cut

# Likewise: a server that is gone is waited for, again and again.
.PHONY: cifs-mount
cifs-mount: venv lab-host ## shares mounted by Debian's kernel in the virtual machine, with a server that restarts, moves and goes
	$(BIN)/pytest tests/cifs_mount

# Likewise: the kernel that runs the tests may know no VLANs.
.PHONY: vlans
vlans: venv lab-host ## frames with and without tags through the role's bridge, on Debian's kernel in the virtual machine
	$(BIN)/pytest tests/vlans

# A part of `make test`, which has a fifth of the moments.
.PHONY: kills
kills: venv test-tools ## modules killed at 100 moments while they write, and what is then there
	HOMELAB_KILLS=100 $(BIN)/pytest tests/unit/plugins/modules/test_killed_modules.py

# Not a part of `make test`, which has the first half.
.PHONY: matrix
matrix: venv ## every DHCPv6 server with every client, on each release: who gets which address, and keeps it
	molecule/run test -s dhcp6_clients
	HOMELAB_ONE_RELEASE=13 HOMELAB_OTHER_RELEASE=12 molecule/run test -s dhcp6_clients

# molecule-NAME: one scenario alone.
$(SCENARIOS): molecule-%: venv
	molecule/run test -s $*

sanity: venv ## ansible-test sanity
	tools/sanity.sh

docs: venv ## antsibull-docs on all documentation
	$(BIN)/antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=dependent .

build: venv ## the collection as a tarball for ansible-galaxy collection install
	$(BIN)/ansible-galaxy collection build --force

package-check: venv ## build, install into an empty place, and look whether all documentation is there
	tools/package_check.sh

##@ Measured
.PHONY: bench-sysctl bench-router bench-way-back bench-bridge bench-hosts bench-containers bench-services bench-files
bench-sysctl: venv lab-host ## sysctl_set against a loop of ansible.posix.sysctl, in a container of the lab
	tests/lab/lab images debian12
	tests/lab/enter $(BIN)/python bench/sysctl_set.py

bench-router: venv lab-host ## a converge of the router role with nothing to do against ansible -m setup, likewise
	tests/lab/lab images debian12
	tests/lab/enter $(BIN)/python bench/router_noop.py

bench-way-back: venv lab-host ## what the router role pays for its way back against ansible -m ping, likewise
	tests/lab/lab images debian12
	tests/lab/enter $(BIN)/python bench/way_back.py

bench-bridge: venv lab-host ## for how long a host is away while its card is plugged into a bridge, likewise
	tests/lab/lab images --variant full
	tests/lab/enter $(BIN)/python bench/bridge.py

bench-hosts: venv test-tools ## dhcp6_hosts with 10,000 hosts against kea-dhcp6 -t, with 200 against a loop of blockinfile
	$(BIN)/python bench/dhcp6_hosts.py

bench-containers: venv lab-host ## ten containers at once against hand-written ones, twenty with nothing to do against one
	tests/lab/lab images --variant nspawn debian12
	tests/lab/enter $(BIN)/python bench/containers.py

bench-services: venv lab-host ## restarts under load, and sockets of systemd against a server's own, in a container of the lab
	tests/lab/lab images --variant twisted debian13
	tests/lab/enter $(BIN)/python bench/dual_stack.py

bench-files: venv lab-host ## files and printers: what loopback is worth to Samba, IPv6 against IPv4, a client without its server
	tests/lab/lab images --variant samba debian12
	tests/lab/enter $(BIN)/python bench/samba_cups.py

##@ Upkeep
.PHONY: readme lock clean help
readme: venv ## write each role's README.md from its argument specs and example
	$(BIN)/python tools/role_readme.py

lock: venv ## resolve requirements/tools.in anew
	@tools/lock.sh

clean: ## remove everything that make made in this checkout
	rm -rf .ansible .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache .venv tests/output

help:
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	    /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

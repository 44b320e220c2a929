# The first of these that is new enough and can make an environment is used; name another with PYTHON=.
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11
# More words for chadchat serve, for pytest or for uv: make test ARGS="-m 'not browser' -x"
ARGS ?=
# The page into which make torture writes its table of results
TABLE ?=

PIP = .venv/bin/python -m pip --disable-pip-version-check --quiet
LOCKED = --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-emit-index-url \
	--no-header $(ARGS)
LOCK = .venv/bin/uv pip compile pyproject.toml --extra pictures $(LOCKED)
LOCKED_GROUP = .venv/bin/uv pip compile $(LOCKED)

.DEFAULT_GOAL := help
.PHONY: help run setup test torture check sbom bench screenshots docs lock clean setup-dev setup-browser

help: ## List what make can do here
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s  %s\n", $$1, $$2 }' Makefile

run: setup ## Start chadchat on http://127.0.0.1:8000 (ARGS="--port 9000" for another place)
	@.venv/bin/chadchat serve $(ARGS)

setup: .venv/setup ## Install chadchat and its pinned dependencies into .venv

test: setup-dev setup-browser check ## Check the code, then run every test (ARGS=tests/domain for those of one folder)
	.venv/bin/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

torture: setup-dev setup-browser .venv-clients/made ## Hold chadchat to its promises with the full counts (ARGS="-k p01" for one; TABLE=docs/reliability.md notes the results)
	CHADCHAT_TORTURE=1 CHADCHAT_TABLE=$(TABLE) .venv/bin/python -m pytest tests/reliability tests/browser/test_cuts.py --override-ini faulthandler_timeout=3600 $(ARGS)

check: setup-dev ## Check format, lint and types, and look for known holes
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/bandit --configfile pyproject.toml --quiet --recursive chadchat hatch_build.py
	.venv/bin/python -m tests.audit

sbom: setup-dev ## Write what chadchat is made of to sbom.json (CycloneDX)
	.venv/bin/cyclonedx-py requirements --output-reproducible --output-format JSON --output-file sbom.json requirements.txt

bench: setup ## Measure chadchat next to others (ARGS=--short: 3 minutes)
	@.venv/bin/python -m bench $(ARGS)

screenshots: setup-dev setup-browser ## Take the README's pictures anew
	.venv/bin/python -m tests.browser.screenshot

docs: setup-dev ## Write docs/settings.md anew from chadchat/settings.py
	.venv/bin/python -m tests.settings_page

lock: setup-dev ## Pin the dependencies anew (ARGS=--upgrade for the newest); needs npm
	$(LOCK) --output-file requirements.txt
	$(LOCK) --output-file requirements-dev.txt --group dev --constraint requirements.txt
	$(LOCKED_GROUP) --group build --output-file requirements-build.txt --constraint requirements-dev.txt
	$(LOCKED_GROUP) --group npm --output-file requirements-npm.txt
	.venv/bin/uv pip compile bench/peers/requirements.in $(LOCKED) --output-file bench/peers/requirements.txt
	.venv/bin/uv pip compile tests/reliability/clients/requirements.in $(LOCKED) --output-file tests/reliability/clients/requirements.txt --constraint requirements-dev.txt
	cd bench/peers/socketio_node && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved
	cd tests/reliability/clients && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved
	cd static && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved

clean: ## Remove everything that make and the tools have made
	rm -rf sbom.json .venv .venv-bench tests/reliability/clients/node_modules .venv-clients dist bench/results static/vendor .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup-dev: .venv/setup-dev
setup-browser:
	@sh tests/setup-browser.sh

# The stamps are inside the environment, so they go when it goes.
# Everything is installed by its hash, what builds chadchat as well: in isolation pip would fetch that by name. An npm is
# only needed where the browser libraries are not in place yet, and fetched only where there is none.
.venv/setup: .venv/checkout pyproject.toml requirements.txt requirements-build.txt requirements-npm.txt hatch_build.py \
		static/package-lock.json static/vendor
	@echo "Installing chadchat into .venv"
	@$(PIP) install --require-hashes --requirement requirements.txt
	@$(PIP) install --require-hashes --requirement requirements-build.txt
	@.venv/bin/python hatch_build.py || $(PIP) install --require-hashes --requirement requirements-npm.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/setup-dev: .venv/setup requirements-dev.txt
	@echo "Installing what the tests need into .venv"
	@$(PIP) install --require-hashes --requirement requirements-dev.txt
	@touch $@

# The stream clients of Python that only make torture runs: some are not kept any more, and two have the same name.
.venv-clients/made: .venv/setup-dev tests/reliability/clients/requirements.txt
	@echo "Installing the stream clients of make torture"
	@.venv/bin/python -m venv --clear $(@D)
	@$(@D)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --requirement tests/reliability/clients/requirements.txt
	@touch $@

# Made by the installation: where it is missing, this makes the stamp stale.
static/vendor:

# An environment that was copied or moved along with its checkout would still run the code at the old place.
ifneq ($(shell cat .venv/checkout 2>/dev/null),$(CURDIR))
.PHONY: .venv/checkout
endif
.venv/checkout:
	@found=; ready=; for python in $(PYTHON); do \
	    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; found=$$python; \
	    "$$python" -c 'import ensurepip, venv' 2>/dev/null && ready=$$python && break; \
	done; \
	if [ -z "$$found" ]; then \
	    echo "chadchat needs Python 3.11 or newer: install it, or name it with make PYTHON=/path/to/python3." >&2; exit 1; \
	elif [ -z "$$ready" ]; then \
	    echo "$$found cannot make virtual environments: install its venv module (Debian: apt-get install python3-venv)." >&2; exit 1; \
	fi; \
	"$$ready" -m venv --clear .venv
	@echo "$(CURDIR)" > $@

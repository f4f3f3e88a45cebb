# On a fresh machine with Python 3.11+ and make:
#   make serve   set up and serve the help center (PORT=8000 HOST=127.0.0.1)
#   make test    set up (the browser too) and run all tests

HOST ?= 127.0.0.1
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.setup-done
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
    --no-emit-index-url
PIP_INSTALL := pip install --quiet --disable-pip-version-check --require-hashes

# Keep compiled modules, whatever the shell says. Otherwise every test process compiles all of them.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup serve test unit browser check format docs messages picture bench catalog lock update clean

help:  ## Show the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(SETUP)  ## Create .venv with everything in it

$(SETUP): requirements-dev.lock pyproject.toml
	@python=$$(for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	    command -v $$name >/dev/null && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    && echo $$name && break; done); \
	if [ -z "$$python" ]; then echo "make: Python 3.11 or newer is missing; install it and try again" >&2; exit 1; fi; \
	$$python -c 'import ensurepip' 2>/dev/null \
	  || { echo "make: Python's venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }; \
	$$python -m venv $(VENV)
	@$(BIN)/$(PIP_INSTALL) -r requirements-dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

serve: setup  ## Serve the help center
	@$(BIN)/helpcenter serve --host $(HOST) --port $(PORT)

test: setup browser-ready nginx-ready vnu-ready observatory-ready  ## Run all tests except those that take minutes
	@$(BIN)/pytest -m "not hardening" -n 3 --dist loadfile --no-loadscope-reorder

# Folders without a quick test: only to collect them would take a tenth of the time.
NOT_QUICK := browser fuzz hardening operating

unit: setup  ## Run the quick tests (no browser)
	@$(BIN)/pytest -m "not browser and not slow" -n 2 \
	    $(NOT_QUICK:%=--ignore=tests/%) -p no:playwright -p no:schemathesis

browser: setup browser-ready  ## Run the tests in a real browser
	@$(BIN)/pytest -m browser -n 2

HARDENING := tests/hardening tests/web/test_attacks.py tests/web/test_connections.py \
    tests/web/test_hostile_input.py tests/web/test_insights_cache.py tests/web/test_live.py \
    tests/feedback/test_failures.py tests/feedback/test_served.py tests/diagnosis/test_hostile.py

.PHONY: hardening fuzz
hardening: setup browser-ready  ## Try to break a running server (about 20 minutes)
	@timeout --foreground --signal=INT 30m $(BIN)/pytest -rs --durations=10 $(HARDENING)

FUZZ_SECONDS ?= 600

fuzz: setup  ## Feed random texts to all readers of texts, for FUZZ_SECONDS (600)
	@test -d .fuzz/packages || $(BIN)/$(PIP_INSTALL) --target .fuzz/packages -r requirements-fuzz.lock
	@$(BIN)/python -m tests.fuzz $(FUZZ_SECONDS)

.PHONY: browser-ready
browser-ready: setup
	@$(BIN)/python -m tests.browser.chromium

.PHONY: nginx-ready
nginx-ready: setup
	@$(BIN)/python -m tests.operating.nginx

.PHONY: vnu-ready
vnu-ready: setup
	@$(BIN)/python -m tests.web.vnu

.PHONY: observatory-ready
observatory-ready: setup
	@$(BIN)/python -m tests.operating.observatory

check: setup  ## Lint, types, import contracts, content, generated docs
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/helpcenter check
	@$(BIN)/python -m app.development.reference --check
	@$(BIN)/python -m app.development.catalogs --check

format: setup  ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: setup  ## Write the generated pages of docs/
	@$(BIN)/python -m app.development.reference

messages: setup  ## Update the catalogs of the interface
	@$(BIN)/python -m app.development.catalogs

picture: browser-ready  ## Draw static/social.png from docs/images/social.svg
	@$(BIN)/python -m tests.browser.picture

bench: setup  ## Measure everything and write docs/performance.md
	@$(BIN)/python -m bench

catalog: setup  ## Compare our error codes with those of a pinned ccxt
	@test -x .venv-ccxt/bin/python || $(BIN)/python -m venv .venv-ccxt
	@.venv-ccxt/bin/$(PIP_INSTALL) -r requirements-ccxt.lock
	@$(BIN)/python -m bench.catalog .venv-ccxt/bin/python

lock: setup  ## Pin the dependencies of pyproject.toml; existing pins stay
	@$(BIN)/$(COMPILE) $(UPGRADE) pyproject.toml --extra dev --output-file requirements-dev.lock
	@$(BIN)/$(COMPILE) pyproject.toml --constraint requirements-dev.lock --output-file requirements.lock

update: setup  ## Update every pin and htmx (needs npm), then check and test
	@$(MAKE) --no-print-directory lock UPGRADE=--upgrade
	@$(BIN)/python -m app.development.vendored
	@$(MAKE) --no-print-directory docs check test

clean:  ## Remove everything that setup made
	rm -rf $(VENV) .venv-ccxt .fuzz/packages .mypy_cache .ruff_cache .pytest_cache \
	    .import_linter_cache .hypothesis .coverage htmlcov

# One line of help per target; each sets up .venv by itself on first use.
PYTHON ?= python3
BIN := .venv/bin
UV := .venv/uv/bin/uv
export VIRTUAL_ENV := $(CURDIR)/.venv
export UV_NO_PROGRESS := 1

.DEFAULT_GOAL := help

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1\t/' | while IFS="$$(printf '\t')" read -r name text; do printf '  make %-9s %s\n' "$$name" "$$text"; done

up: .venv/installed ## start the whole platform (stop it with Ctrl-C)
	@$(BIN)/insitechart up $(ARGS)

# what starts whole platforms is not to be in the way of others of its kind, nor clusters of theirs; both go on side by side
test: .venv/installed-dev .venv/client/installed ## run every test
ifeq ($(strip $(ARGS)),)
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile tests/integration tests/api tests/unit
	@$(BIN)/python -m pytest tests/flows tests/faults > .venv/flows-and-faults.log 2>&1 & beside=$$!; \
	$(BIN)/python -m pytest tests/acceptance; platforms=$$?; \
	wait $$beside; flows=$$?; cat .venv/flows-and-faults.log; [ $$platforms -eq 0 ] && [ $$flows -eq 0 ]
else
	@$(BIN)/python -m pytest $(ARGS)
endif

lint: .venv/installed-dev ## check style, types, the direction of imports, and every manifest and rule
	@$(BIN)/ruff format --check --diff .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m deployments.checks

format: .venv/installed-dev ## write the code as ruff would
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

evaluate: .venv/installed ## measure how right the scorers are, and publish it
	@$(BIN)/insitechart evaluate --data "$${INSITECHART_TEST_DATA:-../shared/data}" $(ARGS)

bench: .venv/installed-dev ## measure, each figure beside its raw baseline
	@$(BIN)/python -m benchmarks $(ARGS)

browser: .venv/installed-dev ## open the pages in a real browser
	@$(BIN)/python -m pytest tests/browser $(ARGS)

soak: .venv/installed-dev ## collect from failing providers while the collector is killed (about an hour)
	@$(BIN)/python -m tests.faults $(ARGS)

trials: .venv/installed-dev ## spoil backups in a hundred ways, verify sound ones twenty times, follow every runbook
	@INSITECHART_TRIALS=all $(BIN)/python -m pytest tests/integration/test_spoiled_backups.py tests/integration/test_base_backup.py tests/acceptance/test_runbooks.py $(ARGS)

fuzz: .venv/installed-dev ## ask the API for everything its document allows, and for what it does not
	@$(BIN)/python -m tests.fuzz $(ARGS)

vendor: ## renew what pages load that others made (npm is needed)
	@set -e; folder=$$(mktemp -d); cd $$folder; npm pack --silent lightweight-charts@5 >/dev/null; tar xzf lightweight-charts-*.tgz; \
	cp package/dist/lightweight-charts.standalone.production.mjs "$(CURDIR)/api/page/static/vendor/lightweight-charts.js"; \
	cp package/LICENSE "$(CURDIR)/api/page/static/vendor/lightweight-charts.LICENSE.txt"; \
	sed -n "s/^.*\"version\": \"\(.*\)\".*$$/lightweight-charts \1/p" package/package.json; rm -r $$folder

lock: $(UV) ## renew requirements.lock, -dev.lock and -client.lock
	@$(UV) pip compile requirements.in -o requirements.lock --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet $(ARGS)
	@$(UV) pip compile requirements-dev.in -o requirements-dev.lock -c requirements.lock --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet $(ARGS)
	@$(UV) pip compile requirements-client.in -o requirements-client.lock --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet $(ARGS)

clean: ## remove the environment, caches and builds; collected data stays
	@rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .benchmarks
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "InsiteChart needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 up")'
	@echo "Setting up .venv (once, about a minute) …"
	@$(PYTHON) -m venv .venv
	@$(PYTHON) -m venv .venv/uv
	@.venv/uv/bin/python -m pip --disable-pip-version-check --quiet install 'uv>=0.9'

.venv/installed: requirements.lock pyproject.toml | $(UV)
	@$(UV) pip install --quiet --require-hashes -r requirements.lock
	@$(UV) pip install --quiet --no-deps -e .
	@touch $@

.venv/installed-dev: requirements-dev.lock .venv/installed
	@$(UV) pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

# a generator of clients, apart from everything: its typer is not the one that prefect takes
.venv/client/installed: requirements-client.lock | $(UV)
	@$(PYTHON) -m venv .venv/client
	@VIRTUAL_ENV=$(CURDIR)/.venv/client $(UV) pip install --quiet --require-hashes -r requirements-client.lock
	@touch $@

.PHONY: help up test lint format evaluate bench soak trials fuzz vendor lock clean

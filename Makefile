# One line of help per target; each sets up .venv by itself on first use.
PYTHON ?= python3
BIN := .venv/bin
UV := .venv/uv/bin/uv
export VIRTUAL_ENV := $(CURDIR)/.venv
export UV_NO_PROGRESS := 1

.DEFAULT_GOAL := help

help: ## show this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## */\1\t/' | while IFS="$$(printf '\t')" read -r name text; do printf '  make %-14s %s\n' "$$name" "$$text"; done

up: .venv/installed ## start the whole platform (stop it with Ctrl-C)
	@$(BIN)/insitechart up $(ARGS)

# takes minutes each, and belongs to make trials
AT_LENGTH := tests/integration/test_release.py tests/integration/test_release_killed.py tests/integration/test_base_backup_bucket.py \
	tests/integration/test_drill_application.py tests/flows/test_rescore.py tests/faults/test_soak.py tests/acceptance/test_runbooks.py \
	tests/acceptance/test_site_drill.py tests/integration/test_drill_faults.py tests/integration/test_drill_promotion.py \
	tests/api/stream/test_killed.py tests/flows/test_drill.py tests/flows/test_dask_cluster.py tests/faults/test_killed_drill.py

# a test waits for its database for a third of its time
WORKERS := $(shell cores=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); [ "$$cores" -lt 4 ] && expr "$$cores" + 1 || echo 4)

# what starts whole platforms is not to be in the way of others of its kind, nor clusters of theirs; both go on side by side,
# and the shorter of them is followed by one way through the pages
test: .venv/installed-dev .venv/client/installed ## run the tests; those that take minutes each belong to make trials
ifeq ($(strip $(ARGS)),)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(AT_LENGTH:%=--ignore=%) tests/integration tests/api tests/unit
	@{ $(BIN)/python -m pytest $(AT_LENGTH:%=--ignore=%) tests/flows; flows=$$?; \
	$(BIN)/python -m pytest -m journey tests/browser && [ $$flows -eq 0 ]; } > .venv/beside.log 2>&1 & beside=$$!; \
	$(BIN)/python -m pytest $(AT_LENGTH:%=--ignore=%) tests/acceptance tests/faults; platforms=$$?; \
	wait $$beside; others=$$?; cat .venv/beside.log; [ $$platforms -eq 0 ] && [ $$others -eq 0 ]
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

browser: .venv/installed-dev ## open all pages in a real browser, Debian's chromium (make test goes one way through them)
	@$(BIN)/python -m pytest tests/browser $(ARGS)

soak: .venv/installed-dev ## collect from failing providers while the collector is killed (about an hour)
	@$(BIN)/python -m tests.faults $(ARGS)

TRIALS := $(AT_LENGTH) tests/integration/test_spoiled_backups.py tests/integration/test_base_backup.py \
	tests/unit/test_finance.py tests/unit/test_vader.py tests/unit/test_korean.py tests/unit/test_resolver_robust.py tests/unit/test_backup_sealing.py \
	tests/api/test_at_once.py tests/api/test_hot_direct.py tests/api/test_fuzz.py

trials: .venv/installed-dev ## all that is left to chance at length: spoiled backups, hostile texts, every runbook
	@INSITECHART_TRIALS=all $(BIN)/python -m pytest $(TRIALS) $(ARGS)

# POSTGRES_IMAGE is what serves the database: its programs go into the image, so that backups are taken by what wrote the data
IMAGE ?= insitechart:0.1.0
POSTGRES_IMAGE ?= timescale/timescaledb:2.20.3-pg17

image: ## build the container image (POSTGRES_IMAGE=… is the database that it is for)
	@docker build --network=host --build-arg POSTGRES_IMAGE=$(POSTGRES_IMAGE) --build-arg REVISION=$$(git rev-parse HEAD 2>/dev/null || echo unknown) \
	  --build-arg CREATED=$$(date -u +%Y-%m-%dT%H:%M:%SZ) -t $(IMAGE) $(ARGS) .
	@docker image inspect --format '{{.Size}} bytes, {{len .RootFS.Layers}} layers' $(IMAGE)

secrets: ## make what is missing of deployments/compose/secrets (NAMES="api.example.com" for the certificate of a first try)
	@mkdir -p -m 0700 deployments/compose/secrets
	@docker run --rm --network none --user 0 -v $(CURDIR)/deployments/compose/secrets:/secrets $(IMAGE) python -m deployments.compose.prepare /secrets $(NAMES)

container-test: .venv/installed-dev ## build the image, run the whole stack, kill each container, leave nothing (10 minutes)
	@$(BIN)/python -m tests.container $(ARGS)

fuzz: .venv/installed-dev ## ask the API for everything its document allows, and for what it does not
	@$(BIN)/python -m tests.fuzz $(ARGS)

cluster-test: .venv/installed-dev ## try the manifests and flows on the cluster that KUBECONFIG names (docs/kubernetes.md)
	@INSITECHART_CLUSTER_TEST=1 $(BIN)/python -m pytest -n 0 --timeout 900 $(if $(WHOLE),,-m "not further") tests/cluster $(ARGS)

audit: audit-code audit-packages ## look for weak code (offline) and for known holes in what is installed (asks a service)

audit-code: .venv/audit/installed ## look for weak code, without any network
	@.venv/audit/bin/bandit --quiet --recursive --configfile pyproject.toml --severity-level medium api deployments flows lib

# every package with its hash, as it is installed; nothing of ours is sent
audit-packages: .venv/audit/installed ## ask the vulnerability service of PyPI about every locked package
	@.venv/audit/bin/pip-audit --strict --require-hashes --disable-pip --requirement requirements.lock $(ARGS)

sbom: .venv/audit/installed ## write down every locked package with its hash, as build/sbom.json (CycloneDX)
	@mkdir -p build
	@.venv/audit/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --no-validate --of JSON -o build/sbom.json requirements.lock
	@echo "build/sbom.json"

smoke: .venv/installed-dev ## look whether the site at BASE_URL is well; changes nothing
	@$(BIN)/python -m pytest -n 0 tests/smoke --base-url "$(BASE_URL)" $(ARGS)

e2e: .venv/installed-dev ## go through the site at BASE_URL as a person would, with an account that is deleted at the end
	@$(BIN)/python -m pytest -n 0 tests/e2e --base-url "$(BASE_URL)" --mail-command "$${MAIL_COMMAND:-grep -lF \"\$$TO\" $${INSITECHART_HOME:-.insitechart}/mail/*.eml | xargs cat}" $(ARGS)

# the three services and the schema are left to the release flow, all else is brought to IMAGE before it
deploy: .venv/installed ## bring IMAGE into ENVIRONMENT (staging, production) by the release flow
	@test -d "k8s/overlays/$(ENVIRONMENT)" || { echo "ENVIRONMENT is staging or production"; exit 2; }
	@test -n "$(IMAGE)" || { echo "Say which: IMAGE=registry/insitechart:1.2.3"; exit 2; }
	@mkdir -p build
	@kubectl kustomize "k8s/overlays/$(ENVIRONMENT)" > build/deploy.yaml
	@sed -E -i 's#^([ -]*(image|value): )insitechart(:[^ ]*)?$$#\1$(IMAGE)#' build/deploy.yaml
	@namespace="$$(sed -n 's/^namespace: *//p' "k8s/overlays/$(ENVIRONMENT)/kustomization.yaml")" && \
	kubectl --namespace "$$namespace" delete job record-deployments --ignore-not-found && \
	kubectl apply --filename build/deploy.yaml --selector 'app.kubernetes.io/component notin (stocks,sentiment,users,migrate)' && \
	kubectl --namespace "$$namespace" wait --for=condition=complete --timeout=600s job/record-deployments
	@$(BIN)/prefect deployment run release/blue-green --param image="$(IMAGE)" --param dry_run=false --watch

rollback: .venv/installed ## bring the former release back, in the cluster of PREFECT_API_URL
	@$(BIN)/prefect deployment run release/rollback --param dry_run=false --watch

tell: .venv/installed ## tell everybody in INSITECHART_NOTIFY_URLS: STATE (ok, failed, info), TITLE, BODY
	@$(BIN)/python -m deployments.tell "$${STATE}" "$${TITLE}" "$${BODY}"

vendor: ## renew what pages load that others made (npm is needed)
	@set -e; folder=$$(mktemp -d); cd $$folder; npm pack --silent lightweight-charts@5 >/dev/null; tar xzf lightweight-charts-*.tgz; \
	cp package/dist/lightweight-charts.standalone.production.mjs "$(CURDIR)/api/page/static/vendor/lightweight-charts.js"; \
	cp package/LICENSE "$(CURDIR)/api/page/static/vendor/lightweight-charts.LICENSE.txt"; \
	sed -n "s/^.*\"version\": \"\(.*\)\".*$$/lightweight-charts \1/p" package/package.json; rm -r $$folder

lock: $(UV) ## renew requirements.lock, -dev.lock, -client.lock and -audit.lock
	@$(UV) pip compile requirements.in -o requirements.lock --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet $(ARGS)
	@$(UV) pip compile requirements-dev.in -o requirements-dev.lock -c requirements.lock --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet $(ARGS)
	@$(UV) pip compile requirements-client.in -o requirements-client.lock --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet $(ARGS)
	@$(UV) pip compile requirements-audit.in -o requirements-audit.lock --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet $(ARGS)

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

.venv/audit/installed: requirements-audit.lock | $(UV)
	@$(PYTHON) -m venv .venv/audit
	@VIRTUAL_ENV=$(CURDIR)/.venv/audit $(UV) pip install --quiet --require-hashes -r requirements-audit.lock
	@touch $@

.PHONY: help up test lint format evaluate bench soak trials fuzz image secrets container-test cluster-test audit audit-code audit-packages sbom smoke \
	e2e browser deploy rollback tell vendor lock clean

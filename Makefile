# Everything a contributor or a new user types. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin
SOURCES := pyproject.toml hatch_build.py $(shell git ls-files -co --exclude-standard ui 2>/dev/null)

.PHONY: help demo test check fmt e2e e2e-kubernetes fuzz bench image pictures lock clean setup

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

demo: .venv/run.ok ## the blog post on this machine (ARGS="--once --json" passes flags on)
	@$(BIN)/clew demo $(ARGS)

test: .venv/dev.ok ## all tests, end-to-end ones with the real Envoy, store and browser included
	@scripts/packages
	@$(BIN)/python -m scripts.clickhouse_server
	$(BIN)/python scripts/npm.py test --silent
	$(BIN)/pytest tests e2e $(ARGS)

check: .venv/dev.ok ## lint, format, types, import contracts, pages' types and lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python scripts/npm.py run check --silent

fmt: .venv/dev.ok ## format and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

e2e: .venv/dev.ok ## only the end-to-end tests
	@scripts/packages
	@$(BIN)/python -m scripts.clickhouse_server
	$(BIN)/python scripts/npm.py --version >/dev/null
	$(BIN)/pytest e2e $(ARGS)

e2e-kubernetes: .venv/dev.ok ## end-to-end tests against a real kube-apiserver, Helm and Kustomize (built once: Go, some minutes; etcd)
	KUBE_APISERVER=$$(scripts/kube_apiserver) && HELM=$$(scripts/go_tool helm) && KUSTOMIZE=$$(scripts/go_tool kustomize) \
		&& export KUBE_APISERVER HELM KUSTOMIZE && $(BIN)/pytest e2e/kube_apiserver $(ARGS)

fuzz: .venv/dev.ok ## damaged messages for one decoder, guided by coverage (ARGS="json_v2 -max_total_time=60")
	$(BIN)/python -m tests.fuzz $(ARGS)

bench: .venv/dev.ok ## the figures of docs/bench.md, printed
	$(BIN)/python -m bench $(ARGS)

pictures: .venv/dev.ok ## the pictures of the README, taken from the demo by the browser test
	CLEW_PICTURES=docs $(BIN)/pytest e2e/test_browser.py

image: ## the container image, by podman, buildah or docker, and the sizes of its layers
	@scripts/image

setup: .venv/dev.ok ## the development environment in .venv

lock: .venv/dev.ok ## pin the dependencies again (requirements/*.txt)
	$(BIN)/python scripts/lock.py

clean: ## remove the environment and everything built
	rm -rf .venv build dist ui/node_modules src/clew/ui/static .mypy_cache .ruff_cache .pytest_cache

.venv/run.ok: requirements/run.txt requirements/build.txt requirements/uv.txt $(SOURCES)
	@scripts/environment run

.venv/dev.ok: requirements/dev.txt requirements/fuzz.txt requirements/run.txt requirements/build.txt requirements/uv.txt $(SOURCES)
	@scripts/environment dev

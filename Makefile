# Everything a developer does. Needs Python 3.11 or newer; `package` and `e2e` want 3.12 or 3.13 as well.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$p"; break; }; done)
BIN := .venv/bin
READY := .venv/made-from
SOURCES := app.py chalicelib cli infra bench tests
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check promises bench bench-models bench-scale package e2e deploy format

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.txt requirements-dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or newer was found on PATH" >&2; exit 1; }
	@echo "making .venv with $(PYTHON) …"
	@rm -rf .venv
	@"$(PYTHON)" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## a year in a store's life, in the local cloud (ARGS=--headless ends by itself)
	@$(BIN)/dripline demo $(ARGS)

test: $(READY) ## every test
	@$(BIN)/python -m pytest -n 2 $(ARGS)

check: $(READY) ## lint, formatting, types, guards; package where Python 3.12 or 3.13 is found
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/mypy app.py chalicelib cli infra
	@$(BIN)/python -m pytest tests/guards
	@$(BIN)/python -m infra.package --if-possible

promises: $(READY) ## what is promised, and what each promise came to
	@$(BIN)/python -m pytest -n 2 -p tests.promises $(ARGS)

bench: $(READY) ## cold starts, the fold, reading and rebuilding profiles, rules on columns against their bars
	@$(BIN)/python -m bench.cold_start $(ARGS)
	@$(BIN)/python -m bench.warm_hit
	@$(BIN)/python -m bench.fold
	@$(BIN)/python -m bench.reading_profiles
	@$(BIN)/python -m bench.rebuilding
	@$(BIN)/python -m bench.rules

bench-models: $(READY) ## predictions on two public stores against their bars, choices in five made-up ones
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-bench.txt
	@$(BIN)/python -m bench.models
	@$(BIN)/python -m bench.models.shelves
	@$(BIN)/python -m bench.models.other_stores

bench-scale: $(READY) ## a million profiles: reading, rules, features, memory, slices against one pass, learning
	@missed=0; for each in reading_profiles rules scale learning; do \
		$(BIN)/python -m bench.$$each || missed=1; done; exit $$missed

package: $(READY) ## what is uploaded to AWS, made and checked, in build/package
	@$(BIN)/python -m infra.package

e2e: $(READY) ## the packaged system in an independent emulator, a store's story over HTTP
	@$(BIN)/python -m infra.e2e

deploy: package ## put build/package into your AWS account (ARGS="--sender-domain mail.shop.example")
	@$(BIN)/python -m infra.deploy $(ARGS)

format: $(READY) ## lay out the code and mend what can be mended
	@$(BIN)/ruff check --fix $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

# Two commands do all the set-up: `make demo` and `make test`. Both can be repeated; a second time takes seconds.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One line that counts while pip works; pip's own words only where it fails.
define install
@$(BIN)/pip install --disable-pip-version-check -e '.[$(1)]' 2>&1 | tee $(VENV)/install.log | \
	awk '/^ *(Collecting|Downloading|Using cached)/ {n++; if (n % 5 == 0) {printf "\r   %d steps", n; fflush()}} /^Successfully installed/ {print "\r   installed          "}' \
	|| { tail -n 20 $(VENV)/install.log; exit 1; }
endef

.PHONY: help demo test test-fast lint lock fmt bench clean
help:  ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# A stamp per set of dependencies: made again only when pyproject.toml changes.
$(VENV)/bin/python:
	@echo "== making the virtual environment in $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "driftgate needs Python 3.11 or newer; name one: make PYTHON=python3.11 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(VENV)/bin/python
	@echo "== installing driftgate with the embedded AWS (about a minute, once)"
	$(call install,demo)
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	@echo "== installing driftgate with its test dependencies (about a minute, once)"
	$(call install,dev)
	@touch $@ $(VENV)/.demo

# Azurite stands in for Azure Storage. Where npm is missing or fails, the tests that need it skip and say so.
AZURITE := 3.37.0
$(VENV)/.azurite: | $(VENV)/bin/python
	@echo "== installing azurite $(AZURITE) for the tests of azurerm (half a minute, once)"
	@if npm install --prefix $(VENV)/azurite --ignore-scripts --no-audit --no-fund --loglevel=error azurite@$(AZURITE) \
		>$(VENV)/azurite.log 2>&1; then touch $@; else echo "   npm is missing or failed: those tests are skipped"; fi

demo: $(VENV)/.demo  ## Run the whole main job on embedded parts, no cloud account needed
	@$(BIN)/dg demo

test: $(VENV)/.dev $(VENV)/.azurite  ## Run the whole suite, with coverage
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --cov --cov-report=term --durations=40 --durations-min=10

test-fast: $(VENV)/.dev $(VENV)/.azurite  ## Run everything but the acceptance suite
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m 'not acceptance'

lint: $(VENV)/.dev  ## Check style, types and the import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows examples/github/*.yml
	@$(BIN)/zizmor --offline --no-progress --quiet action.yml examples/github/*.yml

lock: $(VENV)/.dev  ## Lock, by hash, what the GitHub Action installs
	@for set in "build action/build.in" "requirements pyproject.toml --extra aws"; do set -- $$set; out=action/$$1.txt; shift; \
		$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-options \
		--no-annotate --output-file $$out "$$@" || exit 1; done

fmt: $(VENV)/.dev  ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.dev  ## Measure the budgets and print a table of ratios
	@$(BIN)/python -m benchmarks

clean:  ## Remove everything that make has made
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .coverage .coverage.*

# `make run` and `make test` need Python 3.11 or newer and make; all else is installed into .venv.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint format bench lock clean

# Which Python makes .venv: the first of these that runs and is new enough. PYTHON=… names one.
PYTHONS := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python)
BIN := .venv/bin
# Two test processes by default: each has its own database and some 300 MB.
TEST_PROCESSES ?= 2
PYTEST_ARGS ?=
BENCH_ARGS ?=

help: ## Show these commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1|/' | awk -F'|' '{printf "  make %-8s %s\n", $$1, $$2}'

run: .venv/.installed ## Start everything: web, worker, scheduler, database, demo store
	@exec $(BIN)/python manage.py serve --demo

test: .venv/.installed-dev ## Run the tests (PYTEST_ARGS="-k points" chooses some)
	@$(BIN)/pytest -n $(TEST_PROCESSES) $(PYTEST_ARGS)

lint: .venv/.installed-dev ## Check style, types, layers and migrations
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djlint --check --lint templates
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python manage.py makemigrations --check --dry-run

format: .venv/.installed-dev ## Put code and templates into shape
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .
	@$(BIN)/djlint --reformat --quiet templates || true

bench: .venv/.installed-dev ## Measure speed against its floors
	@$(BIN)/python -m tests.benchmarks $(BENCH_ARGS)

lock: .venv/.installed-dev ## Choose the packages' versions anew (keeps those that still fit)
	@$(BIN)/uv pip compile pyproject.toml --universal --fork-strategy fewest --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --quiet -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --fork-strategy fewest --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --quiet -c requirements.lock -o requirements-dev.lock
	@$(BIN)/uv pip compile pyproject.toml --extra ldap --universal --fork-strategy fewest --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --quiet -c requirements.lock -o requirements-ldap.lock

clean: ## Remove installed packages and caches (not var/, your data)
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/bin/python:
	@for python in $(PYTHONS); do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		"$$python" -m venv .venv && exit 0; \
		rm -rf .venv; \
		echo "$$python cannot make a virtual environment (on Debian: install python3-venv)."; exit 1; \
	done; \
	echo "Python 3.11 or newer is needed, and none of these is: $(PYTHONS)."; \
	echo "Name one: make run PYTHON=/path/to/python3.12"; exit 1

# The dev lock holds the same versions and more, so either may be installed over the other.
.venv/.installed: requirements.lock | .venv/bin/python
	@echo "Installing packages (once; about a minute) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/.installed-dev: requirements-dev.lock .venv/.installed
	@echo "Installing development packages (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# Compiled: needs a C compiler and the headers of Python, libldap and libsasl2.
.venv/.installed-ldap: requirements-ldap.lock .venv/.installed
	@echo "Installing packages for LDAP (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-ldap.lock
	@touch $@

# The interface: make run · make test · make check · make bench
MINUTES ?= 5
PORT ?= 8000
HOST ?= 127.0.0.1
DATA ?= var
PYTHON ?= python3
BIN := .venv/bin
# A public site is run by docs/operators.md; everything here is for one machine.
export MODE := development
# Processes begin soonest with what others have compiled.
unexport PYTHONDONTWRITEBYTECODE
UV := $(shell command -v uv 2>/dev/null)

.PHONY: run test test-postgres coverage check bench bench-growth chaos fuzz mutants pictures lock format clean help
.DEFAULT_GOAL := help

help: ## say what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

run: .venv/.runs ## run the site: make run PORT=8000 DATA=var
	@exec env PORT=$(PORT) DATA=$(DATA) $(BIN)/python manage.py dev --host $(HOST) --port $(PORT)

test: .venv/.tests ## everything: checks, unit tests, browser tests
	@tests/run.sh $(BIN)/python

coverage: .venv/.tests ## which lines the unit tests reach, in build/coverage-html
	@$(BIN)/python -m pytest -n 2 --ignore tests/browser --cov --cov-report=html:build/coverage-html
	@echo "Lines that the unit tests reach: $$($(BIN)/python -m coverage report --format=total) %"

test-postgres: .venv/.tests ## the tests that use the database, on PostgreSQL and Redis
	@tests/find_servers.sh; $(BIN)/python -m tests.on_postgresql

check: .venv/.tests ## the quick part: style, types, templates, words, migrations, settings
	@$(BIN)/ruff check -q . && $(BIN)/ruff format -q --check .
	@$(BIN)/djlint --lint --quiet templates
	@$(BIN)/mypy
	@out=$$($(BIN)/lint-imports --no-logo --cache-dir .mypy_cache/imports) || { echo "$$out"; exit 1; }
	@DATA=build/check $(BIN)/python manage.py build_fonts
	@DATA=build/check $(BIN)/python manage.py lint_copy -v 0
	@$(BIN)/python -m tests.check_promises >/dev/null
	@DATA=build/check $(BIN)/python manage.py makemigrations --check --dry-run >/dev/null
	@DATA=build/check $(BIN)/python manage.py check_migrations
	@tests/production_check.sh

bench: .venv/.tests ## measure what the site costs beside what it may cost; docs/benchmarks.md
	@$(BIN)/python bench/run.py

bench-growth: .venv/.tests ## pages at 100,000 articles, a list of 1,000,000, readers' minutes; PARTS="sqlite readers" for some
	@$(BIN)/python bench/growth.py $(PARTS)

chaos: .venv/.tests ## let things go wrong: kill the mail worker 50 times, hang what the web server needs
	@$(BIN)/python -m tests.faults.chaos
	@mkdir -p build; $(BIN)/python -u -m tests.faults.web_chaos 2>build/chaos.log || { tail -30 build/chaos.log; exit 1; }

fuzz: .venv/.tests ## requests, forms, rows and bytes of any shape, others each time: make fuzz MINUTES=5
	@$(BIN)/python -m tests.fuzz.long $(MINUTES)

mutants: .venv/.mutants ## change one thing at a time and see whether a test notices: make mutants SAMPLE=120 SEED=1
	@$(BIN)/python bench/mutants.py

pictures: .venv/.tests ## take the pictures of README.md anew
	@CHROMIUM=$$(tests/find_chromium.sh) && export CHROMIUM && REQUIRE_BROWSER=1 $(BIN)/python -m pytest -q -n 0 tests/browser/pictures.py

format: .venv/.tests ## put the code in shape
	@$(BIN)/ruff check -q --fix . ; $(BIN)/ruff format -q .

lock: ## write the locked requirements anew (needs uv)
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header requirements.in -o requirements.txt
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header requirements-s3.in -o requirements-s3.txt
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header requirements-dev.in -o requirements-dev.txt
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header requirements-mutants.in -c requirements-dev.txt -o requirements-mutants.txt

clean: ## remove what was built (never the data)
	rm -rf .venv build

.venv/bin/python:
	@$(if $(UV),uv venv -q --python $(PYTHON) .venv,$(PYTHON) -m venv .venv)

# $(call install,FILE): the locked packages, by uv where it is there, else by pip
install = $(if $(UV),uv pip install -q --require-hashes --python $(BIN)/python -r $(1),$(BIN)/python -m pip install -q --require-hashes -r $(1))

.venv/.runs: requirements.txt .venv/bin/python
	@echo "Setting up the environment …"
	@$(call install,requirements.txt)
	@touch $@

.venv/.tests: requirements-dev.txt .venv/bin/python
	@echo "Setting up the environment for tests …"
	@$(call install,requirements-dev.txt)
	@touch .venv/.runs $@

.venv/.mutants: requirements-mutants.txt .venv/.tests
	@echo "Setting up the environment for mutants …"
	@$(call install,requirements-mutants.txt)
	@touch $@

# Two commands make everything: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What the demonstration needs, and what the tests need beyond it.
STAMP := $(VENV)/.installed
TESTED := $(VENV)/.installed-for-tests

.PHONY: demo test suite journeys types format bench campaign check clean

# Another port than 8000: make demo PORT=8010
demo: $(STAMP)
	$(BIN)/carecommons demo $(if $(PORT),--port $(PORT))

# What takes a second comes first; then types, journeys and tests run beside one another, as
# journeys mostly wait. The tests tell how far they are, the others what they said at their end.
test: $(TESTED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache
	+@$(MAKE) --no-print-directory --jobs 3 --output-sync=target suite journeys types

suite: $(TESTED)
	+$(BIN)/pytest -n 2 --dist worksteal --ignore tests/acceptance

journeys: $(TESTED)
	$(BIN)/pytest tests/acceptance

types: $(TESTED)
	$(BIN)/mypy

format: $(TESTED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(TESTED)
	$(BIN)/python -m tests.bench

# What takes too long for every run: a thousand residents with unique traits, two thousand
# generated cohort definitions, a thousand students killed while they commit, ten thousand steps
# of requests, and every page in both languages and both themes.
campaign: $(TESTED)
	CARECOMMONS_GENERATED_DEFINITIONS=2000 $(BIN)/pytest -n 2 -q \
		tests/integration/cohorts/test_generated_definitions.py
	CARECOMMONS_RECOMBINED_DEFINITIONS=1000 $(BIN)/pytest -n 2 -q \
		tests/integration/cohorts/test_circe_conformance.py
	CARECOMMONS_CANARIES=1000 $(BIN)/pytest -n 0 \
		tests/integration/release/test_canary_residents.py
	CARECOMMONS_ATTEMPT_KILLS=1000 $(BIN)/pytest -n 0 -q \
		tests/integration/portal/test_attempt_losses.py
	CARECOMMONS_INCREMENTAL_CHANGES=100 $(BIN)/pytest -n 2 -q \
		tests/integration/release/test_incremental.py
	CARECOMMONS_WORKFLOW_EXAMPLES=500 $(BIN)/pytest -n 0 -q \
		tests/integration/portal/test_workflow_laws.py
	CARECOMMONS_ALL_PAGES=1 $(BIN)/pytest -n 0 -q \
		tests/acceptance/test_languages_and_themes.py
	CARECOMMONS_API_EXAMPLES=200 $(BIN)/pytest -n 2 -q \
		tests/integration/portal/test_api_description.py
	CARECOMMONS_KILLS=200 $(BIN)/python -m tests.campaigns.kills
	CARECOMMONS_FAULTS=20 $(BIN)/python -m tests.campaigns.faults
	CARECOMMONS_FUZZ_SECONDS=300 $(BIN)/python -m tests.campaigns.fuzz

# What is known to be unsafe in our code, what stands in a line and is a secret, what an installation
# consists of (build/sbom.json), and what is known against it. The last asks an advisory service: if
# that cannot be reached, nothing was found out, and the target fails and says so.
check: $(TESTED)
	mkdir -p build
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml app deid cohorts casebank \
		2> build/bandit.log || { cat build/bandit.log; exit 1; }
	$(BIN)/pytest -n 0 -q tests/architecture/test_no_secret_in_the_repository.py
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
		--output-file build/sbom.json $(BIN)/python
	@$(INSTALL) pip-audit || { \
		echo 'Dependencies were NOT audited: pip-audit cannot be installed here.' >&2; exit 1; }
	@$(BIN)/pip-audit --strict --skip-editable --timeout 20 || { \
		echo 'Dependencies are NOT known to be good: see above for findings, or why nobody could be asked.' >&2; \
		exit 1; }

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo 'Installing the pinned packages into $(VENV), over 1 GB: once, and it may take some minutes.'
	$(INSTALL) --editable '.[engine,portal,lab]'
	touch $@

$(TESTED): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) --editable '.[test]'
	touch $(STAMP) $@

clean:
	rm -rf $(VENV) build *.egg-info

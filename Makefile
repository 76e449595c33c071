# The two commands are `make demo` and `make test`; both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: setup demo test test-fast proof lint release clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed"'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

demo: setup
	python tests/samples.py demo
	cd demo && autograder release
	cd demo && autograder grade --feedback
	cd demo && autograder report
	@echo "gradebook: demo/gradebook.db   feedback: demo/feedback/   reports: demo/report/"

test: setup
	python -m pytest --ignore tests/mutants
	python -m pytest tests/mutants -m "not quick" -n auto --dist worksteal # many, without a sandbox

test-fast: setup
	python -m pytest -m "not slow and not browser"

proof: setup
	PROOF_SEEDS=100 python -m pytest tests/mutants -m "not quick" -n auto --dist worksteal

lint: setup
	ruff check .
	ruff format --check .
	mypy

release: setup
	autograder release

clean:
	rm -rf demo artefacts .pytest_cache .mypy_cache .ruff_cache

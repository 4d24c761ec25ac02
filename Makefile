# Two commands do everything: `make demo` shows it working, `make test` checks all of it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# one more than there are cores: many a test waits for a clock
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# tests start many processes, none of which should compile everything anew, whatever the environment says
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test lint types tests server-tests browser-tests docs wheel clean

demo: $(VENV)/installed
	$(BIN)/evalkit demo

# the site of the docs is among the tests: they build it anew and fail on a warning
test: lint types tests server-tests browser-tests wheel

lint: $(VENV)/installed-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed-tests
	$(BIN)/mypy

tests: $(VENV)/installed-tests
	$(BIN)/pytest -m "not server and not browser" --numprocesses $(WORKERS) --dist loadfile

# judges real comparisons on a real server, which comes built: nothing is compiled
server-tests: $(VENV)/installed-server
	$(BIN)/pytest -m server tests/integration

# the site of docs/, for a browser: docs/_build/html/index.html
docs: $(VENV)/installed-tests
	$(BIN)/python -m docs.generate
	$(BIN)/sphinx-build --quiet --fresh-env --fail-on-warning --keep-going --builder html docs docs/_build/html

# opens reports in Chromium; installs Debian's where it is missing and may be
browser-tests: $(VENV)/installed-tests
	$(BIN)/pytest -m browser tests/browser

wheel: $(VENV)/installed-tests
	$(BIN)/python tests/check_wheel.py

$(VENV)/made:
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/installed: $(VENV)/made pyproject.toml
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/installed-tests: $(VENV)/installed
	$(BIN)/pip install --quiet --editable ".[test,docs]"
	touch $@

$(VENV)/installed-server: $(VENV)/installed-tests
	$(BIN)/pip install --quiet --editable ".[server]"
	touch $@

clean:
	rm -rf $(VENV) build dist docs/_build

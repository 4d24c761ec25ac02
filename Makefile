# Two commands do everything: `make demo` shows it working, `make test` checks all of it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test lint types tests server-tests wheel clean

demo: $(VENV)/installed
	$(BIN)/evalkit demo

test: lint types tests server-tests wheel

lint: $(VENV)/installed-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed-tests
	$(BIN)/mypy

tests: $(VENV)/installed-tests
	$(BIN)/pytest -m "not server" --numprocesses auto --dist loadfile

# judges real comparisons on a real server; compiles llama.cpp the first time
server-tests: $(VENV)/installed-server
	$(BIN)/pytest -m server

wheel: $(VENV)/installed-tests
	$(BIN)/python tests/check_wheel.py

$(VENV)/made:
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/installed: $(VENV)/made pyproject.toml
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/installed-tests: $(VENV)/installed
	$(BIN)/pip install --quiet --editable ".[test]"
	touch $@

$(VENV)/installed-server: $(VENV)/installed-tests
	CMAKE_ARGS="-DCMAKE_BUILD_TYPE=Release -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_CURL=OFF" \
		LLAMA_CPP_BUILD_JOBS=$$(nproc) $(BIN)/pip install --quiet --editable ".[server]"
	touch $@

clean:
	rm -rf $(VENV) build dist

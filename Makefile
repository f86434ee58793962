# Two commands: `make run` and `make test`. Everything they need is installed into .venv by this file.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check format lock clean

run: $(VENV)/.run-installed
	$(BIN)/streamlit run app.py

test: $(VENV)/.test-installed
	@scripts/browser
	$(BIN)/python -m pytest -n 3 --dist worksteal -m 'not realtime' --ignore tests/browser --cov --cov-report=
	$(BIN)/python -m pytest -n 3 --dist worksteal -m realtime --ignore tests/browser --cov --cov-append --cov-report=
	$(BIN)/coverage report --include='services/core/*' --fail-under=100 --skip-covered
	$(BIN)/coverage report --fail-under=90 --skip-covered
	$(BIN)/python -m pytest -n 3 --dist worksteal tests/browser

check: $(VENV)/.test-installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.test-installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Writes the exact versions; run it after a change of a *.in file.
lock: $(VENV)/.test-installed
	$(BIN)/pip-compile -q --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements.txt requirements.in
	$(BIN)/pip-compile -q --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements-dev.txt requirements-dev.in

clean:
	rm -rf $(VENV) .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Syntaxia needs Python 3.11 or newer. Install it, or name it: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "Python cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/.run-installed: $(BIN)/python requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.test-installed: $(BIN)/python requirements.txt requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.run-installed

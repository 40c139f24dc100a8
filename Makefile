# Every target sets up what it needs: a virtual environment in .venv with the pinned development tools.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN = .venv/bin
READY = .venv/.ready
# What is behind a check of the system is not reached on each; two modules are of Linux alone.
WIN32_CHECK = --no-warn-unreachable --follow-imports silent --exclude 'inotify|systemd'

.PHONY: demo test test-windows check format bench fuzz clean

demo: $(READY)
	$(BIN)/python examples/build.py examples/compromised.zip
	$(BIN)/iisight scan examples/compromised.zip || test $$? -eq 1

test: $(READY)
	$(BIN)/python -m pytest -n auto

# The code for Windows in a Windows Python, run by Wine; built in build/windows when it is not there.
test-windows: $(READY)
	$(BIN)/python -m tests.windows $(ARGUMENTS)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 $(WIN32_CHECK) --cache-dir .mypy_cache/windows src tests/windows
	$(BIN)/lint-imports
	$(BIN)/iisight rules check

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)
	$(BIN)/python -m benchmarks

# Damaged files, and made inputs that no run has seen.
fuzz: $(READY)
	$(BIN)/python -m tests.fuzz --seconds 60
	NARROW_EXAMPLES=150 $(BIN)/python -m pytest -n auto tests/property --hypothesis-profile=default

$(READY): requirements/dev.txt requirements/export.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/export.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $(READY)

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

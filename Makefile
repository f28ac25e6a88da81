PYTHON ?= python3
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo test lint bench soak fuzz clean

setup: $(STAMP)

$(STAMP): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing: install Python 3.11 or newer, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, and $(PYTHON) is `$(PYTHON) --version`. Name another: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet --editable . --group test
	@touch $(STAMP)

demo: setup
	@$(BIN)/isotretinoin-cds demo --port $(PORT)

test: setup lint
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# A hundred thousand bodies as in `make test`; FUZZ_SEED=7 sends others.
fuzz: setup
	@$(BIN)/python -m pytest -n 2 tests/fuzz

bench: setup
	@$(BIN)/python -m bench

# Two minutes of load while everything around the service fails; SECONDS=3600 for an hour.
SECONDS ?= 120
soak: setup
	@$(BIN)/python -m bench.soak --seconds $(SECONDS)

clean:
	rm -rf $(VENV) build dist *.egg-info

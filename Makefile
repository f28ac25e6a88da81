PYTHON ?= python3
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
RELEASE := build/release
LOCKED := build/locked

.PHONY: setup demo test mutants lint bench soak fuzz lock sbom licences audit clean

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

# Every change of the rules, one at a time: what no rule test notices, and no list beside the rules names, is a failure.
mutants: setup
	@$(BIN)/isotretinoin-cds test --mutants

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The rule book, a static site: open build/book/index.html.
book: setup
	@$(BIN)/isotretinoin-cds docs build/book

# A hundred thousand bodies as in `make test`, and three thousand changed files of rules; FUZZ_SEED=7 takes others.
FUZZ_FILES ?= 3000
fuzz: setup
	@FUZZ_FILES=$(FUZZ_FILES) $(BIN)/python -m pytest -n 2 tests/fuzz

bench: setup
	@$(BIN)/python -m bench

# Two minutes of load while everything around the service fails; SECONDS=3600 for an hour.
SECONDS ?= 120
soak: setup
	@$(BIN)/python -m bench.soak --seconds $(SECONDS)

# For a release: what an installation consists of. UPGRADE=--upgrade takes the newest versions that pyproject.toml allows.
$(RELEASE)/.installed: pyproject.toml
	$(PYTHON) -m venv $(RELEASE)
	$(RELEASE)/bin/pip install --quiet --upgrade 'pip>=25.1'
	$(RELEASE)/bin/pip install --quiet --group release
	@touch $@

COMPILE = $(RELEASE)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --custom-compile-command 'make lock' $(UPGRADE)

lock: $(RELEASE)/.installed
	$(COMPILE) pyproject.toml --all-extras --output-file requirements.lock
	$(COMPILE) --group build --output-file deploy/build.lock

$(LOCKED)/.installed: requirements.lock $(RELEASE)/.installed
	rm -rf $(LOCKED)
	$(PYTHON) -m venv --without-pip $(LOCKED)
	$(RELEASE)/bin/pip --python $(LOCKED)/bin/python install --quiet --require-hashes --only-binary=:all: -r requirements.lock
	@touch $@

sbom: $(LOCKED)/.installed
	$(RELEASE)/bin/cyclonedx-py environment $(LOCKED) --pyproject pyproject.toml --output-reproducible -o build/sbom.json
	$(PYTHON) deploy/without_addresses.py build/sbom.json > deploy/sbom.cdx.json

licences: $(LOCKED)/.installed
	$(RELEASE)/bin/pip-licenses --python $(LOCKED)/bin/python --from=mixed --format=markdown --output-file=build/licences.md
	cat deploy/licences.head.md build/licences.md > docs/licences.md

# --strict: a package that the database of advisories does not know is a failure, not a line that nobody reads.
audit: $(RELEASE)/.installed
	$(RELEASE)/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.lock
	$(RELEASE)/bin/pip-audit --strict --disable-pip --require-hashes -r deploy/build.lock

clean:
	rm -rf $(VENV) build dist *.egg-info

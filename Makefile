# Every target sets up what it needs, on a fresh machine too.
#   make report   a report of a sample model, as HTML and PDF
#   make test     all tests, browser tests included
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NODE := PATH="$(CURDIR)/$(BIN):$$PATH"
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
SAMPLE := sample_models/digits_cnn_training.pt
PYTEST ?=
# Processes that run the tests side by side, a file of tests in each: one for each processor, four at most.
JOBS ?= auto

.PHONY: report test lint scripts messages types golden bench gallery samples setup setup-dev system-pdf system-test clean

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "modelreport needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install -c constraints.txt -e .
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install -c constraints.txt -e '.[timm,hf,test,dev]'
	$(PIP) install -c constraints.txt --no-deps torchvision
	touch $@ $(VENV)/.core

setup: $(VENV)/.core
setup-dev: $(VENV)/.dev

# The page's scripts are checked and tested by the Node.js of the virtual environment; the system need not have one.
node_modules/.done: package.json package-lock.json | $(VENV)/.dev
	$(NODE) npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

# WeasyPrint draws text with Pango.
system-pdf: | $(VENV)/bin/python
	@$(BIN)/python -c 'import ctypes.util, sys; sys.exit(not ctypes.util.find_library("pangoft2-1.0"))' || \
	  bash tools/install-system.sh libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core

# The browser tests need Chromium and Playwright's driver (which links libatomic).
system-test:
	@missing=(); command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium); \
	  ldconfig -p | grep -q libatomic.so.1 || missing+=(libatomic1); \
	  if (($${#missing[@]})); then bash tools/install-system.sh "$${missing[@]}"; fi

report: setup system-pdf
	$(BIN)/modelreport build $(SAMPLE) --model sample_models.nets:DigitsCNN --input 1,1,8,8 -o report.html -o report.pdf
	@echo "Open $(CURDIR)/report.html"

test: setup-dev system-pdf system-test node_modules/.done
	$(BIN)/python -m pytest -n $(JOBS) --maxprocesses 4 --dist loadfile $(PYTEST)

lint: setup-dev node_modules/.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(NODE) node_modules/.bin/tsc -p .
	$(NODE) node_modules/.bin/eslint .

# The page's scripts alone: types, lint, unit tests.
scripts: node_modules/.done
	$(NODE) node_modules/.bin/tsc -p .
	$(NODE) node_modules/.bin/eslint .
	$(NODE) node --test 'tests/js/*.test.js'

# What is said to people, collected for translators: after a change of words, then translate what it lists.
messages: setup-dev
	$(BIN)/python -m tools.messages

types: setup-dev
	$(BIN)/mypy

golden: setup-dev
	MODELREPORT_GOLDEN=write $(BIN)/python -m pytest tests/test_golden.py

$(VENV)/.bench: $(VENV)/.dev
	$(PIP) install -c constraints.txt -e '.[bench]'
	touch $@

# Each in the form that takes minutes; benchmarks/README.md tells of the whole ones.
bench: $(VENV)/.bench system-pdf system-test
	for each in open.py weights.py "large.py 4" "spectra.py --most 12" "page.py --repeats 2" "pdf.py --repeats 1" trace.py "build.py --quick" "accuracy.py --sample" "identify.py --sample 9" \
	  "coverage.py --sample 3 --fresh --state .cache/coverage-sample.jsonl"; do \
	  echo "== $$each"; $(BIN)/python benchmarks/$$each || exit 1; done

# The pictures in docs/gallery, beside Netron's and Model Explorer's of the same models: some ten minutes.
gallery: $(VENV)/.bench system-pdf system-test
	@command -v pdftoppm >/dev/null || bash tools/install-system.sh poppler-utils
	$(BIN)/python tools/gallery.py

samples: setup-dev
	$(BIN)/python -m sample_models.make_samples

clean:
	rm -rf $(VENV) node_modules .cache .pytest_cache .mypy_cache .ruff_cache build dist report.html report.pdf

# make demo [CATALOG=feed] [MAPPING=file.toml]   the whole studio on this machine; Ctrl-C stops it
# make test [TESTS=tests/lib] [JOBS=2]           all tests, or those named; so many at once
# make lint                                      style, types, import direction, templates
# make lock [UPGRADE=1]                          requirements/*.in -> *.lock
# make clean                                     stop the services, remove what the commands above made (data too)

PYTHON ?= python3
VENV ?= .venv
TESTS ?=
JOBS ?= 2

BIN := $(VENV)/bin
PY := $(BIN)/python
INSTALL = $(PY) -m pip install -qq --disable-pip-version-check -r

# Another environment that is active in the shell must not reach into ours.
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH

.PHONY: demo test lint lock clean
.DEFAULT_GOAL := demo

# The last command takes the place of the shell, so that signals go straight to it.
demo: $(VENV)/base.lock
	@set --; \
	[ -z "$(CATALOG)" ] || set -- "$$@" --catalog "$(CATALOG)"; \
	[ -z "$(MAPPING)" ] || set -- "$$@" --mapping "$(MAPPING)"; \
	exec $(PY) manage.py demo "$$@"

test: $(VENV)/dev.lock
	@CHROMIUM="$$(scripts/ensure_browser)" || exit 1; export CHROMIUM; \
	exec $(PY) -m pytest -n $(JOBS) $(TESTS)

lint: $(VENV)/dev.lock
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy .
	$(BIN)/lint-imports
	$(PY) -m djlint --lint --quiet templates

# The installed lock is kept inside the environment: equal files mean that there is nothing to do. The environment with
# the development packages contains the other one.
$(VENV)/base.lock: requirements/base.lock
	@if cmp -s $< $@; then touch $@; else \
	$(MAKE) --no-print-directory -s venv && \
	echo "Installing the Python packages into $(VENV). This is done once and takes a few minutes." && \
	$(INSTALL) $< && cp $< $@; fi

$(VENV)/dev.lock: requirements/dev.lock requirements/base.lock
	@if cmp -s requirements/dev.lock $@ && cmp -s requirements/base.lock $(VENV)/base.lock; then touch $@; else \
	$(MAKE) --no-print-directory -s venv && \
	echo "Installing the Python and development packages into $(VENV). This is done once and takes a few minutes." && \
	$(INSTALL) requirements/dev.lock && cp requirements/base.lock requirements/dev.lock $(VENV)/; fi

.PHONY: venv
venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Storefront Studio needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || \
	{ echo "Python cannot make an environment here; on Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }

# The CPU build calls itself 2.13.0+cpu; without the ending the pin fits every build of that version.
lock: venv
	@$(PY) -m piptools --version >/dev/null 2>&1 || $(PY) -m pip install --quiet pip-tools
	@for name in base onnx dev bench; do \
	(cd requirements && $(abspath $(VENV))/bin/python -m piptools compile --quiet --strip-extras --allow-unsafe \
	--no-header --annotation-style=line --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	--no-emit-options $(if $(UPGRADE),--upgrade) --output-file $$name.lock $$name.in) && \
	sed -i.old 's/^\(torch==[0-9.]*\)+cpu/\1/' requirements/$$name.lock && rm requirements/$$name.lock.old && \
	if grep -E '^(nvidia|cuda|triton)' requirements/$$name.lock; then \
	echo "CUDA packages came in; see the note in requirements/base.in." >&2; exit 1; fi || exit 1; done

clean:
	@[ ! -x $(PY) ] || $(PY) manage.py services down >/dev/null 2>&1 || true
	rm -rf $(VENV) var staticfiles .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

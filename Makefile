# The commands of everyday work; `make help` lists them.
# `make run` needs Python 3.11 or newer and nothing else.

.DEFAULT_GOAL := help
.PHONY: help run dev test cover check format browser constraints
.PHONY: messages bench rules types audit faults fuzz lock servers

PORT ?= 8000
PYTHON ?=
# One more than cores: there is always one that waits for a browser or a server.
WORKERS ?= $(shell $(BIN)/python -c "import os; print(os.cpu_count() + 1)")
PYTEST_ARGS ?=
BENCH_ARGS ?=
FAULTS_ARGS ?=
FUZZ_ARGS ?=

# Each of many processes would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
# An installation that was broken off leaves this file behind, and is made anew.
INSTALLING := $(VENV)/.installing
BENCH_VENV := var/bench/venv
BENCH_STAMP := $(BENCH_VENV)/.installed
UV := uv==0.13.9
QUIET_INSTALL := install -qq --disable-pip-version-check
# The one without windows is the quicker one; not every system has it.
BROWSERS := chromium-headless-shell chromium
APPS := clinic accounts doctors patients appointments
COVERAGE := $(foreach app,$(APPS),--cov=$(app)) --cov-branch --cov-fail-under=90 \
	--cov-report=term:skip-covered

STOP_TEST_DATABASE := $(BIN)/python -c 'from pathlib import Path; \
	from clinic.embedded import server; server.stop(Path("var/test/pg"))'

define run_tests
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(1) $(PYTEST_ARGS); status=$$?; \
		$(STOP_TEST_DATABASE); exit $$status
endef

# A production environment for one command, with secrets that nobody knows.
PRODUCTION = ENV_FILE=/dev/null DEBUG=0 ALLOWED_HOSTS=clinic.example \
	CLINIC_URL=https://clinic.example EMAIL_URL=smtp+tls://mail.example:587 \
	DATABASE_URL=postgres://clinic@localhost/clinic CACHE_URL=redis://cache:6379/0 \
	TRUSTED_PROXIES=172.31.250.0/24 MFA_REQUIRED_ROLES=admin,receptionist,doctor \
	METRICS_TOKEN=only-for-this-one-command-and-known-to-all BACKUP_DIR=/srv/backups \
	SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') \
	DOCUMENT_KEYS=$$($(BIN)/python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())')

# A folder that was copied, or whose Python is gone, counts as not installed.
ifneq ($(shell $(BIN)/python -c 'print("works")' 2>/dev/null),works)
$(shell rm -f $(RUN_STAMP) $(DEV_STAMP))
endif

define make_venv
	@if test -e $(INSTALLING) || ! $(BIN)/python -c "" >/dev/null 2>&1; then \
		for name in $(or $(PYTHON),python3.13 python3.12 python3.11 python3); do \
			if "$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
				>/dev/null 2>&1; then python="$$name"; break; fi; \
		done; \
		if test -z "$$python"; then \
			echo "The clinic needs Python 3.11 or newer with its venv module, and $(or $(PYTHON),none) is not it: install one, or name it as in 'make run PYTHON=/path/to/python3'." >&2; \
			exit 1; \
		fi; \
		echo "Making $(VENV) with $$("$$python" --version)."; \
		"$$python" -m venv --clear --without-pip $(VENV) || exit 1; \
		"$$python" -m pip --python $(BIN)/python $(QUIET_INSTALL) "$(UV)" >/dev/null 2>&1 || true; \
	fi
	@touch $(INSTALLING)
endef

# The installer comes by the pip of the Python that there was: to make one for the new folder takes
# twice as long as all the rest. Only where that has none, or the installer is not to be had, a pip
# of its own is made, and takes over.
define install
	@echo "Installing $(1)."
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || { $(BIN)/python -m ensurepip >/dev/null 2>&1; \
		$(BIN)/python -m pip $(QUIET_INSTALL) "$(UV)" >/dev/null 2>&1; }; \
	$(BIN)/python -m uv pip install -q --system-certs --python $(BIN)/python -r $(1) 2>/dev/null \
		|| { $(BIN)/python -m ensurepip >/dev/null 2>&1; $(BIN)/python -m pip $(QUIET_INSTALL) -r $(1); }
	@rm -f $(INSTALLING)
	@touch $@
endef

$(RUN_STAMP): requirements.txt constraints.txt
	$(make_venv)
	$(call install,requirements.txt)

$(DEV_STAMP): requirements.txt requirements-s3.txt requirements-dev.txt constraints.txt
	$(make_venv)
	$(call install,requirements-dev.txt)
	@touch $(RUN_STAMP)

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile

run: $(RUN_STAMP) ## the whole clinic on http://127.0.0.1:8000 (PORT= for another port)
	@exec $(BIN)/python manage.py run --port "$(PORT)" --with-parent

dev: $(RUN_STAMP) ## the same for those who change its code: served anew at each change
	@exec $(BIN)/python manage.py dev --port "$(PORT)" --with-parent

test: $(DEV_STAMP) ## all tests in parallel on a database of their own
	$(call run_tests)

cover: $(DEV_STAMP) ## the same with branch coverage, as CI runs them
	$(call run_tests,$(COVERAGE))

check: $(DEV_STAMP) ## format, lint, layers, migrations, production settings, security, types
	@$(MAKE) --no-print-directory --output-sync --jobs 2 types rules

# The types take about as long as all the others together.
types:
	$(BIN)/mypy

rules:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	VAR_DIR=var/test DEBUG=1 $(BIN)/python manage.py makemigrations --check --dry-run; \
		status=$$?; $(STOP_TEST_DATABASE); exit $$status
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/bandit -q -c pyproject.toml -r $(APPS)
	$(BIN)/djlint --lint --quiet templates

format: $(DEV_STAMP) ## put the code into its one format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

browser: ## install the browser that the `browser` tests drive (Debian's Chromium)
	@if command -v $(BROWSERS) >/dev/null; then echo "Chromium is here."; \
	elif ! command -v apt-get >/dev/null; then \
		echo "There is no apt-get here: install chromium in this system's own way." >&2; exit 1; \
	else \
		if test "$$(id -u)" != 0; then sudo=sudo; fi; $$sudo apt-get update -qq && \
		for name in $(BROWSERS); do \
			if $$sudo apt-get install -y -qq "$$name"; then exit 0; fi; \
		done; exit 1; \
	fi

# What some tests and faults need beside PostgreSQL.
servers:
	@if ! command -v apt-get >/dev/null; then exit 1; fi; \
		if test "$$(id -u)" != 0; then sudo=sudo; fi; \
		command -v redis-server >/dev/null && test -x /usr/sbin/pgbouncer || { \
		$$sudo apt-get update -qq && $$sudo apt-get install -y -qq redis-server pgbouncer >/dev/null; }

# The contenders' packages are none of the clinic's.
$(BENCH_STAMP): benchmarks/requirements.txt $(DEV_STAMP)
	@rm -rf $(BENCH_VENV) && $(BIN)/python -m venv $(BENCH_VENV)
	@echo "Installing benchmarks/requirements.txt."
	@$(BIN)/python -m uv pip install -q --system-certs --python $(BENCH_VENV)/bin/python -r $< 2>/dev/null \
		|| $(BENCH_VENV)/bin/python -m pip install -qq --disable-pip-version-check -r $<
	@touch $@

bench: $(BENCH_STAMP) ## how quick the clinic is, beside FastAPI: a few minutes (BENCH_ARGS=--help)
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

messages: $(DEV_STAMP) ## collect the sentences to translate, and compile the catalogues (gettext)
	$(BIN)/python manage.py makemessages --all --no-location --no-wrap --no-obsolete \
		--ignore "var*" --ignore ".venv" --ignore "tests" --ignore "templates/admin/*"
	for catalogue in clinic/locale/*/LC_MESSAGES/django.po; do \
		msgattrib --no-wrap --sort-output -o "$$catalogue" "$$catalogue" && \
		sed -i '/^"POT-Creation-Date/d' "$$catalogue" && \
		msgfmt --check-format -o "$${catalogue%.po}.mo" "$$catalogue"; done

constraints: $(DEV_STAMP) ## pin anew what the requirements bring along
	@{ sed -n '/^#/p' constraints.txt; sed '/^-c/d' requirements.txt requirements-s3.txt requirements-dev.txt \
		| sed '/^-r/d' | $(BIN)/python -m uv pip compile -q --universal --python-version 3.11 \
		--no-annotate --no-header -; } > $(VENV)/constraints.txt
	@mv $(VENV)/constraints.txt constraints.txt
	@$(MAKE) --no-print-directory lock

# What the image installs, by hash: the versions of constraints.txt; the second where documents
# lie in a bucket.
lock: $(DEV_STAMP)
	$(call locked,requirements.lock,requirements.txt)
	$(call locked,requirements-s3.lock,requirements.txt requirements-s3.txt)

define locked
	@{ echo "# What the image installs: $(2) with all that they bring along, by hash."; \
		echo "# Made anew by \`make constraints\`, in the versions of constraints.txt."; \
		$(BIN)/python -m uv pip compile -q --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header $(2); } > $(VENV)/$(1)
	@mv $(VENV)/$(1) $(1)
endef

faults: $(DEV_STAMP) ## what goes wrong at night, while people work: five minutes (FAULTS_ARGS=--help)
	@$(BIN)/python -m tests.faults $(FAULTS_ARGS)

fuzz: $(DEV_STAMP) ## the whole API asked with made-up requests by everybody: five minutes (FUZZ_ARGS=--help)
	@$(BIN)/python -m tests.fuzz $(FUZZ_ARGS)

audit: $(DEV_STAMP) ## are faults of the packages known? and the list of what the clinic is made of (SBOM)
	@$(BIN)/python .ci/audit.py

# The commands of everyday work; `make help` lists them.
# `make run` needs Python 3.11 or newer and nothing else.

.DEFAULT_GOAL := help
.PHONY: help run test check format browser constraints

PORT ?= 8000
PYTHON ?=
WORKERS ?= auto
PYTEST_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
# An installation that was broken off leaves this file behind, and is made anew.
INSTALLING := $(VENV)/.installing
UV := uv==0.13.9
APPS := clinic accounts doctors patients appointments

# A folder that was copied, or whose Python is gone, counts as not installed.
ifneq ($(shell $(BIN)/python -c 'print("works")' 2>/dev/null),works)
$(shell rm -f $(RUN_STAMP) $(DEV_STAMP))
endif

define make_venv
	@if test -e $(INSTALLING) || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		for name in $(or $(PYTHON),python3.13 python3.12 python3.11 python3); do \
			if "$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
				>/dev/null 2>&1; then python="$$name"; break; fi; \
		done; \
		if test -z "$$python"; then \
			echo "The clinic needs Python 3.11 or newer with its venv module, and $(or $(PYTHON),none) is not it: install one, or name it as in 'make run PYTHON=/path/to/python3'." >&2; \
			exit 1; \
		fi; \
		echo "Making $(VENV) with $$("$$python" --version)."; \
		"$$python" -m venv --clear $(VENV); \
	fi
	@touch $(INSTALLING)
endef

# pip takes over where the faster installer is not to be had.
define install
	@echo "Installing $(1)."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check "$(UV)" 2>/dev/null \
		&& $(BIN)/python -m uv pip install -q --python $(BIN)/python -r $(1) \
		|| $(BIN)/python -m pip install -q --disable-pip-version-check -r $(1)
	@rm -f $(INSTALLING)
	@touch $@
endef

$(RUN_STAMP): requirements.txt constraints.txt
	$(make_venv)
	$(call install,requirements.txt)

$(DEV_STAMP): requirements.txt requirements-dev.txt constraints.txt
	$(make_venv)
	$(call install,requirements-dev.txt)
	@touch $(RUN_STAMP)

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile

run: $(RUN_STAMP) ## the whole clinic on http://127.0.0.1:8000 (PORT= for another port)
	@exec $(BIN)/python manage.py dev --port "$(PORT)" --with-parent

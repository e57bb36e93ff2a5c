# `make help` lists what there is. Everything is prepared by .scripts/, once.
PYTHON ?= python3
.PHONY: help run test check bench serve lock
.DEFAULT_GOAL := help

help:
	@echo "make run     install what is missing and serve on http://127.0.0.1:5000 (PORT=… to change)"
	@echo "make test    run all tests, installing what they need"
	@echo "make check   format, lint, types, import rules"
	@echo "make bench   the benchmark (ONLY=feed one part, SCALE=10 a larger data set)"
	@echo "make serve   the site as in production: web, live and worker behind nginx, restarted when they die"
	@echo "make lock    write requirements*.txt and package-lock.json anew from pyproject.toml and package.json"

run test check bench serve lock:
	@command -v $(PYTHON) >/dev/null || { echo "Cohortium needs Python 3.11 or newer, and there is no $(PYTHON)." >&2; exit 1; }
	@$(PYTHON) .scripts/do.py $@

# Every command of the house. Needs Python 3.11+, git and make; each target first brings .venv up to date with the lock.
SHELL := /bin/sh
.DEFAULT_GOAL := help
BIN := .venv/bin
ARGS ?=
TYPED := policies models notifications casework tasks flows web deployments demo cli
FAST := tests/policy_rules tests/records tests/payments
export PREFECT_SERVER_ANALYTICS_ENABLED = false
export DO_NOT_TRACK = 1
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help env browser demo serve test prove fast lint format check bench docs torture clean clean-env

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

env: ## build or refresh .venv from the lock
	@scripts/bootstrap

browser: env
	@$(BIN)/python scripts/browser.py

demo: env ## rehearse a whole season on this machine, payment files and report under out/
	@$(BIN)/duixian demo $(ARGS)

serve: env ## run the system with its portal until Ctrl-C: the rehearsal stopped in mid-season, or the home that DUIXIAN_HOME names
	@home="$${DUIXIAN_HOME:-var/mid-season}"; [ -n "$$DUIXIAN_HOME" ] || [ -f "$$home/duixian.db" ] || $(BIN)/duixian demo; \
	DUIXIAN_HOME="$$home" exec $(BIN)/duixian serve $(ARGS)

test: env browser ## every test but the long searches; warnings are errors
	@$(BIN)/pytest -n $(or $(JOBS),4) --dist loadfile --no-loadscope-reorder $(ARGS)

prove: env browser ## what proves by long search: model, kills, races, many processes, further cases on PostgreSQL
	@$(BIN)/pytest -m prove -n $(or $(JOBS),3) --dist worksteal $(ARGS)

fast: env ## the law, the records and the money on SQLite, without what is slow by itself
	@$(BIN)/pytest -n $(or $(JOBS),3) -m 'not slow and not browser and not prove and not torture' -k 'not postgresql' $(FAST) $(ARGS)

lint: env ## format, style, types and import contracts
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy $(addprefix -p ,$(TYPED))
	@$(BIN)/lint-imports --no-logo

format: env ## put every file into the house's format
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format .

check: lint test ## lint and test: what a change must pass (`make prove` comes on top)

bench: env ## measure the speed; writes JSON and a table under out/bench/
	@$(BIN)/python -m benchmarks $(ARGS)

docs: env ## check the documentation: links, commands, glossary
	@$(BIN)/pytest -q tests/house/test_documentation.py tests/house/test_glossary.py $(ARGS)

torture: env ## the long forms of the proofs (hours)
	@$(BIN)/pytest -m torture -s $(ARGS)

clean: ## remove what runs leave behind; .venv, out/ and var/ stay
	@rm -rf .cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist mutants *.egg-info
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

clean-env: clean ## remove .venv too
	@rm -rf .venv

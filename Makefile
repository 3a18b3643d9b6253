# `make run` tries it, `make test` and `make lint` check it. Everything lands in .venv and var; nothing else is touched.

BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help run test test-long lint bench bench-pages bench-mail bench-tagging messages installed installed-for-tests

help: ## What there is
	@echo "Puente, a helpdesk. Usage: make TARGET"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1 @\2/p' Makefile | awk -F@ '{ printf "%-18s %s\n", $$1, $$2 }'

run: installed ## Start everything; with demo data unless DEMO=0; PORT=8000 MAIL_PORT=2525 and more may follow
	@DEMO="$${DEMO-1}" exec $(BIN)/python -m config.processes

test: installed-for-tests ## All tests on SQLite, then those of the data layer on PostgreSQL and Redis; ARGS goes to pytest
	@exec $(BIN)/python -m tests.services $(ARGS)

test-long: installed-for-tests ## The same with the random and volume tests in full size
	@TEST_SIZE=full exec $(BIN)/python -m tests.services $(ARGS)

lint: installed-for-tests ## Style, types, layers, templates, migrations, translations, settings
	@echo "ruff check" && $(BIN)/ruff check .
	@echo "ruff format" && $(BIN)/ruff format --check .
	@echo "mypy" && $(BIN)/mypy
	@echo "import-linter" && $(BIN)/lint-imports
	@echo "djlint" && $(BIN)/djlint --lint --quiet helpdesk tickets cx
	@echo "migrations, translations, production settings" && $(BIN)/python -m tests.completeness

bench: bench-pages

bench-pages: installed-for-tests ## Server time of the agents' pages at SIZES=10000,100000 tickets, as ratios in one run
	@SIZES="$(or $(SIZES),10000,100000)" $(BIN)/python bench/pages.py

bench-tagging: installed-for-tests ## Tickets tagged a second on one core, time, memory and file, beside plain TF-IDF
	@$(BIN)/python bench/tagging.py

bench-mail: installed-for-tests ## Mail read a second by one worker, at SIZES=1000,100000 tickets, and the parser alone
	@SIZES="$(or $(SIZES),1000,100000)" $(BIN)/python bench/mail.py

messages: installed-for-tests ## Gather the texts to translate and compile what is translated (needs gettext)
	@$(BIN)/python manage.py makemessages --locale es --no-obsolete --ignore .venv --ignore var --ignore tests
	@$(BIN)/python manage.py compilemessages --locale es --ignore .venv

# --- Installing -----------------------------------------------------------------------------------------------------

# The copy of the requirements inside .venv says what is installed, so that nothing happens when nothing changed.
define INSTALL
wanted="$$*"
fresh() { for file in $$wanted; do cmp -s "$$file" ".venv/$$file" || return 1; done; }
works() { .venv/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
stop() { echo "Puente cannot start. $$1" >&2; exit 1; }
if works; then fresh && exit 0; else
  for python in $$PYTHON python3 python3.13 python3.12 python3.11 python; do
    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break
    python=
  done
  [ -n "$$python" ] || stop "Python 3.11 or newer is needed; found: $$(python3 --version 2>&1 | head -n 1)."
  "$$python" -c 'import venv, ensurepip' 2>/dev/null \
    || stop "This Python cannot make an environment of its own. On Debian and Ubuntu: apt install python3-venv"
  rm -rf .venv
  "$$python" -m venv .venv || stop "The environment could not be made in $$PWD/.venv."
fi
echo "Installing what $$wanted name into .venv (a minute the first time) ..."
for file in $$wanted; do
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement "$$file" \
    || stop "What $$file names could not be installed; the lines above say why."
  cp "$$file" ".venv/$$file"
done
endef
export INSTALL

installed:
	@sh -c "$$INSTALL" install requirements.txt

installed-for-tests:
	@sh -c "$$INSTALL" install requirements.txt requirements-dev.txt

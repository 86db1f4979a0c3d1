# Two commands do everything on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
# Browsers and servers make tests wait: one worker more than a small machine has cores keeps these busy.
WORKERS ?= 3

.PHONY: run test thorough lint bench pictures wheel chromium clean

run: $(READY)                      ## start the course with a demonstration class in ./var
	$(BIN)/ecitizen serve --demo

test: $(READY) chromium lint       ## lint, types, unit, notebook and browser tests
	$(BIN)/python -m pytest --nbval-lax --numprocesses $(WORKERS) tests lessons

thorough: $(READY) chromium        ## what `make test` leaves out to stay under twenty minutes
	$(BIN)/python -m pytest --numprocesses $(WORKERS) -m thorough tests

lint: $(READY)                     ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/ecitizen check

bench: $(READY) chromium           ## ours beside the stock tool, in one run
	$(BIN)/ecitizen bench serve
	$(BIN)/ecitizen bench click

pictures: $(READY) chromium        ## the pictures of the README, taken anew
	$(BIN)/python tools/pictures.py docs/pictures

wheel: $(READY)                    ## dist/*.whl with the content inside
	$(BIN)/python -m build --wheel

chromium:                          ## a browser for the tests, from the distribution
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; \
	  else \
	    echo "The browser tests need Chromium. Install it with the package manager (Debian: apt install chromium)." >&2; exit 1; \
	  fi; }

clean:                             ## everything that make made
	rm -rf .venv build dist

$(READY): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# A few commands; each makes its environment on first use. `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
RUN_TESTS = $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder
# pip would compile every module of every package, most of which are never imported: they are compiled when they are.
INSTALL = PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --no-compile -c constraints/python.txt

# What is installed does not wait for each other: packages of Python and Node.js, and a native client that is compiled.
MAKEFLAGS += --jobs=3

# Tests and the demo start hundreds of Python processes from these sources: each would compile them anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo score node test proofs check bench bench-nab fuzz format clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: .venv/.check .venv/.node .venv-ministack/.done .venv/.lambda-node ## install everything into .venv and .venv-ministack

demo: .venv/.runtime .venv-ministack/.done .venv/.lambda-node ## run the server with a living shop (ARGS="--port 8001 …" is passed on)
	@$(BIN)/mendline demo $(ARGS)

score: .venv/.runtime .venv-ministack/.done ## score detection against scenarios (SCENARIOS=DIR; ARGS="--mode live …")
	@$(BIN)/mendline-playground score $(if $(SCENARIOS),--scenarios $(SCENARIOS)) $(ARGS)

node: .venv/.runtime ## build AWS's runtime client for Node.js, for the playground (needs npm, cmake, make, g++)
	@$(BUILD_LAMBDA_NODE)
	@touch .venv/.lambda-node

test: .venv/.test .venv/.node .venv-ministack/.done .venv/.lambda-node ## run the tests (ARGS="-k name" is passed on)
	@$(RUN_TESTS) $(ARGS)

proofs: .venv/.test .venv/.node .venv-ministack/.done .venv/.lambda-node ## run the long proofs that `make test` leaves out: many kills, every page, whole scores
	@$(RUN_TESTS) -m thorough $(ARGS)

check: .venv/.check .venv/.tsc ## run linters, type checks and import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy
	@$(BIN)/cfn-lint deploy/aws/*.yaml
	@if [ -x .venv/tsc/node_modules/.bin/tsc ]; then .venv/tsc/node_modules/.bin/tsc -p server/src/mendline/web/jsconfig.json; fi
	@$(BIN)/python -m pytest -q tests/house agent/tests/test_imports.py

bench: .venv/.test .venv-ministack/.done ## run the benchmarks (ratios in one run; ARGS="ingest" picks one)
	@$(BIN)/python bench/run.py $(ARGS)

bench-nab: .venv/.test ## score the detector of steady states on a checkout of numenta/NAB (NAB=DIR)
	@$(BIN)/python bench/steady/nab.py $(if $(NAB),$(NAB),$(error say where a checkout of numenta/NAB is: make bench-nab NAB=DIR)) $(ARGS)

fuzz: .venv/.fuzz ## fuzz what reads bytes of strangers, a minute each (ARGS="json --seconds 600" picks)
	@$(BIN)/python tests/fuzz/fuzz.py $(ARGS)

format: .venv/.check ## format the code
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

clean: ## remove the environments (data stays)
	rm -rf .venv .venv-ministack

.venv/.made:
	@command -v $(PYTHON) >/dev/null || { echo "mendline: '$(PYTHON)' is not there. Install Python 3.11 or newer, or say which: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "mendline: Python 3.11 or newer is needed; '$(PYTHON)' is $$($(PYTHON) -V). Say which: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "mendline: Python lacks venv. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "mendline: making .venv …"
	@$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/.runtime: .venv/.made agent/pyproject.toml server/pyproject.toml playground/pyproject.toml constraints/python.txt
	@echo "mendline: installing the server, the agent and the playground (about a minute) …"
	@$(INSTALL) hatchling editables
	@$(INSTALL) --no-build-isolation -e agent -e server -e playground
	@echo "mendline: compiling what is imported …"
	@$(BIN)/python -m compileall -q -x '/(pandas|pyarrow|datastore|setuptools|tests)/' .venv/lib
	@touch $@

.venv/.test: .venv/.runtime constraints/test-requirements.txt
	@echo "mendline: installing test tools …"
	@$(INSTALL) -r constraints/test-requirements.txt
	@touch $@

.venv/.check: .venv/.test constraints/check-requirements.txt
	@echo "mendline: installing linters …"
	@$(INSTALL) -r constraints/check-requirements.txt
	@touch $@

.venv/.node: .venv/.made tests/acceptance/node/package-lock.json
	@if command -v npm >/dev/null; then echo "mendline: installing the Node.js SDK for tests …"; \
	  npm ci --prefix tests/acceptance/node --no-audit --no-fund --loglevel error; \
	else echo "mendline: npm is not there; tests with the Node.js SDK are skipped."; fi
	@touch $@

# The client's native part is compiled from sources that its package has with it. Node's headers are taken from beside
# node where they are, so that they need not be fetched.
BUILD_LAMBDA_NODE = headers=$$(node -p "require('path').resolve(process.execPath, '../..')") && \
  if [ -f "$$headers/include/node/node.h" ]; then export npm_config_nodedir="$$headers"; fi && \
  mkdir -p .venv/node && cp constraints/lambda-node/package*.json .venv/node && \
  npm ci --prefix .venv/node --no-audit --no-fund --loglevel error

.venv/.lambda-node: .venv/.made constraints/lambda-node/package-lock.json
	@missing=; for tool in node npm cmake make g++; do command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	if [ -n "$$missing" ]; then \
	  echo "mendline: without$$missing the playground has no functions on Node.js. On Debian and Ubuntu: apt install nodejs npm cmake make g++"; \
	else touch $@; echo "mendline: building AWS's runtime client for Node.js (about a minute) …"; \
	  { $(BUILD_LAMBDA_NODE); } >.venv/node.log 2>&1 && echo "mendline: the client for Node.js is built." || \
	  echo "mendline: that failed, so the playground has no functions on Node.js (.venv/node.log; try again: make node)."; fi

.venv/.tsc: .venv/.made constraints/typescript.txt
	@if command -v npm >/dev/null; then \
	  npm install --prefix .venv/tsc --no-package-lock --no-audit --no-fund --silent typescript@$$(cat constraints/typescript.txt); \
	else echo "mendline: npm is not there, so the types of the browser's scripts are not checked"; fi
	@touch $@

.venv/.fuzz: .venv/.test
	@echo "mendline: installing the fuzzer …"
	@$(INSTALL) atheris
	@touch $@

.venv-ministack/.done: constraints/ministack.txt | .venv/.made
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "mendline: '$(PYTHON)' lacks venv. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "mendline: installing the local AWS into .venv-ministack …"
	@$(PYTHON) -m venv --clear .venv-ministack
	@PIP_DISABLE_PIP_VERSION_CHECK=1 .venv-ministack/bin/python -m pip install --quiet --no-compile -r constraints/ministack.txt
	@echo "mendline: the local AWS is there."
	@touch $@

# Two commands are all a newcomer needs: `make demo` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
# Runs and tests start many processes: what one has compiled the next need not.
export PYTHONDONTWRITEBYTECODE =

.PHONY: demo test check decade bench dictionary lock clean

demo: $(VENV)/.base
	@$(BIN)/python -m demo.run

# A worker for each processor, up to four; a file's tests stay together, with what they share.
test: $(VENV)/.dev
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadscope --no-loadscope-reorder

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/mypy

# Ten drawn worlds of a year each, two at a time, and beside them one of ten years; each failure is a seed and a night.
SEED ?= 1
decade: $(VENV)/.dev
	$(BIN)/python -m tests.world.decade --seed $(SEED) --worlds 10 --nights 365 --at-once 2 --long 3650

# The speed of a large night and of PubMed XML; the others are named in benchmarks/README.md.
bench: $(VENV)/.dev
	@mkdir -p build
	$(BIN)/python -m benchmarks.night --json build/night.json
	$(BIN)/python benchmarks/pubmed.py --json build/pubmed.json

# docs/dictionary.md again from the schema, the views and the queries.
dictionary: $(VENV)/.base
	$(BIN)/python -m warehouse.release.dictionary

# The hashed locks, made again from the ranges in pyproject.toml.
lock: $(VENV)/.uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url -q \
	    pyproject.toml -c requirements/pins.in -o requirements/base.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url -q \
	    pyproject.toml --extra scale -c requirements/pins.in -c requirements/base.txt -o requirements/scale.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url -q \
	    pyproject.toml --extra mcp -c requirements/pins.in -c requirements/base.txt -o requirements/mcp.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url -q \
	    pyproject.toml --all-extras --group dev -c requirements/base.txt -o requirements/dev.txt

# uv installs the hashed lock in seconds; it is itself installed by its hash.
$(VENV)/.uv: requirements/uv.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

$(VENV)/.base: $(VENV)/.uv requirements/base.txt pyproject.toml
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/base.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.base requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

clean:
	rm -rf $(VENV) demo/data build dist

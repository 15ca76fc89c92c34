# make demo : voir veille marcher, hors ligne. make test : tout vérifier. make run : la vraie veille.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
BROWSER := $(VENV)/.browser
LOCKED := pyproject.toml --quiet --universal --python-version 3.11 --no-header --no-emit-index-url --no-emit-find-links

.PHONY: demo run test lint fast live corpus quick format watch release quality soak bench screenshots lock clean

demo: $(INSTALLED)
	$(BIN)/veille demo $(if $(CI),--once)

run: $(INSTALLED)
	$(BIN)/veille collect -v || [ $$? -eq 1 ]
	$(BIN)/veille serve

# All of it, or with T a file, a folder or one test.
ifdef T
test: $(INSTALLED) $(BROWSER)
	$(BIN)/pytest $(T)
else
test: lint fast corpus live
endif

quick: $(INSTALLED)
	$(BIN)/pytest -q -n 2 tests/pure

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

watch: $(INSTALLED)
	$(BIN)/python tools/watch.py

release: test
	$(BIN)/python tools/release.py $(VERSION)

lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

fast: $(INSTALLED)
	$(BIN)/pytest -n 2 --ignore tests/live --ignore tests/corpus

live: $(INSTALLED) $(BROWSER)
	$(BIN)/pytest -n 4 --dist loadfile tests/live

corpus: $(INSTALLED)
	$(BIN)/pytest -n 2 tests/corpus

quality: $(INSTALLED)
	$(BIN)/python tools/quality.py

# The long proofs, about fifty minutes; each prints its figures.
soak: $(INSTALLED) $(BROWSER)
	VEILLE_STEP=3 $(BIN)/pytest tests/live/test_portals.py
	VEILLE_ALL=1 $(BIN)/pytest -s tests/live/test_hostile_server.py tests/live/test_hostile_markup.py
	VEILLE_ALL=1 $(BIN)/pytest tests/live/browser/test_axe.py
	VEILLE_VISITS=60 VEILLE_WORLDS=6 $(BIN)/pytest -s tests/collecting/test_identity_law.py
	VEILLE_TOGETHER=60 $(BIN)/pytest -s tests/live/test_together.py
	VEILLE_EVERY=1 VEILLE_RUNS=100 $(BIN)/pytest -s tests/live/test_faults.py -k "operation or many_runs"
	$(BIN)/pytest -s tests/soak/soak_day.py tests/soak/soak_mutations.py tests/soak/soak_export.py tests/soak/soak_fuzz.py
	VEILLE_KILLS=1000 VEILLE_KILLS_EACH=30 $(BIN)/pytest -s tests/live/test_killed.py
	VEILLE_MESSAGES=10000 VEILLE_MAIL_KILLS=1000 $(BIN)/pytest -s tests/live/test_mail.py -k "every_way or killed"
	VEILLE_DEAD=1000 $(BIN)/pytest -s tests/live/test_bad_days.py -k dead_sources

bench: $(INSTALLED)
	$(BIN)/python bench/collect.py
	$(BIN)/python bench/alarms.py

screenshots: $(INSTALLED) $(BROWSER)
	$(BIN)/python tools/screenshots.py

$(INSTALLED): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Il faut Python 3.11 ou plus récent : installez-le, ou lancez « make PYTHON=python3.12 … »."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]' || { \
	  echo "Une version de constraints.txt ne s’obtient pas ici : les intervalles de pyproject.toml servent à sa place."; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'; }
	@touch $@

# The browser of the tests is Debian's chromium, driven by Playwright for Python.
$(BROWSER): $(INSTALLED)
	@command -v chromium >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	  else \
	    echo "Les essais du navigateur demandent chromium : installez-le (Debian : apt-get install chromium), puis relancez make."; exit 1; \
	  fi; }
	@command -v nginx >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nginx-light >/dev/null; } || echo "Sans nginx, les essais du fichier livré sont sautés."
	@touch $@

# The versions that are known to work together: with hashes for a server, without for the environment of make. By uv.
lock: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'
	$(BIN)/uv pip compile $(LOCKED) --upgrade --generate-hashes --output-file requirements.lock
	$(BIN)/uv pip compile $(LOCKED) --all-extras --no-annotate --constraint requirements.lock --output-file constraints.txt

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache build src/*.egg-info

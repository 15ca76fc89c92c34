"""feeds.yaml covers the country, and docs/sources.md says what feeds.yaml says."""

import subprocess
import sys
from itertools import pairwise

from paths import ROOT
from veille.config import Names, parse_config


def sources_of(knowledge):
    places = {code: place.name for code, place in knowledge.departements.items()}
    names = Names(tags=frozenset(knowledge.themes), aliases=knowledge.aliases, departements=places)
    return parse_config((ROOT / "feeds.yaml").read_text(encoding="utf-8"), "feeds.yaml", names).sources


def test_every_departement_is_watched(knowledge):
    watched = {code for source in sources_of(knowledge) if source.enabled for code in source.territory}

    assert watched == set(knowledge.departements)
    assert len(watched) == 101


def test_units_of_several_codes_carry_each(knowledge):
    several = {source.territory for source in sources_of(knowledge) if len(source.territory) > 1}

    assert several == {("2A", "2B"), ("67", "68")}


def test_every_source_says_how_sure_it_is():
    lines = (ROOT / "feeds.yaml").read_text(encoding="utf-8").splitlines()

    missing = [line for before, line in pairwise(lines) if line.startswith("  - id:") and "# confiance :" not in before]
    assert missing == []


def test_the_page_of_sources_is_up_to_date():
    outcome = subprocess.run([sys.executable, "tools/sources.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert outcome.returncode == 0, outcome.stderr

"""feeds.yaml: every problem at once, each with its line and what was meant."""

from datetime import timedelta

import pytest

from paths import ROOT
from veille.config import Names, decode_config, parse_config, source_yaml
from veille.errors import ConfigError
from veille.model import Proxy

NAMES = Names(
    tags=frozenset({"laboratoires", "design-usages"}),
    aliases={"labs": "laboratoires"},
    departements={"01": "Ain", "14": "Calvados", "2A": "Corse-du-Sud"},
)
HEAD = "version: 1\nsources:\n"


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "feeds.yaml", NAMES)
    return caught.value.problems


def one(text: str):
    return parse_config(HEAD + text, "feeds.yaml", NAMES).sources[0]


def test_a_whole_source_is_read_as_written():
    source = one(
        "  - {id: a-1, name: no, feed: https://exemple.fr/rss, territory: 01, tags: [laboratoires], every: 12h, rights: link,\n"
        "     timeout: 5s, full_text: 20, expect: {at_least: 5, within: 30d}, language: en, timezone: Indian/Reunion, enabled: false}\n"
    )

    assert (source.id, source.name, source.territory, source.enabled) == ("a-1", "no", ("01",), False)
    assert (source.every, source.timeout, source.expect.within) == (timedelta(hours=12), timedelta(seconds=5), timedelta(days=30))


def test_a_feed_served_from_elsewhere_says_whose_it_is():
    text = "  - {id: lab, name: Lab, feed: 'https://feeds.example.net/1', home: 'https://lab.fr/'}\n"

    assert one(text).home == "https://lab.fr/"
    assert one(source_yaml(one(text))) == one(text)
    assert "feeds.yaml:3" in problems(HEAD + text.replace("https://lab.fr/", "lab.fr"))[0]


def test_a_source_overrides_the_defaults():
    text = "version: 1\ndefaults: {every: 2h, rights: link}\nsources:\n  - {id: a, name: A, feed: 'https://e.fr/', rights: full}\n"

    source = parse_config(text, "f", NAMES).sources[0]

    assert (source.every, source.rights) == (timedelta(hours=2), "full")


def test_all_problems_come_at_once_with_their_lines():
    found = problems(HEAD + "  - id: A B\n    fed: https://e.fr/\n    name: ''\n    territory: 1\n  - {id: b, name: B, feed: ftp://e.fr}\n")

    lines = [int(problem.split(":")[1]) for problem in found]
    assert lines == sorted(lines)
    assert {3, 4, 5, 6, 7} <= set(lines)
    assert any("vouliez-vous dire « feed » ?" in problem for problem in found)
    assert any("vouliez-vous dire « 01 » ?" in problem for problem in found)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{id: a, name: A}", "il manque « feed »"),
        ("{id: a, name: A, feed: 'https://e.fr', page: 'https://e.fr', select: {item: a, title: b}}", "à la fois"),
        ("{id: a, name: A, page: 'https://e.fr'}", "a besoin de « select"),
        ("{id: a, name: A, feed: 'https://e.fr', select: {item: a, title: b}}", "ne va qu’avec « page »"),
        ("{id: a, name: A, page: 'https://e.fr', select: {item: 'li[', title: b}}", "sélecteur CSS invalide"),
        ("{id: a, name: A, page: 'https://e.fr', select: {item: 'a@href', title: b}}", "@attribut"),
        ("{id: a, name: A, feed: 'https://e.fr', tags: [laboratoire]}", "vouliez-vous dire « laboratoires » ?"),
        ("{id: a, name: A, feed: 'https://e.fr', territory: '20'}", "la Corse est 2A ou 2B"),
        ("{id: a, name: A, feed: 'https://e.fr', territory: calvados}", "vouliez-vous dire « 14 » ?"),
        ("{id: a, name: A, feed: 'https://①.fr/'}", "nom de site impossible"),
        ("{id: a, name: A, feed: 'https://e.fr', every: 6}", "n’est pas une durée"),
        ("{id: a, name: A, feed: 'https://e.fr', every: 1m}", "hors limites"),
        ("{id: a, name: A, feed: 'https://e.fr', enabled: yes}", "true, false"),
        ("{id: a, name: A, feed: 'https://e.fr', rights: extrait}", "vouliez-vous dire « excerpt » ?"),
        ("{id: a, name: A, feed: 'https://u:p@e.fr/'}", "ni nom ni mot de passe"),
        ("{id: a, name: A, feed: 'e.fr/rss'}", "vouliez-vous dire « https://e.fr/rss » ?"),
        ("{id: a, name: A, feed: 'https://e.fr/a b'}", "espace"),
        ("{id: a, name: A, feed: 'https://e.fr', timezone: Europe/Pari}", "fuseau horaire inconnu"),
        ("{id: a, name: A, name: B, feed: 'https://e.fr'}", "clé répétée"),
        ("{id: a, name: &x A, feed: 'https://e.fr'}", "ancres"),
        ("{id: a, name: !!str A, feed: 'https://e.fr'}", "étiquettes YAML"),
    ],
)  # fmt: skip
def test_each_mistake_gets_one_clear_sentence(line, said):
    found = problems(f"{HEAD}  - {line}\n")

    assert any(said in problem and problem.startswith("feeds.yaml:3:") for problem in found), found


def test_an_id_is_used_once_former_ones_included():
    found = problems(HEAD + "  - {id: a, name: A, feed: 'https://e.fr'}\n  - {id: b, name: B, feed: 'https://f.fr', formerly: [a]}\n")

    assert "id répété « a » (déjà ligne 3)" in found[0]


def test_a_merged_tag_is_a_warning():
    config = parse_config(HEAD + "  - {id: a, name: A, feed: 'https://e.fr', tags: [labs]}\n", "f.yaml", NAMES)

    assert config.sources[0].tags == ("laboratoires",)
    assert "s’appelle maintenant « laboratoires »" in config.warnings[0]


def test_bytes_that_are_not_utf8_are_told_with_their_line():
    with pytest.raises(ConfigError, match="f:2: le fichier n’est pas en UTF-8"):
        decode_config("version: 1\nname: été".encode("latin-1"), "f")


def test_deep_nesting_ends_in_a_sentence():
    assert "niveaux" in problems("sources: " + "[" * 50_000)[0]


def test_our_own_feeds_yaml_is_right(knowledge):

    text = (ROOT / "feeds.yaml").read_text(encoding="utf-8")
    names = Names(
        tags=frozenset(knowledge.themes),
        aliases=knowledge.aliases,
        departements={code: place.name for code, place in knowledge.departements.items()},
    )

    config = parse_config(text, "feeds.yaml", names)

    assert len(config.sources) == 230
    assert all(not source.enabled for source in config.sources if source.id.endswith("opendata"))
    assert not config.warnings


def test_an_address_is_watched_once_and_the_contact_can_be_written_to():
    text = "version: 1\ndefaults: {contact: claire}\nsources:\n  - {id: a, name: A, feed: 'https://e.fr'}\n  - {id: b, name: B, feed: 'https://e.fr'}\n"

    found = problems(text)

    assert any("feeds.yaml:5: cette adresse est déjà suivie (ligne 4)" in problem for problem in found)
    assert any(problem.startswith("feeds.yaml:2: « contact: claire »") for problem in found)


PROXY = "version: 1\ndefaults: {{{}}}\nsources:\n  - {{id: a, name: A, feed: 'https://e.fr/rss'{}}}\n"


@pytest.mark.parametrize(
    ("defaults", "own", "read"),
    [
        ("proxy: 'http://proxy.exemple.fr:3128'", "", Proxy(url="http://proxy.exemple.fr:3128")),
        ("proxy: environment", "", Proxy(url="environment")),
        ("proxy: environment", ", proxy: none", Proxy()),
        ("every: 6h", ", proxy: 'http://p.fr:3128/'", Proxy(url="http://p.fr:3128/")),
        (
            "proxy: {url: 'https://p.fr:3128', user: P_NOM, password: P_MOT}, no_proxy: [intranet.fr, 127.0.0.1]", "",
            Proxy(url="https://p.fr:3128", user="P_NOM", password="P_MOT", no_proxy=("intranet.fr", "127.0.0.1")),
        ),
    ],
)  # fmt: skip
def test_a_proxy_is_for_all_or_for_one(defaults, own, read):
    assert parse_config(PROXY.format(defaults, own), "feeds.yaml", NAMES).sources[0].access.proxy == read


@pytest.mark.parametrize(
    ("defaults", "own", "said"),
    [
        ("proxy: 'http://agent:s3cr3t@p.fr:3128'", "", "pas de mot de passe ici"),
        ("proxy: 'http://p.fr:3128/chemin'", "", "ni chemin ni question"),
        ("proxy: 'socks5://p.fr:1080'", "", "http ou https seulement"),
        ("proxy: proxy.exemple.fr", "", "adresse sans protocole"),
        ("proxy: {url: 'http://p.fr:3128', user: P_NOM}", "", "vont ensemble"),
        ("proxy: {url: 'http://p.fr:3128', user: P_NOM, password: s3cr3t}", "", "le nom d’une variable d’environnement"),
        ("proxy: {user: P_NOM, password: P_MOT}", "", "il manque « url »"),
        ("no_proxy: [e.fr]", "", "ne va qu’avec « proxy »"),
        ("every: 6h", ", headers: {X-Api-Key: s3cr3t}", "le nom d’une variable d’environnement"),
        ("every: 6h", ", headers: {Host: AUTRE}", "ne peut être un en-tête"),
        ("every: 6h", ", headers: {'X Clé': CLE}", "en-tête de source"),
        ("every: 6h", ", headers: [CLE]", "Nom: NOM_DE_VARIABLE"),
    ],
)
def test_a_mistake_of_proxy_or_headers_is_told_and_what_may_be_secret_is_not(defaults, own, said):
    (problem,) = problems(PROXY.format(defaults, own))
    assert said in problem
    assert "s3cr3t" not in problem


def test_headers_are_names_of_variables_for_the_origin_of_their_source():
    access = parse_config(PROXY.format("every: 6h", ", headers: {X-Api-Key: CLE_AGENDA}"), "feeds.yaml", NAMES).sources[0].access
    assert (access.headers, access.origin) == ((("X-Api-Key", "CLE_AGENDA"),), "https://e.fr/rss")

"""Odd texts (formulas, templates, log forgeries, bidi, surrogates, paths) through the store, every export, the log and addresses."""

import asyncio
import csv
import io
import json
import logging
import subprocess
import sys
import unicodedata
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from datasette.app import Datasette

from builders import collect_entries, make_entry, make_source, register
from veille.logs import _Json, _Lines
from veille.normalize import clean
from veille.store.public import PUBLIC_TABLES

pytestmark = pytest.mark.corpus
BEFORE, AFTER = "avant ", " après"


def payloads(shared, *groups):
    lines = (shared / "hostile" / "text.jsonl").read_text("utf-8").splitlines()
    return [row["payload"] for row in map(json.loads, lines) if not groups or row["group"] in groups]


@pytest.fixture
def held(shared, store, knowledge, now):
    """Each payload as title, text, author and guid of an article; the payload by the article's id."""
    texts = payloads(shared)
    for number, text in enumerate(texts):
        source = make_source(id=f"s{number}", rights="full")
        register(store, source)
        entry = make_entry(guid=text or "vide", link=f"https://e.fr/{number}", title=text, summary=BEFORE + text + AFTER, author=text,
                           title_is_text=True, body_is_text=True)  # fmt: skip
        collect_entries(store, source, [entry], knowledge, now)
    urls = dict(store.execute("select id, url from items").fetchall())
    return {item: texts[int(url.rsplit("/", 1)[1])] for item, url in urls.items()}


def get(site, path):
    return asyncio.run(site.client.get(path))


def shown(text):
    return clean(text).replace("\n", " ")


def test_every_text_is_kept_readable_and_comes_out_as_it_went_in(held, store, tmp_path):
    site = Datasette([str(tmp_path / "veille.db")])
    rows = {row["id"]: row for page in range(1, 9) for row in get(site, f"/recherche.json?tri=date&page={page}").json()["articles"]}
    assert rows.keys() == held.keys()
    for item, text in held.items():
        title = rows[item]["titre"]
        said = shown(text)
        if said and len(said) < 400:
            assert title == said
        assert title
        assert unicodedata.is_normalized("NFC", title)
        assert not [sign for sign in title if unicodedata.category(sign) in ("Cc", "Cs", "Cn") or sign in "\u202e\u2066\u2067\u2068\ufeff"]
        assert len(title) <= 500
        page = get(site, f"/article/{item}")
        assert page.status_code == 200
        assert len(page.content) < 400_000


def test_csv_everywhere_holds_no_formula_and_reads_back(held, store, tmp_path):
    site = Datasette([str(tmp_path / "veille.db")])
    command = [sys.executable, "-m", "veille", "export", "public", "--db", "veille.db"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    taken = (tmp_path / "public" / "articles.csv").read_text("utf-8-sig")
    for sheet, column in ((get(site, "/recherche.csv?tri=date").text.lstrip("\ufeff"), "titre"), (taken, "title")):
        rows = list(csv.DictReader(io.StringIO(sheet, newline=""), delimiter=";"))
        assert len(rows) == len(held)
        for row in rows:
            for cell in row.values():
                assert cell.lstrip("\"' \t\r\n\u00a0")[:1] not in ("=", "+", "-", "@") or cell.startswith("'")
            said = shown(held[int(row["id"])])
            if said and len(said) < 400:
                assert row[column].removeprefix("'") == said.removeprefix("'")


def test_feeds_of_all_of_them_are_sound_xml(held, tmp_path):
    site = Datasette([str(tmp_path / "veille.db")])
    for page in range(1, 5):
        ElementTree.fromstring(get(site, f"/recherche.atom?tri=date&page={page}").content)


def test_every_log_line_is_one_printable_line(shared):
    for text in payloads(shared):
        for formatter in (_Lines(), _Json()):
            line = formatter.format(logging.LogRecord("veille", logging.ERROR, "", 0, "source %s", (text,), None))
            assert len(line.splitlines()) == 1
            assert all(sign.isprintable() or sign in "\u00a0\u202f" for sign in line)
            assert "hunter2" not in line
            assert len(line) < 20_000


def test_no_address_made_of_them_opens_anything(shared, held, tmp_path):
    site = Datasette([str(tmp_path / "veille.db")])
    for text in payloads(shared, "id", "unicode", "template"):
        part = quote(text[:2000].encode("utf-8", "surrogatepass"), safe="")
        for path in (
            f"/article/{part}",
            f"/veille/{part}",
            f"/{part}",
            f"/recherche?theme={part}&departement={part}&source={part}",
            f"/recherche?q={part}",
        ):
            answer = get(site, path)
            assert answer.status_code in (200, 302, 400, 403, 404), (path, answer.status_code)
            if answer.status_code == 302:  # Datasette's own spelling of a table's address, within the site
                assert answer.headers["location"].startswith("/")
                assert not answer.headers["location"].startswith("//")
            assert "Traceback" not in answer.text
            assert "root:x:0" not in answer.text


def test_the_tables_show_them_inert(held, tmp_path):
    site = Datasette([str(tmp_path / "veille.db")])
    for table in PUBLIC_TABLES:
        answer = get(site, f"/veille/{table}?_size=200")
        assert answer.status_code == 200
        assert "\u202e" not in answer.text
        assert "\x1b" not in answer.text

"""1,197 known attacks in every text field of RSS, Atom (three types), JSON Feed and a page, through the real collector and site.

Nothing of them is live in any page, feed or export, by an oracle that parses as a browser does and in a real Chromium, with our policy
and without it; words that are honest stay letter for letter. Attacks and oracle are those of the folder that VEILLE_SHARED names.
"""

import asyncio
import csv
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
from html import escape
from pathlib import Path
from xml.etree import ElementTree

import feedparser
import pytest
from datasette.app import Datasette
from loopback import reply, serve

from builders import make_fetched
from veille.messages.reading import FEED_AS_PAGE, FEED_ENTRY, FEED_OPENED
from veille.model import Selectors, Source
from veille.normalize import clean, to_item
from veille.parse import parse
from veille.store import connect

SHARED = os.environ.get("VEILLE_SHARED", "")
FOLDER = Path(SHARED, "hostile")
pytestmark = pytest.mark.skipif(not (SHARED and FOLDER.is_dir()), reason="VEILLE_SHARED does not name the folder of attacks")
STEP = 1 if os.environ.get("VEILLE_ALL") else 9  # of the pages that show them all, every so many; `make soak` opens each
FORMS = ("rss", "atom-text", "atom-html", "atom-xhtml", "json", "page", "files")
BROWSER = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def attacks():
    if not (SHARED and FOLDER.is_dir()):
        return []
    return [json.loads(line) for line in (FOLDER / "xss.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def oracle():
    spec = importlib.util.spec_from_file_location("check_html", FOLDER / "check_html.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.findings


def documents(rows):
    """One document a form; each payload is title, text, author and category of its entry."""

    def xml(text, *, twice=False):
        text = _NOT_XML.sub("", text)
        return escape(escape(text) if twice else text)

    def link(form, number):
        return f"https://{form}.test/{number}"

    rss = "".join(
        f"<item><guid>r{n}</guid><link>{link('rss', n)}</link><title>{xml(p)}</title><author>{xml(p)}</author><category>{xml(p)}</category>"
        f"<description>{xml(p)}</description></item>"
        for n, p in rows
    )
    found = {"rss": f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{rss}</channel></rss>'}
    for kind in ("text", "html", "xhtml"):
        body = (lambda p: f'<div xmlns="http://www.w3.org/1999/xhtml">{xml(p)}</div>') if kind == "xhtml" else xml
        entries = "".join(
            f"<entry><id>{kind}{n}</id><link href='{link(f'atom-{kind}', n)}'/><updated>2026-11-20T08:00:00Z</updated>"
            f"<title type='{kind}'>{body(p)}</title><summary type='{kind}'>{body(p)}</summary><author><name>{xml(p)}</name></author></entry>"
            for n, p in rows
        )
        found[f"atom-{kind}"] = f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><id>x</id>{entries}</feed>'
    items = [
        {"id": f"j{n}", "url": link("json", n), "title": p, "content_text": p, "content_html": p, "authors": [{"name": p}], "tags": [p]}
        for n, p in rows
    ]
    found["json"] = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": items})
    blocks = "".join(
        f"<li><h3><a href='{link('page', n)}'>{escape(p)} n° {n}</a></h3><p class='chapo'>{escape(p)}</p></li>" for n, p in rows
    )
    found["page"] = f"<html><head><meta charset=utf-8></head><body><ul>{blocks}</ul></body></html>"
    return {form: text.encode("utf-8", "replace") for form, text in found.items()}


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Everything collected over HTTP into one file, shown in full (`rights: full`)."""
    folder = tmp_path_factory.mktemp("markup")
    rows = [(number, row["payload"]) for number, row in enumerate(attacks())]
    answers = {f"/{form}": lambda handler, body=body: reply(handler, body) for form, body in documents(rows).items()}
    files = {path.name: path.read_bytes() for path in sorted((FOLDER / "feeds").iterdir()) if path.suffix in (".xml", ".json")}
    answers |= {f"/files/{name}": lambda handler, body=body: reply(handler, body) for name, body in files.items()}
    with serve(answers) as root:
        lines = ["version: 1", "defaults: {rights: full}", "sources:"]
        for form in documents([]):
            select = ", select: {item: li, title: h3, link: 'h3 a@href', summary: p}" if form == "page" else ""
            lines.append(f"  - {{id: {form}, name: {form}, {'page' if form == 'page' else 'feed'}: '{root}/{form}'{select}}}")
        lines += [f"  - {{id: fichier-{n}, name: f{n}, feed: '{root}/files/{name}'}}" for n, name in enumerate(files)]
        (folder / "feeds.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "veille", "collect", "--json", "--allow-private-network", "--spacing", "0"]
        outcome = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert "Traceback" not in outcome.stderr
    summary = json.loads(outcome.stdout)
    bad = {one["source"]: one["class"] for one in summary["failures"]}
    assert set(bad.values()) <= {"bad-feed", "too-large"}, bad
    assert not [source for source in bad if not source.startswith("fichier")]
    return folder / "data" / "veille.db", rows


def pages_of(path):
    """Addresses of pages of the list; it shows a story once, so the site says how many cards there are."""
    cards = get(Datasette([str(path)]), "/recherche.json?tri=date").json()["total"]
    return [f"/recherche?tri=date&page={number}" for number in range(1, cards // 20 + 1, STEP)]


def get(site, path):
    return asyncio.run(site.client.get(path))


def count(path):
    db = connect(path)
    try:
        return db.execute("select count(*) from items").fetchone()[0]
    finally:
        db.close()


def kinds(findings):
    return {(level, re.sub(r"\d+", "0", what)) for level, what in findings}


def test_the_control_finds_the_raw_attacks_again(oracle):
    for row in attacks()[::20]:
        assert sorted({level for level, _ in oracle(row["payload"])}) == row["raw"], row["id"]


def test_most_of_the_attacks_are_there_to_be_shown(stored):
    path, rows = stored
    assert count(path) > 5 * len(rows)


def test_nothing_of_them_is_live_in_any_page(stored, oracle):
    path, _ = stored
    site = Datasette([str(path)])
    main = re.compile(r"<main\b.*</main>", re.S)
    honest = "<main" + get(site, "/recherche?q=aucunmotdecegenre").text.split("<main", 1)[1]
    total = count(path)
    allowed = kinds(oracle(honest))
    db = connect(path)
    plain = db.execute("select id from items where title like '123456%' limit 1").fetchone()[0]
    db.close()
    for one in ("/recherche?q=123456", f"/article/{plain}"):
        allowed |= kinds(oracle(main.search(get(site, one).text)[0]))
    articles = [f"/article/{number}" for number in range(1, total, 5 * STEP)]
    checked = 0
    for address in [*pages_of(path), *articles]:
        answer = get(site, address)
        assert answer.status_code == 200, address
        live = kinds(oracle(main.search(answer.text)[0])) - allowed
        assert not live, (address, live)
        checked += 1
    assert checked > 80


def test_feeds_and_exports_carry_text_and_no_markup(stored):
    path, _ = stored
    site = Datasette([str(path)])
    atom = get(site, "/recherche.atom?tri=date").text
    tree = ElementTree.fromstring(atom.encode())
    ours = [one for one in tree.iter() if one.tag.startswith("{http://www.w3.org/1999/xhtml}")]  # for whoever opens it: our words alone
    assert {one.tag.split("}")[1] for one in ours} == {"div", "p", "a"}
    assert {one.text for one in ours} <= {None, FEED_OPENED, FEED_AS_PAGE, FEED_ENTRY, "http://localhost/recherche.atom?tri=date"}
    assert all(one.get("href", "http://localhost/").startswith("http://localhost/") for one in ours)
    assert {one.tag.split("}")[1] for one in tree.iter() if one not in ours} <= {
        "feed", "title", "subtitle", "id", "link", "updated", "entry", "published", "author", "name", "summary", "category", "generator",
    }  # fmt: skip
    for one in tree.iter():
        assert one.get("type") in (None, "text", "text/html", "application/atom+xml")
    assert all(entry.title_detail.type == "text/plain" for entry in feedparser.parse(atom).entries)
    sheet = get(site, "/recherche.csv?tri=date").text.lstrip("\ufeff")
    for row in csv.reader(io.StringIO(sheet), delimiter=";"):
        assert not [cell for cell in row if cell.lstrip("\"' \t\r\n\u00a0")[:1] in ("=", "+", "-", "@") and not cell.startswith("'")]
    answer = get(site, "/recherche.json?tri=date")
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_addresses_of_articles_are_of_the_web_alone(stored):
    path, _ = stored
    db = connect(path)
    rows = [row[0] for row in db.execute("select url from items union select url from sightings")]
    db.close()
    assert not [url for url in rows if url and not url.startswith(("http://", "https://"))]


def test_plain_fields_keep_the_payload_letter_for_letter(stored):
    """Where the format promises text (Atom type=text, JSON Feed), the title is the payload, cleaned of what nobody sees and cut at 500."""
    path, rows = stored
    db = connect(path)
    held = dict(db.execute("select url, title from items where source_id in ('atom-text', 'json')").fetchall())
    db.close()
    compared = 0
    for form in ("atom-text", "json"):
        for number, payload in rows:
            said = _NOT_XML.sub("", payload) if form == "atom-text" else payload
            said = clean(said.replace("\u2028", " ").replace("\u2029", " ")).replace("\n", " ")
            title = held.get(f"https://{form}.test/{number}")
            if title is None or not said or len(said) > 480:
                continue
            assert " ".join(title.split()) == " ".join(said.split()), (form, number)
            compared += 1
    assert compared > 2000


def test_honest_words_survive_in_every_form():
    honest = [
        "a < b et c > d",
        "C++ & C#",
        "J’aime <3 les forêts",
        "if (x<y) alert",
        "5 > 3 && 2 < 4",
        "AT&T, R&D",
        "« guillemets » &amp; cie",
    ]
    rows = list(enumerate(honest))
    for form, body in documents(rows).items():
        if form == "atom-html":
            continue  # there `<b` is markup by the format's own word
        select = Selectors(item="li", title="h3", link="h3 a@href", summary="p") if form == "page" else None
        parsed = parse("page" if form == "page" else "feed", make_fetched(body), select)
        items = [to_item(Source(id="a", name="", kind="feed", url="https://e.fr/"), entry) for entry in parsed.entries]
        for (_, text), item in zip(rows, items, strict=True):
            words = re.findall(r"[\w+#]+", text)
            assert [word for word in words if word in item.title] == words or "&amp;" in text, (form, text, item.title)


COUNT = """
window.__fired = 0;
for (const name of ['alert', 'prompt', 'confirm', 'print']) window[name] = () => { window.__fired += 1; };
"""
TOUCH = """
for (const one of document.querySelectorAll('main *')) {
  for (const kind of ['mouseover', 'mouseenter', 'focus', 'pointerover', 'toggle']) one.dispatchEvent(new Event(kind, {bubbles: true}));
}
"""


@pytest.fixture(scope="module")
def server(stored):
    import contextlib
    import socket
    import time
    import urllib.request

    path, _ = stored
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "veille", "serve", "--db", str(path), "--port", str(port)]
    log = path.parent / "serve.log"
    with log.open("wb") as told:
        process = subprocess.Popen(command, stdout=told, stderr=told)
    for _ in range(1_200):  # a busy machine takes its time
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/connexion").close()
            break
        assert process.poll() is None
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    assert process.poll() is None, log.read_text("utf-8")[-2000:]  # why it ended, where a page found it gone
    process.terminate()
    process.wait(20)


@pytest.mark.browser
@pytest.mark.parametrize("policy", [True, False], ids=["with our policy", "without it"])
def test_none_fires_in_a_real_browser(stored, server, policy):
    from playwright.sync_api import sync_playwright

    path, _ = stored
    total = count(path)
    addresses = [f"{server}{one}" for one in [*pages_of(path)[::2], *(f"/article/{n}" for n in range(3, total, 25 * STEP))]]
    said, asked = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=BROWSER)
        context = browser.new_context(bypass_csp=not policy)
        context.add_init_script(COUNT)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        context.on("request", lambda request: asked.append(request.url))
        for address in addresses:
            page.goto(address)
            page.evaluate(TOUCH)
            assert page.evaluate("window.__fired") == 0, address
            assert page.url == address
        browser.close()
    assert said == []
    assert not [url for url in asked if not url.startswith((server, "data:"))]


@pytest.mark.browser
def test_the_raw_attacks_do_fire(stored):
    """The control: the browser of the test above is one in which they run."""
    from playwright.sync_api import sync_playwright

    _, rows = stored
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=BROWSER)
        page = browser.new_context().new_page()
        page.add_init_script(COUNT)
        fired = 0
        for _, payload in rows[:200]:
            if "<script" in payload or "onerror" in payload or "onload" in payload:
                page.goto("about:blank")
                page.set_content(f"<main>{payload}</main>", wait_until="domcontentloaded")
                fired += page.evaluate("window.__fired") > 0
        browser.close()
    assert fired >= 10

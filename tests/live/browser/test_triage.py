"""Two curators in two real browsers, over one real server: triage by keyboard, bulk, conflicts, refusals, sessions, no script."""

import statistics
import subprocess
import sys
from datetime import UTC, datetime
from urllib.parse import quote_plus

import pytest
import waiting
import yaml
from waiting import wait_for

from builders import collect_entries, make_entry, make_source
from live.browser.conftest import BROWSER  # noqa: F401 - the same browser
from pace import pace
from veille.cli.serving import free_port
from veille.resources import load_kinds, load_knowledge, package_text
from veille.store import connect, migrate
from veille.store.curating.accounts import add_account
from veille.store.curating.retagging import retag

PASSWORD = "un mot de passe"
NAMES = ("claire", "paul", "edith")
SUBJECTS = (
    "Un budget participatif pour les collégiens de {}", "Le laboratoire d’innovation de {} raconte un an d’essais", "Fête du village à {}",
    "Un bus des démarches en ligne passe à {}", "Les habitants de {} dessinent leur accueil social", "Appel à projets pour les tiers-lieux de {}",
)  # fmt: skip
TOWNS = "Bazas Blaye Langon Libourne Arcachon Pauillac Cadillac Créon Coutras Monségur Targon Sauveterre Guîtres Lussac Pellegrue".split()


def entries(count):
    return [
        make_entry(
            guid=f"g{n}", link=f"https://gironde.example.fr/{n}", title=SUBJECTS[n % 6].format(TOWNS[n % 15]) + f", épisode {n}",
            summary=f"Récit numéro {n} : les habitants, les agents et les élus ont travaillé ensemble pendant {n + 2} semaines.",
            published=datetime.now(UTC).strftime("%Y-%m-%dT06:00:00Z"),
        )
        for n in range(count)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def knowledge():
    return load_knowledge()


@pytest.fixture
def store(tmp_path, knowledge):
    db = connect(tmp_path / "veille.db")
    migrate(db, knowledge, datetime.now(UTC))
    collect_entries(db, make_source(territory=("33",)), entries(130), knowledge, datetime.now(UTC))
    for name, role in zip(NAMES, ("curator", "curator", "editor"), strict=True):
        add_account(db, name, PASSWORD, role, datetime.now(UTC))
    yield db
    db.close()


@pytest.fixture
def server(store, tmp_path):
    port = free_port(0)
    command = [sys.executable, "-m", "veille", "serve", "--db", str(tmp_path / "veille.db"), "--port", str(port)]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    root = f"http://127.0.0.1:{port}"
    wait_for(root + "/connexion")
    yield root
    process.terminate()
    process.wait(20)


@pytest.fixture
def desk(chromium, server):
    """A function that signs somebody in, in a browser context of their own, and opens a page."""
    contexts = []

    def open_desk(name, path="/tri", **given):
        context = chromium.new_context(**({"viewport": {"width": 1280, "height": 900}, "locale": "fr-FR"} | given))
        contexts.append(context)
        page = context.new_page()
        page.complaints, page.asked = [], []
        page.on("console", lambda message: page.complaints.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(f"{server}/connexion")
        page.fill("[name=nom]", name)
        page.fill("[name=mot-de-passe]", PASSWORD)
        page.click("text=Se connecter")
        page.wait_for_url("**/tri")
        if path != "/tri":
            page.goto(server + path)
        return page

    yield open_desk
    for context in contexts:
        context.close()


def until(page, check):
    """Wait for what a click or a key sets going to reach the file."""
    return waiting.until(check, lambda seconds: page.wait_for_timeout(1000 * seconds))


def states(store, *wanted):
    return [store.execute("select count(*) from items where state = ?", (one,)).fetchone()[0] for one in wanted]


def test_fifty_articles_are_sorted_by_keyboard_alone_without_a_page_load(desk, store, server):
    page = desk("claire")
    page.wait_for_selector("[data-panel] [data-desk]")
    loads = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    for number in range(50):
        page.keyboard.press("s" if number % 3 == 0 else "x" if number % 3 == 1 else "l")
    page.wait_for_function("() => document.querySelectorAll('.row[data-done]').length === 50")
    assert until(page, lambda: sum(states(store, "selected", "dismissed", "later")) == 50)
    assert loads == []
    assert page.inner_text("[data-waits]") == "80"
    assert states(store, "selected", "dismissed", "later") == [17, 17, 16]
    assert store.execute("select count(*) from decisions").fetchone()[0] == 50
    page.keyboard.press("u")
    page.wait_for_function("() => document.querySelector('#dit').textContent.includes('annulée')")
    assert sum(states(store, "selected", "dismissed", "later")) == 49
    assert page.complaints == []
    assert all(url.startswith(server) for url in page.asked)


def test_tags_notes_and_places_are_written_from_the_keyboard(desk, store):
    page = desk("claire")
    page.wait_for_selector("[data-panel] [data-desk]")
    item = int(page.get_attribute(".row[aria-current]", "data-item"))
    page.keyboard.press("t")
    page.keyboard.type("RSA")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('[data-panel] .decided')")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.keyboard.type("Finistère")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('#dit').textContent.includes('Département ajouté')")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.type("Appeler la mairie")
    page.keyboard.press("Control+Enter")
    page.wait_for_function("() => document.querySelector('#dit').textContent.includes('Note interne')")
    assert store.execute("select tag_id from item_tags where item_id = ? and origin = 'curator'", (item,)).fetchone() == ("insertion-rsa",)
    assert ("29",) in store.execute("select code from item_territories where item_id = ?", (item,)).fetchall()
    assert store.execute("select text from notes where item_id = ?", (item,)).fetchone() == ("Appeler la mairie",)
    page.keyboard.press("Escape")
    before = page.get_attribute(".row[aria-current]", "data-item")
    page.keyboard.press("j")
    assert page.get_attribute(".row[aria-current]", "data-item") != before
    page.keyboard.press("k")
    assert page.get_attribute(".row[aria-current]", "data-item") == before
    for _ in range(3):
        page.keyboard.press("c")
        page.keyboard.press("j")
    page.keyboard.press("g")
    page.wait_for_function("() => document.querySelector('#dit').textContent.includes('réuni')")
    assert store.execute("select count(*) from items where story_id is not null").fetchone()[0] == 4
    page.keyboard.press("a")
    assert page.locator(".row input:checked").count() == 50
    page.keyboard.press("?")
    assert page.locator("#touches[open]").count() == 1
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    page.wait_for_url("**/tri?comme=*")
    assert "dans le même esprit" in page.inner_text("h1")
    assert page.complaints == []


def test_a_whole_search_is_tagged_and_undone(desk, store, server):
    page = desk("paul", "/recherche?q=budget")
    page.click("text=Appliquer à tous ces résultats")
    count = int("".join(filter(str.isdigit, page.inner_text("h1"))))
    assert count == store.execute("select count(*) from items where title like '%budget%'").fetchone()[0] > 20
    page.fill("[name=value]", "Handicap")
    page.click("main button.button")
    page.wait_for_url("**/tri/journal")
    tagged = lambda: store.execute("select count(*) from item_tags where tag_id = 'handicap' and origin = 'curator'").fetchone()[0]  # noqa: E731
    assert tagged() == count
    page.locator("table").get_by_role("button", name="annuler").first.click()
    page.wait_for_function("() => (document.body?.textContent || '').includes('décisions annulées')")
    assert tagged() == 0


def test_two_curators_see_each_other_and_overwrite_nothing_silently(desk, store):
    claire, paul = desk("claire"), desk("paul")
    for page in (claire, paul):
        page.wait_for_selector("[data-panel] [data-desk]")
    first = claire.get_attribute(".row[aria-current]", "data-item")
    assert paul.get_attribute(".row[aria-current]", "data-item") == first
    paul.keyboard.press("x")
    assert until(paul, lambda: states(store, "dismissed") == [1])
    claire.keyboard.press("s")
    claire.wait_for_function("() => document.querySelector('#dit').textContent.includes('paul en a décidé')")
    assert store.execute("select state from items where id = ?", (first,)).fetchone() == ("dismissed",)
    assert "paul en a décidé" in claire.inner_text(f"#a{first} [data-verdict]")
    paul.keyboard.press("x")
    second = paul.evaluate("document.querySelectorAll('.row')[1].dataset.item")
    claire.wait_for_function(f"() => document.querySelector('#a{second} [data-verdict]').textContent.includes('paul')")
    claire.click(f"#a{first} .title")
    claire.keyboard.press("s")  # now that she has seen it
    claire.wait_for_function("() => document.querySelector('#dit').textContent.includes('Sélectionné')")
    assert until(claire, lambda: store.execute("select state from items where id = ?", (first,)).fetchone() == ("selected",))


def test_a_refusal_survives_the_next_collection_and_a_new_reading(desk, store, knowledge):
    item, tag = store.execute("select item_id, tag_id from item_tags where origin = 'rule' order by item_id limit 1").fetchone()
    page = desk("claire", f"/tri?article={item}")
    label = knowledge.themes[tag].label
    page.wait_for_selector("[data-panel] [data-desk]")
    page.click(f"[data-panel] [aria-label='Refuser {label}']")
    page.wait_for_function("() => document.querySelector('#dit').textContent.includes('refusé')")
    again = [
        one.__class__(**{**{name: getattr(one, name) for name in one.__slots__}, "summary": one.summary + " Suite."})
        for one in entries(130)
    ]
    collect_entries(store, make_source(territory=("33",)), again, knowledge, datetime.now(UTC))
    retag(store, {"gironde": make_source(territory=("33",))}, knowledge, datetime.now(UTC), dry_run=False)
    assert store.execute("select origin from item_tags where item_id = ? and tag_id = ?", (item, tag)).fetchone() == ("refused",)


def test_a_session_that_ends_says_so_and_loses_nothing(desk, store):
    page = desk("claire")
    page.wait_for_selector("[data-panel] [data-desk]")
    item = page.get_attribute(".row[aria-current]", "data-item")
    store.execute("delete from sessions")
    page.keyboard.press("s")
    page.wait_for_function("() => document.querySelector('#dit').textContent.includes('session est close')")
    assert page.locator(f"#a{item}[data-done]").count() == 0
    assert states(store, "selected") == [0]
    page.reload()
    assert "/connexion?suite=" in page.url
    page.fill("[name=nom]", "claire")
    page.fill("[name=mot-de-passe]", PASSWORD)
    page.click("text=Se connecter")
    page.wait_for_url("**/tri")


def test_keys_that_are_off_decide_nothing(desk, store):
    page = desk("claire")
    page.click("#touches summary")
    page.click("text=Ne plus décider au clavier")
    page.wait_for_function("() => document.querySelector('[data-queue]')?.dataset.keys === '0'")
    for key in "sxlatu":
        page.keyboard.press(key)
    page.wait_for_timeout(500)
    assert states(store, "new") == [130]


def test_everything_works_without_script(desk, store):
    page = desk("claire", java_script_enabled=False)
    first = page.get_attribute(".row", "data-item")
    page.click(f"#a{first} .quick button[value=select]")
    assert "Sélectionné." in page.inner_text("#dit")
    assert states(store, "selected") == [1]
    page.click("#dit >> text=annuler")
    assert states(store, "selected") == [0]
    boxes = page.locator(".row input[type=checkbox]")
    for number in range(3):
        boxes.nth(number).check()
    page.click("#lot button[value=dismiss]")
    assert states(store, "dismissed") == [3]
    assert "3 articles" in page.inner_text("#dit")
    page.locator(".row .title").nth(2).click()
    page.fill("[data-panel] [list=mots-themes]", "Handicap")
    page.click("[data-panel] form:has([list=mots-themes]) button")
    assert store.execute("select count(*) from item_tags where tag_id = 'handicap' and origin = 'curator'").fetchone()[0] == 1


# One press: what was before the curator's eyes, how long until the next article is, and where that stands on the screen.
PRESS = """key => {
    const now = () => document.querySelector('[data-queue] [aria-current]');
    const before = now(), began = performance.now();
    (document.activeElement || document.body).dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
    document.body.offsetHeight;
    const after = now();
    return {item: before && before.dataset.item, next: after && after.dataset.item, waited: performance.now() - began,
            place: after && after.getBoundingClientRect().top / innerHeight, scrolled: scrollY};
}"""


def test_a_hundred_and_twenty_articles_over_three_pages_by_two_curators_at_once(desk, store):
    """Every decision that the file holds is one that somebody meant, of the article that was before their eyes; nothing is decided twice."""
    claire, paul = desk("claire"), desk("paul", "/tri?ordre=source")
    meant, waits, places = {"claire": [], "paul": []}, [], []
    for page in (claire, paul):
        page.wait_for_selector("[data-panel] [data-desk]")
    total = int(claire.get_attribute("[data-tally]", "data-tally"))
    for number in range(60):
        for name, page in (("claire", claire), ("paul", paul)):
            key = "sxl"[number % 3]
            page.wait_for_function("() => document.querySelector('[data-queue] [aria-current]')")
            told = page.evaluate(PRESS, key)
            meant[name].append((int(told["item"]), {"s": "select", "x": "dismiss", "l": "later"}[key]))
            assert told["next"] != told["item"]
            if told["next"] is not None:  # else the page that follows is on its way: not one press in a hundred
                waits.append(told["waited"])
                if told["scrolled"]:
                    places.append(told["place"])
    done = lambda: store.execute("select count(*) from decisions").fetchone()[0]  # noqa: E731
    tried = {(name, *one) for name, acts in meant.items() for one in acts}
    assert until(claire, lambda: len({one for name in meant for one in written(store, name)}) == len({item for _, item, _ in tried}))
    held = {(name, *one) for name in meant for one in written(store, name)}
    assert held <= tried  # nothing that nobody meant
    items = [item for _, item, _ in held]
    assert len(items) == len(set(items)) == done()  # one decision an article: who came second was told, and overwrote nothing
    waits.sort()
    late = waits[int(len(waits) * 0.95)]
    print(
        f"\n{len(tried)} presses, {len(held)} decisions; wait p50 {statistics.median(waits):.1f} ms, p95 {late:.1f} ms, worst {waits[-1]:.1f} ms"
    )
    assert len(waits) >= 118
    assert late < 100 * pace()
    assert all(0.2 < place < 0.45 for place in places)
    assert len(places) > 60

    # To the end of the queue, and beyond it.
    claire.reload()
    claire.wait_for_selector("[data-panel] [data-desk]")
    left = states(store, "new")[0]
    assert claire.inner_text("[data-waits]") == str(left)
    for _ in range(left):
        claire.wait_for_function("() => document.querySelector('[data-queue] [aria-current]')")
        claire.evaluate(PRESS, "x")
    claire.wait_for_function("() => document.querySelector('[data-panel]').textContent.includes('Fin de la file')")
    assert until(claire, lambda: states(store, "new") == [0])
    before = done()
    for key in "sxlsxlsxls":
        assert claire.evaluate(PRESS, key)["item"] is None
    claire.wait_for_timeout(300)
    assert done() == before == total
    assert claire.inner_text("[data-waits]") == "0"
    assert "0 article" in claire.inner_text("[data-tally]")
    assert claire.complaints == []
    assert [one for one in paul.complaints if one] == []


def written(store, name):
    sql = "select item_id, action from decisions join accounts on accounts.id = account_id where name = ?"
    return [tuple(row) for row in store.execute(sql, (name,)).fetchall()]


def test_what_was_passed_over_is_told_at_the_end_and_a_key_that_is_held_decides_once(desk, store):
    store.execute("update items set queued = 0 where id > 6")
    page = desk("claire")
    page.wait_for_selector("[data-panel] [data-desk]")
    page.keyboard.press("j")
    page.keyboard.down("x")
    for _ in range(8):  # the keyboard repeats
        page.keyboard.down("x")
    page.keyboard.up("x")
    assert until(page, lambda: states(store, "dismissed") == [1])
    for _ in range(4):
        page.keyboard.press("s")
    page.wait_for_function("() => document.querySelector('[data-panel]').textContent.includes('Fin de la file')")
    assert "Un article passé est toujours là" in page.inner_text("[data-panel]")
    assert until(page, lambda: states(store, "selected", "dismissed", "new") == [4, 1, 125])
    assert page.inner_text("[data-waits]") == "1"
    page.keyboard.press("k")
    page.keyboard.press("l")
    page.wait_for_function("() => document.querySelector('[data-panel]').textContent.includes('Tout ce qui était là est décidé')")
    assert until(page, lambda: states(store, "later") == [1])
    page.keyboard.press("u")
    page.wait_for_function("() => document.querySelector('[data-waits]').textContent === '1'")
    assert states(store, "later") == [0]


def test_a_page_that_does_not_come_is_said_and_nothing_is_decided_meanwhile(desk, store):
    page = desk("claire")
    page.wait_for_selector("[data-panel] [data-desk]")
    page.route("**/tri?apres=*", lambda route: route.abort())
    for _ in range(50):
        page.evaluate(PRESS, "l")
    page.wait_for_function("() => document.querySelector('[data-panel]').textContent.includes('la suite n’est pas venue')")
    assert until(page, lambda: states(store, "later") == [50])
    page.keyboard.press("x")
    page.unroute("**/tri?apres=*")
    page.keyboard.press("j")
    page.wait_for_function("() => document.querySelectorAll('[data-queue] > [data-item]').length === 100")
    page.wait_for_function("() => document.querySelector('[data-queue] [aria-current]')")
    assert states(store, "dismissed") == [0]


def test_on_a_phone_the_first_article_is_on_the_first_screen_and_opens_under_its_row(desk, store):
    page = desk("claire", viewport={"width": 375, "height": 667}, has_touch=True, is_mobile=True)
    first = page.locator("[data-queue] > [data-item]").first
    box = first.bounding_box()
    assert box["y"] + min(box["height"], 140) <= 667
    assert not page.locator("[data-panel]").is_visible()
    page.locator("[data-queue] > [data-item]").nth(1).locator(".title").tap()
    page.wait_for_selector("[data-queue] > [data-item]:nth-child(2) [data-panel] [data-desk]")
    assert page.locator("[data-panel]").bounding_box()["width"] <= 375
    page.locator("[data-queue] > [data-item]").nth(1).locator(".title").tap()
    assert not page.locator("[data-panel]").is_visible()
    page.locator("[data-queue] > [data-item]").nth(1).locator(".quick [value=dismiss]").tap()
    assert until(page, lambda: states(store, "dismissed") == [1])
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_row_buttons_cover_nothing(desk, store):
    page = desk("claire")
    covered = page.evaluate("""() => [...document.querySelectorAll('[data-queue] > [data-item]')].slice(0, 8).flatMap(row => {
        const quick = row.querySelector('.quick').getBoundingClientRect();
        return [...row.querySelectorAll('.title, .line > *')].filter(one => [...one.getClientRects()].some(box =>
            box.right > quick.left && box.left < quick.right && box.bottom > quick.top + 1 && box.top < quick.bottom - 1)).map(one => one.textContent);
    })""")
    assert covered == []


SHEET = (
    "Constat : la moitié des allocataires ressortaient sans réponse. Le département a ouvert un guichet unique avec les agents et les usagers. "
    "Les passages ont baissé de 41 %. Le coût est de 12 400 euros par an. Ce qui n’a pas marché : la borne d’appel, debranchée en un mois."
)


def tell(store, knowledge):
    """An article whose text is shown whole; its id."""
    source = make_source(id="pleine", name="La Gazette", url="https://pleine.fr/rss", territory=("29",), rights="full")
    entry = make_entry(guid="w", link="https://pleine.fr/1", title="Un guichet unique à Carhaix", summary=SHEET)
    collect_entries(store, source, [entry], knowledge, datetime.now(UTC))
    return store.execute("select id from items where source_id = 'pleine'").fetchone()[0]


def test_a_sheet_of_five_lines_is_made_and_published_from_the_keyboard(desk, store, knowledge, server, chromium):
    item = tell(store, knowledge)
    page = desk("claire", f"/tri?article={item}")
    page.wait_for_selector("[data-sheet]")
    loads, presses = [], 0
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    page.keyboard.press("i")
    page.wait_for_url("**/tri/fiche/*")
    lines = page.locator("[data-line]")
    assert lines.count() >= 5
    for key in ("j", " ", " ", "x", " "):  # kept, kept, one refused
        page.keyboard.press(key)
        presses += 1
    assert until(page, lambda: store.execute("select count(*) from fiche_lines where state = 'retiree'").fetchone()[0] == 1)
    page.keyboard.press("Control+Enter")
    page.wait_for_function("() => (document.querySelector('#dit') || {textContent: ''}).textContent.includes('La fiche est publiée')")
    assert presses + 2 <= 15
    assert len(loads) == 1
    assert page.complaints == []
    reader = chromium.new_page(java_script_enabled=False)
    reader.goto(f"{server}/recherche?q=guichet+unique")
    reader.click("text=Un guichet unique à Carhaix >> nth=0")
    assert "/initiative/1" in reader.url
    assert "allocataires" in reader.inner_text("main")
    reader.close()


def test_nothing_written_on_a_sheet_is_lost_whatever_the_site_answers(desk, store, knowledge):
    item = tell(store, knowledge)
    page = desk("claire", f"/tri?article={item}")
    page.wait_for_selector("[data-sheet]")
    page.keyboard.press("i")
    page.wait_for_url("**/tri/fiche/*")
    page.wait_for_load_state()
    assert page.evaluate("document.activeElement.matches('[data-line]')")  # who comes by a key goes on by keys
    waiting = []
    page.route("**/tri/fiche/*", lambda route: waiting.append(route) if route.request.method == "POST" else route.continue_())
    page.keyboard.press("3")
    page.keyboard.insert_text("Une première ligne.")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("4")
    page.keyboard.insert_text("Les exemples ")
    assert until(page, lambda: len(waiting) == 1)
    held = page.locator("[data-line]").count()
    waiting.pop().continue_()
    page.wait_for_function("n => document.querySelectorAll('[data-line]').length === n + 1", arg=held)
    page.keyboard.type("exigent de la vigilance")  # the answer came in between: e, x, v are letters here
    assert page.evaluate("document.activeElement.value") == "Les exemples exigent de la vigilance"
    page.keyboard.press("Escape")
    page.keyboard.press("6")  # another form, with an act that is refused: both keep their words
    page.keyboard.insert_text("Un contact.")
    page.evaluate("document.activeElement.form.elements.dit.value = '2099-01-01'")
    page.unroute("**/tri/fiche/*")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#dit .wrong")
    assert "dans l’avenir" in page.inner_text("#dit")
    assert page.evaluate("document.activeElement.value") == "Un contact."
    assert page.evaluate("[...document.querySelectorAll('textarea')].some(one => one.value === 'Les exemples exigent de la vigilance')")
    page.evaluate("document.activeElement.form.elements.dit.value = '2026-01-01'")
    page.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    page.wait_for_function("() => document.querySelector('#dit').textContent.includes('ne répond pas')")
    assert page.evaluate("document.activeElement.value") == "Un contact."
    page.context.set_offline(False)
    page.context.clear_cookies()
    page.keyboard.press("Control+Enter")
    page.wait_for_function("() => /session est finie|n’a pas fait cela/.test(document.querySelector('#dit').textContent)")
    assert page.evaluate("document.activeElement.value") == "Un contact."
    assert store.execute("select count(*) from fiche_lines where text in ('Une première ligne.', 'Un contact.')").fetchone()[0] == 1


SAMPLE = yaml.safe_load(package_text("sample.yaml"))


def test_nine_sheets_of_the_demo_are_made_with_few_keys_and_found_in_one_search(desk, store, knowledge, server, chromium):
    """Five lines each: what the article lets one write, and a curator's own words under a heading of his choice."""
    told = {row["title"]: row for row in SAMPLE["articles"]}
    sheets = [one for one in SAMPLE["initiatives"] if len(one["lines"]) >= 2]
    source = make_source(id="exemple", name="Exemple", url="https://exemple.fr/rss", territory=("33",), rights="excerpt")
    for number, one in enumerate(sheets):
        row = told[one["article"]]
        entry = make_entry(guid=f"d{number}", link=f"https://exemple.fr/{number}", title=row["title"], summary=row["text"])
        collect_entries(store, source, [entry], knowledge, datetime.now(UTC))
    ids = [row[0] for row in store.execute("select id from items where source_id = 'exemple' order by id")]
    assert len(ids) == 9
    page, most = desk("claire"), 0
    root = page.url.split("/tri")[0]
    for item, one in zip(ids, sheets, strict=True):
        page.goto(f"{root}/tri?article={item}")
        page.wait_for_selector("[data-sheet]")
        loads = []
        page.on("framenavigated", lambda frame, loads=loads: loads.append(frame.url))
        page.keyboard.press("i")
        page.wait_for_url("**/tri/fiche/*")
        page.wait_for_load_state()
        presses, held = 1, page.locator("[data-line]").count()
        for place in range(held, 5):
            heading, words = one["lines"][place % len(one["lines"])]
            page.keyboard.press(str([*load_kinds()["initiative"].headings].index(heading) + 1))
            page.keyboard.insert_text(f"{words} ({place})")
            page.keyboard.press("Control+Enter")
            presses += 2
            page.wait_for_function("n => document.querySelectorAll('[data-line]').length === n", arg=place + 1)
        page.keyboard.press("Control+Enter")
        page.wait_for_function("() => (document.querySelector('#dit') || {textContent: ''}).textContent.includes('La fiche est publiée')")
        most = max(most, presses + 1)
        assert len(loads) == 1, loads
    print(f"\n{most} presses at most for a sheet of five lines")
    assert most <= 15
    assert page.complaints == []
    reader = chromium.new_page(java_script_enabled=False)
    for one in sheets:
        title = " ".join(one["article"].split())
        reader.goto(f"{server}/recherche?q={quote_plus(title)}")
        assert title in reader.locator("section.lead li h3").first.inner_text().replace("\u00a0", " ").replace("\u202f", " "), title
    reader.close()


CURATOR_PAGES = (
    "/tri", "/tri?etat=plus-tard", "/tri/journal", "/tri/lot?q=budget", "/tri/recherches", "/tri/ajouter", "/tri/sources", "/tri/vocabulaire?theme=handicap",
    "/tri/regles?phrase=budget&effet=tag&valeur=Handicap", "/tri/qualite", "/tri/comptes", "/tri/installation", "/tri?ordre=theme", "/tri/journal?q=budget&quoi=selections&jour=2026-01-01", "/tri/vocabulaire?theme=handicap&vers=laboratoires",
    "/article/1", "/tri/fiches", "/tri/fiche/1", "/initiative/1",
)  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page_of_curators(desk, store, knowledge, scheme):
    from axe_playwright_python.sync_playwright import Axe

    from veille.resources import load_kinds, load_line_words
    from veille.store import writing
    from veille.store.curating import fiches as acts
    from veille.store.curating.fiches import By
    from veille.store.sharing import fiches

    item = tell(store, knowledge)
    by = By(account=1, at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    with writing(store):
        made = acts.create(store, load_kinds()["initiative"], item, fiches.drafted(store, item, load_line_words()).lines, by)
        acts.publish(store, made, load_kinds()["initiative"], by)

    store.execute("update accounts set role = 'admin' where name = 'edith'")
    page = desk("edith", color_scheme=scheme)
    page.keyboard.press("s")
    assert until(page, lambda: states(store, "selected") == [1])
    found = {}
    root = page.url.split("/tri")[0]
    for path in CURATOR_PAGES:
        page.goto(root + path)
        page.wait_for_load_state("networkidle")
        found[path] = [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in Axe().run(page).response["violations"]]
        for width in (1280, 375, 320):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (path, width)
        page.set_viewport_size({"width": 1280, "height": 900})
    assert {path: one for path, one in found.items() if one} == {}
    assert [one for one in page.complaints if "Password forms" not in one] == []

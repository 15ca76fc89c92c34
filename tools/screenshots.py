"""Pictures of the real site: every page at 1280, 768 and 375 px, dark, and as it prints; eight of them are those of docs/img.

    python tools/screenshots.py [--root ADDRESS] [--out build/img]

Without --root it starts `veille demo` itself. Uses Debian's chromium.
"""

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PAGES = {
    "accueil": "/",
    "depuis": "/?depuis=2026-01-01",
    "recherche": "/recherche?q=acceuil+social",
    "facettes": "/recherche?theme=laboratoires&theme=design-usages",
    "vide": "/recherche?q=covoiturage&departement=33&langue=en",
    "article": "/recherche?q=langon",
    "themes": "/themes",
    "theme": "/theme/laboratoires",
    "departement": "/departement/33",
    "carte": "/carte",
    "initiatives": "/initiatives",
    "initiative": "/initiative/9",
    "diapos": "/initiative/9/diapos",
    "comparer": "/comparer?departements=33,44",
    "panier": "/panier?articles=1,2,3",
    "agenda": "/agenda",
    "sources": "/sources",
    "source": "/source/gironde-actualites",
    "donnees": "/donnees",
    "api": "/donnees/api",
    "table": "/veille/sources",
    "a-propos": "/a-propos",
    "accessibilite": "/accessibilite",
    "robot": "/robot",
    "connexion": "/connexion",
    "integrer": "/integrer?departement=33",
    "composants": "/-/veille/composants",
    "erreur": "/nulle-part",
}
# Those of curators, for one who is signed in.
DESK = {
    "tri": "/tri",
    "tri-panneau": "/tri?article=5",
    "tri-fiches": "/tri/fiches",
    "tri-fiche": "/tri/fiche/9",
    "journal": "/tri/journal",
    "lot": "/tri/lot?q=budget",
    "recherches": "/tri/recherches",
    "vocabulaire": "/tri/vocabulaire?theme=handicap",
    "regles": "/tri/regles?phrase=budget&effet=tag&valeur=Handicap",
    "ajouter": "/tri/ajouter",
    "tri-sources": "/tri/sources",
    "qualite": "/tri/qualite",
    "comptes": "/tri/comptes",
    "bureau": "/article/5",
}
# Those that git keeps, in docs/img: the README's, and one of each sort.
KEPT = (
    "accueil-1280", "accueil-1280-sombre", "accueil-375", "recherche-375", "carte-1280", "tri-1280", "initiative-1280", "tri-fiche-1280",
)  # fmt: skip
# Width, height, colours, medium.
SHOTS = ((1280, 900, "light", ""), (768, 900, "light", ""), (375, 780, "light", ""), (1280, 900, "dark", ""), (794, 1123, "light", "print"))
BROWSER = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextlib.contextmanager
def demo() -> Iterator[tuple[str, str]]:
    """A running demo: its address, and the password that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "veille", "demo", "--port", "8017"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "Le site" in line:
            break
    found, password = re.search(r"Le site : (http://\S+?)/ ", said), re.search(r"mot de passe « (\S+) »", said)
    assert found is not None
    assert password is not None
    root = found[1]
    threading.Thread(target=process.stdout.read, daemon=True).start()  # its log must not fill the pipe
    for _ in range(100):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(root + "/connexion").close()
            break
        time.sleep(0.1)
    try:
        yield root, password[1]
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root")
    parser.add_argument("--out", default="build/img", type=Path)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--full", action="store_true")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        root, password = (given.root, "") if given.root else stack.enter_context(demo())
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path="/usr/bin/chromium", args=BROWSER)
        for width, height, scheme, medium in SHOTS:
            said = "impression" if medium else f"{width}{'-sombre' if scheme == 'dark' else ''}"
            for pages, signed in ((PAGES, False), (DESK, True)):
                if signed and (medium or not password):
                    continue  # nobody prints a desk
                context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, locale="fr-FR")
                page = context.new_page()
                if signed:
                    page.goto(f"{root}/connexion")
                    page.fill("[name=nom]", "demo")
                    page.fill("[name=mot-de-passe]", password)
                    page.click("text=Se connecter")
                for name, path in pages.items():
                    if not given.only or name in given.only:
                        shoot(page, root + path, name, given.out / f"{name}-{said}.png", medium=medium, full=given.full)
                context.close()
    for name in KEPT if not given.root else ():  # of the demonstration alone
        made = given.out / f"{name}.png"
        if made.exists():
            shutil.copy(made, Path("docs/img") / made.name)


def shoot(page: Page, address: str, name: str, file: Path, *, medium: str, full: bool) -> None:
    """One picture; says when a page is wider than its window."""
    page.goto(address)
    if name == "article":
        page.click(".card h3 a")
    page.wait_for_load_state("networkidle")
    if medium:
        page.emulate_media(media=medium)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    page.screenshot(path=file, full_page=full)
    print(f"{file.stem}: {'ok' if wide <= 0 else f'{wide} px too wide'}")


if __name__ == "__main__":
    main()

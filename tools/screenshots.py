"""Pictures of the real site for docs/img: every page at 1280, 768 and 375 px, dark, and as it prints.

    python tools/screenshots.py [--root ADDRESS] [--out docs/img]

Without --root it starts `veille demo` itself. Uses Debian's chromium.
"""

import argparse
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

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
def demo() -> Iterator[str]:
    """A running demo; its address."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "veille", "demo", "--port", "8017"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    root = next(found[1] for line in process.stdout if (found := re.search(r"Le site : (http://\S+?)/ ", line)))
    threading.Thread(target=process.stdout.read, daemon=True).start()  # its log must not fill the pipe
    for _ in range(100):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(root + "/connexion").close()
            break
        time.sleep(0.1)
    try:
        yield root
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root")
    parser.add_argument("--out", default="docs/img", type=Path)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--full", action="store_true")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        root = given.root or stack.enter_context(demo())
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path="/usr/bin/chromium", args=BROWSER)
        for name, path in PAGES.items():
            if given.only and name not in given.only:
                continue
            for width, height, scheme, medium in SHOTS:
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme, locale="fr-FR")
                page.goto(root + path)
                if name == "article":
                    page.click(".card h3 a")
                page.wait_for_load_state("networkidle")
                if medium:
                    page.emulate_media(media=medium)
                wide = page.evaluate("document.documentElement.scrollWidth")
                said = "impression" if medium else f"{width}{'-sombre' if scheme == 'dark' else ''}"
                page.screenshot(path=given.out / f"{name}-{said}.png", full_page=given.full)
                print(f"{name} {said}: {'ok' if wide <= width else f'{wide} px wide'}")
                page.close()


if __name__ == "__main__":
    main()

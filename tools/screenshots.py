"""Pictures of the real site for docs/img: every page, at 1280 and 375 px, light and dark.

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
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

PAGES = {
    "accueil": "/",
    "recherche": "/recherche?q=acceuil+social",
    "facettes": "/recherche?theme=laboratoires&theme=design-usages",
    "article": "/recherche?q=langon",
    "connexion": "/connexion",
    "donnees": "/donnees",
    "robot": "/robot",
    "table": "/veille/sources",
    "erreur": "/nulle-part",
}
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
            for width, height, scheme in ((1280, 900, "light"), (375, 780, "light"), (1280, 900, "dark")):
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme, locale="fr-FR")
                page.goto(root + path)
                if name == "article":
                    page.click(".card h3 a")
                page.wait_for_load_state("networkidle")
                wide = page.evaluate("document.documentElement.scrollWidth")
                dark = "-sombre" if scheme == "dark" else ""
                page.screenshot(path=given.out / f"{name}-{width}{dark}.png", full_page=given.full)
                print(f"{name} {width} {scheme}: {'ok' if wide <= width else f'{wide} px wide'}")
                page.close()


if __name__ == "__main__":
    main()

"""A running demo, a real Chromium, and pages that keep what they asked and complained about.

For one module at a time: the driver runs an event loop in this thread, and other live tests start their own.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading

import pytest
from playwright.sync_api import Page, sync_playwright
from waiting import wait_for

BROWSER = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip


@pytest.fixture(scope="module")
def demo():
    """`veille demo` as a visitor starts it: its address and the password it prints."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "veille", "demo", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    said = ""
    for line in process.stdout:
        said += line
        if "Le site" in line:
            break
    drain = threading.Thread(target=process.stdout.read, daemon=True)  # its log must not fill the pipe
    drain.start()
    root = re.search(r"Le site : (http://\S+?)/ ", said)[1]
    wait_for(root + "/connexion")
    yield root, re.search(r"mot de passe « (\S+) »", said)[1]
    os.killpg(process.pid, signal.SIGINT)
    process.wait(20)
    drain.join(5)
    process.stdout.close()


@pytest.fixture(scope="module")
def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "chromium is missing: make test installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, demo):
    """A function that opens a page and keeps what it asked and complained about."""
    pages = []

    def open_page(path: str, **given) -> Page:
        page = chromium.new_page(**({"viewport": {"width": 1280, "height": 900}, "locale": "fr-FR"} | given))
        page.asked, page.complaints = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.complaints.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(demo[0] + path)
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()

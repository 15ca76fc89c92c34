"""The site asked in process, with cookies and tokens as a browser keeps them."""

import asyncio
import re

from builders import dump

PASSWORD = "un mot de passe"


def get(site, path, **given):
    return asyncio.run(site.client.get(path, **given))


class Browser:
    """Cookies and tokens, as a browser would keep them."""

    def __init__(self, site, name="claire"):
        self.site, self.name, self.cookies = site, name, {}

    def get(self, path):
        response = get(self.site, path, cookies=self.cookies)
        self.cookies |= dict(response.cookies)
        return response

    def post(self, path, *, token=True, headers=None, **form):
        if token:
            if not hasattr(self, "token"):
                self.token = re.search(r'name="csrftoken" value="([^"]+)"', self.get("/connexion").text)[1]
            form["csrftoken"] = self.token
        response = asyncio.run(self.site.client.post(path, data=form, cookies=self.cookies, headers=headers or {}))
        self.cookies |= dict(response.cookies)
        return response

    def sign_in(self, password=PASSWORD):
        return self.post("/connexion", **{"nom": self.name, "mot-de-passe": password})

    def act(self, action, *items, headers=None, **form):
        """A gesture on articles, as a script makes it: what the site says."""
        headers = {"accept": "application/json"} | (headers or {})
        return self.post("/tri/decision", headers=headers, action=action, item=[str(item) for item in items], **form)


def signed_in(site, name="claire"):
    browser = Browser(site, name)
    assert browser.sign_in().status_code == 302
    return browser


def rows(store):
    """Everything but who is signed in."""
    held = dump(store)
    for table in ("accounts", "sessions", "known_addresses", "sqlite_sequence"):
        held.pop(table, None)
    return held

"""Templates ask for what they are given: names that nobody gives fail here, and so do pages that ask a thing for what it has not."""

import importlib
import re
import sys
from dataclasses import fields
from pathlib import Path

import jinja2
import pytest
from jinja2 import meta

import veille.web
from browsing import Browser, get
from veille.web.curating.forms import DeskContext
from veille.web.routes import ROUTES
from veille.web.site.context import Context
from veille.web.site.templating import shared_variables

FOLDER = Path(veille.web.__file__).parent / "templates"
for _module in ("site.errors", "site.session", "reading.about", "reading.articles", "reading.results", "curating.triage", "routes"):
    importlib.import_module(f"veille.web.{_module}")


def every(kind):
    for one in kind.__subclasses__():
        yield from every(one)
        if hasattr(one, "template") and getattr(sys.modules[one.__module__], one.__name__) is one:  # slots make a second class
            yield one


CONTEXTS = sorted(every(Context), key=lambda one: one.template)
# What `render` and `page` add; and what somebody signed in sees more of an article (`triage.beside`).
ALWAYS = {"request", "urls", "actor", "csrftoken", "here"}
OF_THE_DESK = {"said", "waits", "later", "back"}
BESIDE = {"curator", "curation", "said", "back"}
# Datasette's own, on its pages alone; `waits`, of a macro that pages of the desk alone call.
OF_DATASETTE = {"alternate_url_json", "app_css_hash", "body_scripts", "extra_css_urls", "extra_js_urls"}
OF_MACROS = {"waits"}
PARTS = {"curating/beside.html"}  # included by a page, with what the page has


def asked_by(env, name, seen=()):
    """The names that a template asks for, and those it extends, includes or imports with it."""
    tree = env.parse((FOLDER / name).read_text("utf-8"))
    found = set(meta.find_undeclared_variables(tree))
    for other in meta.find_referenced_templates(tree):
        if other and other not in seen and (FOLDER / other).exists():
            found |= asked_by(env, other, (*seen, name))
    for node in tree.find_all((jinja2.nodes.Import, jinja2.nodes.Macro, jinja2.nodes.Assign)):
        found.discard(getattr(node, "target", None))
    return found


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda one: one.template)
def test_a_template_asks_for_what_it_is_given(newsroom, context):
    import asyncio

    async def shared():
        await newsroom.invoke_startup()
        return set(await shared_variables(newsroom, None))

    given = asyncio.run(shared()) | ALWAYS | {one.name for one in fields(context)}
    given |= OF_THE_DESK if issubclass(context, DeskContext) else set()
    given |= BESIDE if context.template == "reading/article.html" else set()
    given |= OF_DATASETTE | OF_MACROS
    env = newsroom.jinja_env

    # What a part sets for itself in one file is asked for by none of its macros in another.
    unknown = {name for name in asked_by(env, context.template) - given if name not in env.globals and name not in _set_somewhere()}

    assert not unknown


def _set_somewhere():
    """Names that templates set, import or take as arguments of macros."""
    texts = "\n".join(path.read_text("utf-8") for path in FOLDER.rglob("*.html"))
    return set(re.findall(r"{%-?\s*(?:set|macro|for)\s+(\w+)", texts)) | set(re.findall(r"\bas (\w+)", texts))


def test_each_template_has_one_context():
    ours = {
        str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*/*.html") if not path.name.startswith("_") and path.name != "layout.html"
    }

    assert sorted(one.template for one in CONTEXTS) == sorted(ours - PARTS)


def test_no_page_asks_a_thing_for_what_it_has_not(newsroom):
    """Every page once, for a reader and for an administrator, where a name that is not there is an error and not an empty word."""
    browser = Browser(newsroom, "anne")
    browser.sign_in()

    class Strict(jinja2.StrictUndefined):
        """What is not in a table of words or counts is empty there; what a thing has not is an error."""

        def __new__(cls, hint=None, obj=jinja2.runtime.missing, name=None, exc=jinja2.UndefinedError):
            return jinja2.Undefined(hint, obj, name, exc) if isinstance(obj, dict) else super().__new__(cls)

    for env in (newsroom.jinja_env, *newsroom._veille_site.templates):
        env.undefined = Strict
        env.globals |= dict.fromkeys(OF_DATASETTE, "")
    values = {"format": "csv", "code": "33", "database": "veille", "table": "articles", "row": "1", "place": "0", "id": "1"}
    failed = []
    for pattern, _ in ROUTES:
        path = re.sub(r"\(\?P<(\w+)>.*?\)", lambda found: values.get(found[1], "1"), pattern).strip("^$").replace("\\.", ".")
        path = path.replace("/theme/1", "/theme/handicap").replace("/source/1", "/source/gironde")
        if path.startswith("/-/(?"):
            continue
        for answer in (browser.get(path), get(newsroom, path)):
            if answer.status_code >= 500 and path != "/-/veille/sante":
                failed.append((path, answer.status_code))

    assert not failed


# A microformat, for programs that keep references.
OF_OTHERS = {"Z3988"}


def test_every_class_of_a_template_is_styled_or_used_by_a_script():
    """A misspelt class shows nowhere but on the screen; classes made of values are left to the eye."""
    static = FOLDER.parent / "static"
    styles = re.sub(r"/\*.*?\*/|url\([^)]*\)", "", "".join(path.read_text("utf-8") for path in static.glob("*.css")), flags=re.DOTALL)
    scripts = "".join(path.read_text("utf-8") for path in static.glob("*.js"))
    known = set(re.findall(r"\.(-?[a-zA-Z_][\w-]*)", styles + scripts)) | OF_OTHERS

    unknown = {
        (path.name, word)
        for path in FOLDER.rglob("*.html")
        for value in re.findall(r'class="([^"]*)"', path.read_text("utf-8"))
        for word in re.sub(r"{{.*?}}", "{}", re.sub(r"{%.*?%}", " ", value)).split()
        if "{" not in word and word not in known
    }

    assert not unknown

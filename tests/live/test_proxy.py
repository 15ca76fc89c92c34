"""Sites that a proxy alone can reach, what a proxy may do, headers and cookies: by CONNECT and by plain requests, on loopback."""

import asyncio
import contextlib
import json
import re
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from loopback import feed, redirect, reply, serve, slow
from proxy import proxying
from test_collect_live import collect, titles, veille, write_config
from test_tls import secured

from veille import bring
from veille.errors import FetchError
from veille.fetch import Fetcher, Limits, transport
from veille.model import Access, Fetched, Proxy, Validators
from veille.store import connect

SECONDS = timedelta(seconds=15)
SITES = {"/rss": feed("Un bus des droits", "Un budget participatif"), "/autre": feed("Une maison de santé")}


def port_of(root: str) -> int:
    return int(root.rsplit(":", 1)[1])


def fetch(url: str, access: Access | None = None, *, private: bool = True, **given):
    async def run():
        async with Fetcher(
            contact="", clock=lambda: datetime.now(UTC), allow_private=private, limits=Limits(spacing=0), **given
        ) as fetcher:
            return await fetcher.fetch(url, Validators(), SECONDS, access)

    return asyncio.run(run())


@contextlib.contextmanager
def behind(manner: str = "open", answers=SITES):
    with serve(answers) as root, proxying({"portail.exemple.fr:80": port_of(root)}, manner) as proxy:
        yield proxy


def test_a_collection_behind_a_proxy_is_the_collection_without(tmp_path):
    direct, proxied = tmp_path / "direct", tmp_path / "proxy"
    direct.mkdir()
    proxied.mkdir()
    with serve(SITES) as root, behind() as proxy:
        write_config(direct, {"a": f"feed: '{root}/rss'", "b": f"feed: '{root}/autre'"})
        write_config(
            proxied, {"a": "feed: 'http://portail.exemple.fr/rss'", "b": "feed: 'http://portail.exemple.fr/autre'"},
            defaults=f"{{timeout: 20s, proxy: '{proxy.url}'}}",
        )  # fmt: skip
        outcomes = [collect(folder, "--json") for folder in (direct, proxied)]

    assert [outcome.returncode for outcome in outcomes] == [0, 0], outcomes[1].stderr
    assert titles(direct) == titles(proxied)
    assert ("GET", "http://portail.exemple.fr/robots.txt") in proxy.asked
    assert "portail.exemple.fr" not in outcomes[0].stdout
    counts = [json.loads(outcome.stdout)["items"] for outcome in outcomes]
    assert counts[0] == counts[1]


def test_a_secure_site_is_reached_by_connect_and_its_certificate_is_judged(monkeypatch):
    trusting = transport.trusting
    with secured("leaf.pem") as port, proxying({"localhost:8443": port}) as proxy:
        access = Access(proxy=Proxy(url=proxy.url))
        with pytest.raises(FetchError) as refused:
            fetch("https://localhost:8443/a", access)

        def with_ours():
            from test_tls import HERE

            context = trusting()
            context.load_verify_locations(HERE / "ca.pem")
            return context

        monkeypatch.setattr("veille.fetch.client.trusting", with_ours)
        answer = fetch("https://localhost:8443/a", access)

    assert refused.value.failure == "tls"
    assert isinstance(answer, Fetched)
    assert {method for method, _ in proxy.asked} == {"CONNECT"}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("manner", "said"),
    [
        ("refuse", "refuse"), ("hang", "n’a rien envoyé|pas arrivée entière"), ("die", "coupé"), ("password", "le proxy demande un mot de passe"),
        ("absent", "le proxy ne répond pas"),
    ],
)  # fmt: skip
def test_a_proxy_that_fails_is_one_sentence_and_the_run_ends(tmp_path, scheme, manner, said):
    with contextlib.ExitStack() as stack:
        if scheme == "http":
            answers = {**SITES, "/robots.txt": lambda handler: reply(handler, b"", status=404)}
            port, site = port_of(stack.enter_context(serve(answers))), "portail.exemple.fr:80"
        else:
            port, site = stack.enter_context(secured("leaf.pem")), "localhost:8443"
        proxy = stack.enter_context(proxying({site: port}, manner))
        url = proxy.url if manner != "absent" else "http://127.0.0.1:9"
        address = "http://portail.exemple.fr/rss" if scheme == "http" else "https://localhost:8443/rss"
        write_config(tmp_path, {"a": f"feed: '{address}'"}, defaults=f"{{timeout: 2s, proxy: '{url}'}}")
        began = time.monotonic()
        outcome = collect(tmp_path, "--source", "a")

    assert (outcome.returncode, outcome.stdout) == (1, "")
    assert len(outcome.stderr.splitlines()) == 1, outcome.stderr
    assert re.search(said, outcome.stderr)
    assert time.monotonic() - began < 30


def test_many_sources_behind_a_dead_proxy_are_one_line(tmp_path):
    sources = {f"s{number}": f"feed: 'http://portail.exemple.fr/{number}'" for number in range(20)}
    write_config(tmp_path, sources, defaults="{timeout: 2s, proxy: 'http://127.0.0.1:9'}")
    outcome = collect(tmp_path, "-v")

    assert outcome.returncode == 1
    assert [line for line in outcome.stderr.splitlines() if "proxy" in line] == outcome.stderr.splitlines()
    assert outcome.stderr.startswith("20 sources : le proxy ne répond pas")
    assert len(outcome.stderr.splitlines()) == 1


def test_a_password_is_named_by_variables_and_printed_nowhere(tmp_path, monkeypatch):
    with behind("password") as proxy:
        given = f"{{timeout: 20s, proxy: {{url: '{proxy.url}', user: PROXY_AGENT, password: PROXY_MOT}}}}"
        write_config(tmp_path, {"a": "feed: 'http://portail.exemple.fr/rss'"}, defaults=given)
        unset = collect(tmp_path, "--source", "a")
        checked = veille("check", cwd=tmp_path)
        monkeypatch.setenv("PROXY_AGENT", "agent")
        monkeypatch.setenv("PROXY_MOT", "mauvais-s3cr3t")
        wrong = collect(tmp_path, "--source", "a", "-v", "--all")
        monkeypatch.setenv("PROXY_MOT", "s3cr3t-mot")
        right = collect(tmp_path, "--source", "a", "-v", "--all")
        tried = veille("try", "http://portail.exemple.fr/rss", "--allow-private-network", "--spacing", "0", cwd=tmp_path)

    assert "PROXY_AGENT" in unset.stderr
    assert "n’est pas définie" in unset.stderr
    assert checked.returncode == 0
    assert "PROXY_MOT" in checked.stderr
    assert "réseau privé" in checked.stderr
    assert "demande un mot de passe" in wrong.stderr
    assert right.returncode == 0, right.stderr
    assert tried.returncode == 0, tried.stderr
    assert len(titles(tmp_path)) == 2
    everything = "".join(one.stdout + one.stderr for one in (unset, checked, wrong, right, tried))
    assert "s3cr3t" not in everything
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"s3cr3t" in path.read_bytes()]


def test_the_environment_is_obeyed_where_it_is_asked_for_and_nowhere_else(tmp_path, monkeypatch):
    with serve(SITES) as root, behind() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removeprefix("http://"))  # as some write it
        monkeypatch.setenv("no_proxy", "127.0.0.1,intranet.exemple.fr")
        obeyed = Access(proxy=Proxy(url="environment"))
        assert isinstance(fetch("http://portail.exemple.fr/rss", obeyed), Fetched)
        assert isinstance(fetch(f"{root}/rss", obeyed), Fetched)
        asked = list(proxy.asked)
        with pytest.raises(FetchError, match="introuvable"):
            fetch("http://portail.exemple.fr/rss")
        monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1080")
        with pytest.raises(FetchError) as odd:
            fetch("http://portail.exemple.fr/rss", obeyed)

    assert {target for _, target in asked} == {"http://portail.exemple.fr/robots.txt", "http://portail.exemple.fr/rss"}
    assert proxy.asked == asked
    assert odd.value.failure == "proxy"


def test_one_source_may_go_another_way(tmp_path):
    """Sites of `no_proxy`, and a source that says none, are asked directly; one source alone may have a proxy."""
    with serve(SITES) as root, behind() as proxy:
        write_config(
            tmp_path,
            {"a": "feed: 'http://portail.exemple.fr/rss'", "b": f"feed: '{root}/autre', proxy: none"},
            defaults=f"{{timeout: 20s, proxy: '{proxy.url}'}}",
        )
        assert collect(tmp_path).returncode == 0
        write_config(
            tmp_path, {"a": f"feed: 'http://portail.exemple.fr/rss', proxy: '{proxy.url}'", "b": f"feed: '{root}/autre'"}, "{timeout: 20s}"
        )
        assert collect(tmp_path, "--all").returncode == 0
        write_config(tmp_path, {"b": f"feed: '{root}/autre'"}, defaults=f"{{timeout: 20s, proxy: '{proxy.url}', no_proxy: [127.0.0.1]}}")
        assert collect(tmp_path, "--all").returncode == 0

    assert len(titles(tmp_path)) == 3
    assert all("portail.exemple.fr" in target for _, target in proxy.asked)


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.8/rss",
        "http://[::1]/rss",
        "http://169.254.169.254/latest",
        "http://portail.exemple.fr:25/",
        "ftp://portail.exemple.fr/",
    ],
)
def test_addresses_that_are_refused_without_a_proxy_are_refused_before_one(url):
    with behind() as proxy, pytest.raises(FetchError) as refused:
        fetch(url, Access(proxy=Proxy(url=proxy.url)), private=False)

    assert refused.value.failure in ("blocked-address", "blocked-scheme")
    assert proxy.asked == []


def test_bytes_ratio_time_and_redirects_are_bounded_behind_a_proxy():
    from loopback import bomb, huge

    answers = {"/bombe": bomb, "/gros": huge, "/lent": slow(12), "/rond": redirect("/rond"), "/prive": redirect("http://10.0.0.8/")}
    said = {}
    with behind(answers=answers) as proxy:
        for path in answers:
            with pytest.raises(FetchError) as refused:
                fetch(f"http://portail.exemple.fr{path}", Access(proxy=Proxy(url=proxy.url)), private=False)
            said[path] = refused.value.failure

    assert said == {"/bombe": "too-large", "/gros": "too-large", "/lent": "timeout", "/rond": "redirects", "/prive": "blocked-address"}


def test_the_site_goes_the_way_of_the_collector(tmp_path, monkeypatch):
    """What curators bring passes the same proxy: names of variables are kept for it, never what they hold."""
    monkeypatch.setenv("PROXY_AGENT", "agent")
    monkeypatch.setenv("PROXY_MOT", "s3cr3t-mot")
    with behind("password") as proxy:
        given = f"{{timeout: 20s, proxy: {{url: '{proxy.url}', user: PROXY_AGENT, password: PROXY_MOT}}}}"
        write_config(tmp_path, {"a": "feed: 'http://portail.exemple.fr/rss'"}, defaults=given)
        assert collect(tmp_path).returncode == 0
        db = connect(tmp_path / "data" / "veille.db")
        notes, access = bring.site_notes(db.conn)
        db.close()

        async def ask():
            async with bring.door("", lambda: datetime.now(UTC), notes, access, allow_private=True) as fetcher:
                return await bring.read_site("http://portail.exemple.fr/autre", fetcher, datetime.now(UTC))

        found = asyncio.run(ask())

    assert [item.title for item in found.reading.items] == ["Une maison de santé"]
    assert b"s3cr3t" not in (tmp_path / "data" / "veille.db").read_bytes()


def test_headers_of_a_source_go_to_its_own_origin_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("CLE_AGENDA", "cl3-s3cr3te")
    here, there = [], []
    with serve(SITES, hits=there) as other, serve({**SITES, "/ailleurs": redirect(f"{other}/rss")}, hits=here) as root:
        sources = {
            name: f"feed: '{root}{path}', headers: {{X-Api-Key: CLE_AGENDA}}" for name, path in (("a", "/autre"), ("b", "/ailleurs"))
        }
        write_config(tmp_path, sources)
        outcome = collect(tmp_path, "-v")
        monkeypatch.delenv("CLE_AGENDA")
        unset = collect(tmp_path, "--source", "a", "--all")

    assert outcome.returncode == 0, outcome.stderr
    assert {headers.get("x-api-key") for path, headers in here} == {"cl3-s3cr3te"}
    assert there
    assert not [path for path, headers in there if "x-api-key" in headers]
    assert unset.returncode == 1
    assert "CLE_AGENDA" in unset.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"s3cr3te" in path.read_bytes()]


def test_a_cookie_that_a_redirect_sets_lives_for_its_visit_and_its_host():
    def guard(handler):
        reply(handler, b"", status=302, Location="/garde", Set_Cookie="jeton=1; Path=/; HttpOnly")

    def guarded(handler):
        has = "jeton=1" in (handler.headers.get("cookie") or "")
        reply(handler, SITES["/rss"]) if has else reply(handler, b"", status=403)

    hits, elsewhere = [], []
    with serve(SITES, hits=elsewhere, host="127.0.0.2") as other:
        answers = {
            "/entree": guard,
            "/garde": guarded,
            "/dehors": lambda h: reply(h, b"", status=302, Location=f"{other}/rss", Set_Cookie="a=1"),
        }
        with serve(answers, hits=hits) as root:

            async def run():
                async with Fetcher(contact="", clock=lambda: datetime.now(UTC), allow_private=True, limits=Limits(spacing=0)) as fetcher:
                    first = await fetcher.fetch(f"{root}/entree", Validators(), SECONDS)
                    with pytest.raises(FetchError):
                        await fetcher.fetch(f"{root}/garde", Validators(), SECONDS)
                    await fetcher.fetch(f"{root}/dehors", Validators(), SECONDS)
                    return first

            first = asyncio.run(run())

    assert isinstance(first, Fetched)
    assert [(path, headers.get("cookie")) for path, headers in hits if path != "/robots.txt"] == [
        ("/entree", None), ("/garde", "jeton=1"), ("/garde", None), ("/dehors", None),
    ]  # fmt: skip
    assert not [headers for _, headers in elsewhere if "cookie" in headers]


def test_any_transport_of_httpx_serves():
    """As httpx's own tests have it: `MockTransport` stands for the world."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.url.path == "/robots.txt":
            return httpx.Response(200, text="User-agent: *\nDisallow: /prive")
        return httpx.Response(200, content=SITES["/rss"], headers={"etag": '"v1"', "content-type": "application/rss+xml"})

    found = fetch("https://portail.exemple.fr/rss", transport=httpx.MockTransport(answer), private=False)
    with pytest.raises(FetchError) as forbidden:
        fetch("https://portail.exemple.fr/prive", transport=httpx.MockTransport(answer), private=False)

    assert (found.body, found.validators.etag) == (SITES["/rss"], '"v1"')
    assert forbidden.value.failure == "robots"
    assert asked[1].headers["user-agent"].startswith("veille/")
    assert asked[1].headers["host"] == "portail.exemple.fr"

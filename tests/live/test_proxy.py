"""Sites that a proxy alone can reach, what a proxy may do, headers and cookies: by CONNECT and by plain requests, on loopback."""

import asyncio
import contextlib
import json
import os
import re
import socket
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from loopback import feed, redirect, reply, serve, slow
from proxy import proxying
from test_collect_live import collect, titles, veille, write_config
from test_tls import secured

from pace import pace
from veille.collect import bring
from veille.errors import FetchError
from veille.fetch import Fetcher, Limits, transport
from veille.fetch.client import _Deadline
from veille.model import Access, Fetched, Proxy, Validators
from veille.store import connect

SECONDS = timedelta(seconds=15)
SITES = {"/rss": feed("Un bus des droits", "Un budget participatif"), "/autre": feed("Une maison de santé")}


def port_of(root: str) -> int:
    return int(root.rsplit(":", 1)[1])


def fetch(url: str, access: Access | None = None, *, private: bool = True, seconds: int = 15, **given):
    async def run():
        async with Fetcher(
            contact="", clock=lambda: datetime.now(UTC), allow_private=private, limits=Limits(spacing=0), **given
        ) as fetcher:
            return await fetcher.fetch(url, Validators(), timedelta(seconds=seconds), access)

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

        monkeypatch.setattr(transport, "trusting", with_ours)
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
    assert time.monotonic() - began < 30 * pace()


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
        notes, access = bring.site_notes(db)
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


def through(answer, *, path="/a", env=None, **access):
    """What comes of one address behind a proxy, and the requests that its site got."""
    hits = []
    with serve({"/a": answer, **SITES}, hits=hits) as root, proxying({"portail.exemple.fr:80": port_of(root)}) as proxy:
        found = fetch(f"http://portail.exemple.fr{path}", Access(proxy=Proxy(url=proxy.url), **access))
    return found, hits


@pytest.mark.parametrize("way", ["direct", "proxy"])
@pytest.mark.parametrize("cookie", ["jeton=1; Path=/", "ville=Orl\xe9ans; Path=/", "vide; Path=/", "a=1; Domain=exemple.fr; Path=/"])
def test_a_redirect_with_any_cookie_is_followed_either_way(way, cookie):
    def answer(handler):
        handler.send_response(302)
        handler.send_header("location", "/rss")
        handler.wfile.write(b"")
        handler._headers_buffer.append(f"Set-Cookie: {cookie}\r\n".encode("latin-1"))
        handler.send_header("content-length", "0")
        handler.end_headers()

    if way == "direct":
        with serve({"/a": answer, **SITES}) as root:
            found = fetch(f"{root}/a")
    else:
        found, _ = through(answer)
    assert found.body == SITES["/rss"]


def test_a_cookie_goes_to_no_other_host_whatever_domain_it_names():
    hits = []
    with serve({"/rss": SITES["/rss"]}, hits=hits) as other:

        def answer(handler):
            reply(handler, b"", status=302, Location="http://b.exemple.fr/rss", Set_Cookie="a=1; Domain=exemple.fr; Path=/")

        with serve({"/a": answer}) as root, proxying({"a.exemple.fr:80": port_of(root), "b.exemple.fr:80": port_of(other)}) as proxy:
            assert isinstance(fetch("http://a.exemple.fr/a", Access(proxy=Proxy(url=proxy.url))), Fetched)
    assert hits
    assert not [headers for _, headers in hits if "cookie" in headers]


def test_a_secure_site_that_is_silent_behind_a_proxy_is_silent_and_not_refused():
    listener = socket.create_server(("127.0.0.1", 0))
    with listener, proxying({"localhost:8443": listener.getsockname()[1]}) as proxy, pytest.raises(FetchError) as told:
        fetch("https://localhost:8443/a", Access(proxy=Proxy(url=proxy.url)), seconds=2)
    assert told.value.failure == "timeout"


@pytest.mark.parametrize("value", ["s3cret\r\nX-Evil: 1", "s3\ncret", "s3cret\x00", "", "s3cret\udce9"])
@pytest.mark.parametrize("way", ["direct", "proxy"])
def test_a_header_that_nothing_carries_is_one_sentence_that_does_not_say_it(monkeypatch, way, value):
    if "\x00" in value:
        monkeypatch.setattr("os.environ", {**os.environ, "CLE": value})  # no system lets one be set
    else:
        monkeypatch.setenv("CLE", value)
    with serve(SITES) as root:
        given = Access(headers=(("X-Cle", "CLE"),), origin=f"{root}/rss", proxy=Proxy(url="http://127.0.0.1:9" if way == "proxy" else ""))
        with pytest.raises(FetchError, match="CLE") as told:
            fetch(f"{root}/rss", given)
    chain, error = [], told.value
    while error is not None:
        chain.append(repr(error) + repr(vars(error)))
        error = error.__cause__ or error.__context__
    assert "cret" not in "".join(chain)


def test_a_key_with_an_end_of_line_as_files_have_it_is_sent_without(monkeypatch):
    monkeypatch.setenv("CLE", "s3cret\n")
    hits = []
    with serve(SITES, hits=hits) as root:
        fetch(f"{root}/rss", Access(headers=(("X-Cle", "CLE"),), origin=root))
    assert {headers["x-cle"] for _, headers in hits} == {"s3cret"}


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f000001", "0x7f.1", "10.1", "0", "169.254.43518", "127.0.0.1.", "%31%32%37.0.0.1"]
)
def test_a_private_address_in_any_form_is_refused_before_a_proxy(host):
    with behind() as proxy, pytest.raises(FetchError) as refused:
        fetch(f"http://{host}/", Access(proxy=Proxy(url=proxy.url)), private=False)
    assert (refused.value.failure in ("blocked-address", "blocked-scheme"), proxy.asked) == (True, [])


def test_the_key_that_one_source_lacks_is_not_its_neighbours_fault(tmp_path):
    with serve(SITES) as root:
        write_config(
            tmp_path, {"a": f"feed: '{root}/autre', headers: {{X-Cle: CLE_ABSENTE}}", "b": f"feed: '{root}/rss'"}, "{timeout: 20s}"
        )
        outcome = collect(tmp_path)
    assert [line.partition(" ")[0] for line in outcome.stderr.splitlines()] == ["a"]
    assert titles(tmp_path) == ["Un budget participatif", "Un bus des droits"]


def test_each_header_has_letters_of_its_own():
    """One in latin-1 beside an address in UTF-8: httpx would read both alike."""

    def answer(handler):
        handler.send_response(302)
        handler._headers_buffer.append(b"X-Ville: Orl\xe9ans\r\nLocation: /actualit\xc3\xa9s\r\nContent-Length: 0\r\n")
        handler.end_headers()

    with serve({"/a": answer, "/actualit%C3%A9s": SITES["/rss"]}) as root:
        assert fetch(f"{root}/a").body == SITES["/rss"]


@pytest.mark.parametrize(
    "headers",
    [{"Cache_Control": "max-age=²"}, {"Expires": "Fri, 31 Dec 9999 23:59:59 -1200"}, {"Retry_After": "Fri, 31 Dec 9999 23:59:59 -1200"}],
)
def test_hints_that_mean_nothing_cost_nothing(headers):
    status = 429 if "Retry_After" in headers else 200

    def answer(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler._headers_buffer.append(f"{name.replace('_', '-')}: {value}\r\n".encode("latin-1"))
        handler.send_header("content-length", "0")
        handler.end_headers()

    with serve({"/a": answer}) as root:
        if status == 200:
            assert isinstance(fetch(f"{root}/a"), Fetched)
        else:
            with pytest.raises(FetchError) as told:
                fetch(f"{root}/a")
            assert told.value.failure == "rate-limited"


@pytest.mark.parametrize("kind", ["trailers", "extension", "extensions"])
def test_what_is_no_body_is_bounded_on_the_wire(kind):
    sent = []

    def answer(handler):
        handler.send_response(200)
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        start = {"trailers": b"1\r\nx\r\n0\r\n", "extension": b"1;a=", "extensions": b""}[kind]
        piece = {
            "trailers": b"X-A: " + b"b" * 60_000 + b"\r\n",
            "extension": b"c" * 65_536,
            "extensions": b"1;" + b"d" * 30_000 + b"\r\nx\r\n",
        }[kind]
        handler.wfile.write(start)
        for _ in range(2_000):
            handler.wfile.write(piece)
            sent.append(len(piece))

    with serve({"/a": answer}) as root, pytest.raises(FetchError):
        fetch(f"{root}/a")
    assert sum(sent) < 16 << 20


def test_robots_txt_is_not_read_on_once_the_door_is_shut():
    """A visit is given up while robots.txt is asked for: nothing goes on, and nobody complains."""

    async def run():
        async with Fetcher(contact="", clock=lambda: datetime.now(UTC), allow_private=True, limits=Limits(spacing=0)) as fetcher:
            visit = asyncio.ensure_future(fetcher.fetch(f"{root}/rss", Validators(), SECONDS))
            await asyncio.sleep(0.2)
            visit.cancel()
            await asyncio.gather(visit, return_exceptions=True)
        return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    with serve({"/robots.txt": slow(3), **SITES}) as root:
        assert asyncio.run(run()) == []


def test_many_refused_certificates_leave_room_for_a_sound_site():
    """httpcore keeps the connection of a handshake that failed behind a proxy: they are not to fill anything."""
    with (
        serve(SITES) as root,
        secured("leaf.pem") as port,
        proxying({"localhost:8443": port, "portail.exemple.fr:80": port_of(root)}) as proxy,
    ):

        async def run():
            async with Fetcher(contact="", clock=lambda: datetime.now(UTC), allow_private=True, limits=Limits(spacing=0)) as fetcher:
                access = Access(proxy=Proxy(url=proxy.url))
                for number in range(90):
                    with pytest.raises(FetchError, match="certificat"):
                        await fetcher._ask(f"https://localhost:8443/{number}", Validators(), _Deadline(10), access, None)
                return await fetcher.fetch("http://portail.exemple.fr/rss", Validators(), SECONDS, access)

        assert isinstance(asyncio.run(run()), Fetched)

"""`veille doctor`: a house that is well is said to be; each ill that is planted in it is named, with what to do; nothing is changed."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import time
from email.utils import formatdate

import pytest

from live.loopback import feed, reply, serve
from live.test_tls import secured
from veille.cli.serving import free_port

CONFIG = """version: 1
defaults: {{contact: veille@gironde.fr, site: "https://veille.gironde.fr"{more}}}
sources:
  - id: gironde
    name: "Gironde"
    feed: {url}
"""


def veille(folder, *arguments, stdin="", **environment):
    held = {name: value for name, value in os.environ.items() if not name.lower().endswith("proxy") and name != "VEILLE_NOW"}
    return subprocess.run(
        [sys.executable, "-m", "veille", *arguments], cwd=folder, env=held | environment, input=stdin, capture_output=True, text=True,
        timeout=240,
    )  # fmt: skip


def doctor(folder, *arguments, **environment):
    done = veille(folder, "doctor", "--allow-private-network", *arguments, **environment)
    assert done.stderr == ""
    return done


@pytest.fixture(scope="module")
def site():
    with serve({"/rss": feed("Un accueil", "Un budget")}) as root:
        yield root


@pytest.fixture(scope="module")
def made(tmp_path_factory, site):
    """A house that is well: two collections, an administrator. Each test has a copy."""
    folder = tmp_path_factory.mktemp("maison")
    (folder / "feeds.yaml").write_text(CONFIG.format(url=f"{site}/rss", more=""), encoding="utf-8")
    for _ in range(2):
        assert veille(folder, "collect", "--all", "--allow-private-network", "--spacing", "0").returncode == 0
    assert veille(folder, "curators", "add", "anne", "--role", "administrateur", stdin="un mot de passe\n").returncode == 0
    return folder


@pytest.fixture
def house(made, tmp_path):
    folder = tmp_path / "maison"
    subprocess.run(["cp", "-a", str(made), str(folder)], check=True)
    return folder


def base(folder):
    return folder / "data" / "veille.db"


def config(folder, url, more=""):
    (folder / "feeds.yaml").write_text(CONFIG.format(url=url, more=more), encoding="utf-8")


def change(folder, sql):
    with contextlib.closing(sqlite3.connect(base(folder))) as db:
        db.executescript(sql)


def tear(folder):
    """Pages in the middle of the file are no pages any more."""
    change(folder, "pragma wal_checkpoint(truncate)")
    size = base(folder).stat().st_size
    with base(folder).open("r+b") as file:
        for place in range(8192, size - 4096, 16384):
            file.seek(place)
            file.write(b"\xa5" * 2048)


def test_a_house_that_is_well_is_said_to_be_and_nothing_is_changed(house):
    before = {path: (path.read_bytes(), path.stat().st_mode) for path in sorted(house.rglob("*")) if path.is_file()}
    done = doctor(house)
    assert done.stdout.endswith("Tout va bien.\n"), done.stdout
    assert done.returncode == 0
    assert "à faire" not in done.stdout
    assert before == {path: (path.read_bytes(), path.stat().st_mode) for path in before}


# The ill, what is said of it, what is to be done.
ILLS = {
    "feeds.yaml is not there": (lambda house: (house / "feeds.yaml").unlink(), "feeds.yaml : fichier introuvable", "copiez celui du projet"),
    "feeds.yaml is torn": (lambda house: (house / "feeds.yaml").write_text("sources:\n  - id: x\n    nom: y\n"), "feeds.yaml:", "veille check"),
    "the base is another file": (lambda house: base(house).write_text("bonjour " * 2000), "n’est pas une base SQLite", "veille restore"),
    "the base is another program's": (
        lambda house: (base(house).unlink(), change(house, "create table autre (a)"), base(house).chmod(0o600)), "pas celle de veille", "--db",
    ),
    "the base is damaged": (tear, "est abîmée", "veille restore"),
    "the base is from a newer version": (
        lambda house: change(house, "insert into _sqlite_migrations (migration_set, name, applied_at) values ('veille', 'm999_plus', '2030')"),
        "version plus récente", "mettez veille à jour",
    ),
    "the base is a folder": (lambda house: (base(house).unlink(), base(house).mkdir()), "est un dossier", "--db"),
    "others may read the base": (lambda house: base(house).chmod(0o644), "d’autres comptes peuvent lire", "chmod 600"),
    "the base cannot be written": (lambda house: base(house).chmod(0o400), "on ne peut pas écrire dans", "chown veille:"),
    "the folder cannot be written": (lambda house: base(house).parent.chmod(0o500), "on ne peut pas écrire dans", "chown -R veille:"),
    "the secret is empty": (
        lambda house: os.close(os.open(f"{base(house)}.secret", os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)), "est vide", "redémarrez le site",
    ),
    "cron does not collect any more": (
        lambda house: change(house, "update runs set started_at = '2026-01-05T08:00:00Z', ended_at = '2026-01-05T08:01:00Z'"),
        "aucune collecte n’est allée au bout", "data/collecte.log",
    ),
    "a collection never ends": (
        lambda house: change(house, "update runs set started_at = '2026-01-05T08:00:00Z', ended_at = null where id = (select max(id) from runs)"),
        "n’est pas finie", "pgrep",
    ),
    "the network is down": (lambda house: config(house, f"http://127.0.0.1:{free_port(0)}/rss"), "aucun des sites essayés ne répond", "curl -I"),
    "the proxy is down": (
        lambda house: config(house, "http://www.gironde.fr/rss", more=f', proxy: "http://127.0.0.1:{free_port(0)}"'),
        "le proxy 127.0.0.1:", "« proxy: »",
    ),
    "a variable of the proxy is not defined": (
        lambda house: config(
            house, "http://www.gironde.fr/rss", more=', proxy: {url: "http://127.0.0.1:9", user: PROXY_NOM, password: PROXY_MOT}'
        ),
        "PROXY_MOT", "cron, service du site",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ILLS)
def test_an_ill_is_named_with_what_to_do(house, name):
    plant, said, to_do = ILLS[name]
    plant(house)
    done = doctor(house)
    base(house).parent.chmod(0o700)
    bad = [line for line in done.stdout.splitlines() if line.startswith("     mal")]
    assert any(said in line for line in bad), done.stdout
    assert to_do in done.stdout.split(said, 1)[1], done.stdout
    assert done.returncode == 1
    assert len(bad) <= 2, done.stdout  # the ill, and not everything else with it
    assert "Traceback" not in done.stdout + done.stderr


def test_a_file_of_another_account_is_named(house):
    if os.getuid():
        pytest.skip("needs root: it gives a file to another account")
    secret = house / "data" / "veille.db.secret"
    secret.write_text("x")
    secret.chmod(0o600)
    os.chown(secret, 65534, -1)
    done = doctor(house)
    assert "pas au même compte" in done.stdout
    assert f"chown --reference={base(house).relative_to(house)}" in done.stdout


def test_a_clock_that_is_wrong_is_named(house):
    done = doctor(house, VEILLE_NOW="2001-01-01T00:00:00Z")
    assert "l’horloge dit 2001-01-01" in done.stdout
    assert "timedatectl" in done.stdout
    assert done.returncode == 1


def test_a_clock_that_is_not_that_of_sites_is_named(house):
    def ahead(handler):
        body = feed("Demain")
        handler.send_response_only(200)
        handler.send_header("date", formatdate(time.time() + 7200, usegmt=True))
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with serve({"/rss": ahead, "/robots.txt": lambda handler: reply(handler, b"", status=404)}) as root:
        config(house, f"{root}/rss")
        done = doctor(house)
    assert "120 minutes d’écart" in done.stdout
    assert done.returncode == 1


def test_certificates_that_are_refused_are_named(house):
    with secured("leaf.pem") as port:
        config(house, f"https://localhost:{port}/rss")
        done = doctor(house)
    assert "aucun certificat n’est accepté" in done.stdout
    assert "SSL_CERT_FILE" in done.stdout
    done = doctor(house, "--offline", SSL_CERT_FILE="/nulle/part.pem")
    assert "SSL_CERT_FILE nomme /nulle/part.pem" in done.stdout
    assert done.returncode == 1


def test_a_disk_that_is_nearly_full_is_named(house):
    """A disk of its own, of a megabyte, where this machine lets one be mounted."""
    small = house / "petit"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(small)], capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a disk")
    try:
        target = small / "veille.db"
        target.write_bytes(base(house).read_bytes()[: 1 << 20])
        done = doctor(house, "--offline", "--db", str(target))
    finally:
        subprocess.run(["umount", str(small)], check=True)
    assert "sur le disque de" in done.stdout
    assert "faites de la place" in done.stdout
    assert done.returncode == 1


def test_what_is_left_to_do_on_a_first_day_is_no_ill(tmp_path):
    (tmp_path / "feeds.yaml").write_text("version: 1\nsources: []\n", encoding="utf-8")
    done = doctor(tmp_path)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("à faire") >= 4
    for command in ("veille try", "veille collect -v", "contact:", "site:"):
        assert command in done.stdout
    assert not (tmp_path / "data").exists()


def test_a_feed_that_refuses_robots_is_no_ill_of_the_network(house):
    with serve({"/rss": lambda handler: reply(handler, b"non", status=403)}) as root:
        config(house, f"{root}/rss")
        done = doctor(house)
    assert done.returncode == 0, done.stdout
    assert "1 site sur 1" in done.stdout


def test_the_demonstration_gives_no_false_alarm(tmp_path):
    """The files of a demonstration, without its servers, which have ended."""
    target = tmp_path / "demo" / "veille.db"
    assert veille(tmp_path, "demo", "--once", "--db", str(target)).returncode == 0
    (tmp_path / "feeds.yaml").write_text(CONFIG.format(url="http://127.0.0.1:9/rss", more=""), encoding="utf-8")
    done = veille(tmp_path, "doctor", "--db", str(target))
    assert done.returncode == 0, done.stdout
    assert "     mal" not in done.stdout

"""« Installer » and « Mettre à jour », run as docs/exploitation.md writes them, from nothing and from the file of each former version.

Here pip takes what this environment holds, and systemd is asked for nothing; VEILLE_INSTALL=1 lets pip fetch everything, as written.
"""

import gzip
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
from pathlib import Path

import httpx
import pytest
from waiting import wait_for

from live.loopback import feed, serve
from live.proxy import proxying
from paths import ROOT, TESTS
from veille.cli.serving import free_port

AS_WRITTEN = bool(os.environ.get("VEILLE_INSTALL"))
OLD = sorted((TESTS / "upgrades").glob("*.db.gz"))
TRIED = OLD if os.environ.get("VEILLE_ALL") else [OLD[0], OLD[len(OLD) // 2], OLD[-1]]
PASSWORD = "un mot de passe"
FEEDS = """version: 1
defaults: {{every: 6h, contact: veille@exemple.fr, proxy: "{proxy}"}}
sources:
  - id: gironde
    name: "Gironde, actualités"
    feed: http://www.gironde.test/rss
"""
# An environment that holds what this one does, and a pip that installs the project in it and fetches nothing.
VENV = """#!/bin/sh
set -e
"{python}" -m venv --without-pip "$3"
echo "{purelib}" > "$(echo "$3"/lib/python*/site-packages)/tests.pth"
cat > "$3/bin/pip" <<'PIP'
#!/bin/sh
case "$*" in *"-r requirements.lock"*) test -s requirements.lock; exit 0;; esac
exec "{python}" -m pip --python .venv/bin/python "$@" --no-index --no-build-isolation
PIP
chmod +x "$3/bin/pip"
"""


def blocks(title):
    """The commands of a section of the page, in its order."""
    page = (ROOT / "docs" / "exploitation.md").read_text(encoding="utf-8")
    section = page.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", section, re.S)


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def network():
    with (
        serve({"/rss": feed("Un accueil", "Un budget", site="http://www.gironde.test")}) as root,
        proxying({"www.gironde.test:80": int(root.rsplit(":", 1)[1])}) as proxy,
    ):
        yield proxy


@pytest.fixture
def machine(tmp_path, network):
    """A project as it is cloned, a machine without veille, and a way to run a block of the page."""
    project, tools = tmp_path / "projet", tmp_path / "outils"
    held = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, held):
        if not name.startswith(("tests/", "docs/img/")) and (ROOT / name).is_file():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, project / name)
    (project / "feeds.yaml").write_text(FEEDS.format(proxy=network.url), encoding="utf-8")
    script(tools / "systemctl", f'#!/bin/sh\necho "$@" >> "{tmp_path}/systemctl"\n')
    if os.getuid():
        script(tools / "runuser", '#!/bin/sh\nshift 3\nexec "$@"\n')
    for folder in ("systemd/system", "cron.d"):
        (tmp_path / "etc" / folder).mkdir(parents=True)
    account = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("proxy")} | {
        "DOSSIER": str(tmp_path / "srv"), "COMPTE": account, "CONTACT": "veille@gironde.fr", "SITE": "https://veille.gironde.fr",
        "PREMIER": "anne", "ETC": str(tmp_path / "etc"), "PATH": f"{tools}:{os.environ['PATH']}",
    }  # fmt: skip
    if not AS_WRITTEN:
        environment["PYTHON"] = str(script(tools / "python", VENV.format(python=sys.executable, purelib=sysconfig.get_path("purelib"))))

    def run(*told):
        """Blocks, one shell for all of them as an operator has one terminal; what the terminal would ask is typed ahead."""
        done = subprocess.run(
            ["sh", "-eu", "-c", "\n".join(told)], cwd=project, env=environment, input=f"{PASSWORD}\n", capture_output=True, text=True,
            timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return tmp_path, run


def test_installing_as_written_ends_with_a_site_and_an_account(machine):
    folder, run = machine
    told = run(*blocks("Installer"))
    home = folder / "srv"
    assert told.rstrip().endswith("1 étape reste à faire."), told  # cron has not collected yet
    assert " mal " not in told
    assert (folder / "systemctl").read_text() == "enable --now veille-site\n"
    assert f"cd {home} && .venv/bin/veille collect" in (folder / "etc/cron.d/veille").read_text()
    assert "/srv/veille" not in (folder / "etc/cron.d/veille").read_text().replace(str(home), "")

    unit = (folder / "etc/systemd/system/veille-site.service").read_text()
    command = re.search(r"^ExecStart=(.+)$", unit, re.M)[1].split()
    assert command[0] == str(home / ".venv/bin/veille")
    port = free_port(0)
    site = subprocess.Popen([*command[:-1], str(port)], cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        root = f"http://127.0.0.1:{port}"
        assert "2 articles de 1 source" in wait_for(root + "/").replace("\u00a0", " ").replace("&nbsp;", " ")
        with httpx.Client(base_url=root, follow_redirects=True, trust_env=False) as browser:
            token = re.search(r'name="csrftoken" value="([^"]+)"', browser.get("/connexion").text)[1]
            page = browser.post("/connexion", data={"csrftoken": token, "nom": "anne", "mot-de-passe": PASSWORD})
            assert "À trier" in page.text
            assert "5 étapes faites sur 6" in browser.get("/tri/installation").text
    finally:
        site.terminate()
        site.wait(20)


@pytest.mark.parametrize("old", TRIED, ids=lambda path: path.name)
def test_updating_as_written_from_each_former_version_loses_nothing(machine, old):
    folder, run = machine
    install, update = blocks("Installer"), blocks("Mettre à jour")
    assert len(update) == 3
    run(*install[:2])  # a machine where a former version stands: its environment, and below its base
    home = folder / "srv"
    base = home / "data" / "veille.db"
    base.write_bytes(gzip.decompress(old.read_bytes()))
    base.chmod(0o600)
    (folder / "etc/cron.d/veille").write_text("la ligne d’avant\n")
    stale = home / "src/veille/parti.py"
    stale.write_text("")
    before = counted(base)
    subprocess.run(
        ["sed", "-i", 's|veille@exemple.fr|veille@gironde.fr, site: "https://veille.gironde.fr"|', str(home / "feeds.yaml")], check=True
    )

    told = run(install[0], *update)

    assert " mal " not in told
    after = counted(base)
    assert {name: after[name] >= count for name, count in before.items()} == dict.fromkeys(before, True)
    assert after["items"] == before["items"] + 2
    assert list(base.parent.glob("veille.db.avant-*")), "the base was not copied first"
    assert (folder / "systemctl").read_text().split("\n")[:2] == ["stop veille-site", "start veille-site"]
    assert (folder / "etc/cron.d/veille").read_text() == "la ligne d’avant\n"
    assert not list(home.glob(".venv/lib/python*/site-packages/veille/parti.py"))


def counted(base: Path) -> dict[str, int]:
    with sqlite3.connect(base) as db:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
        return {name: db.execute(f"select count(*) from {name}").fetchone()[0] for name in ("items", "sources", "runs", "visits")}

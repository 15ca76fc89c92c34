"""The wheel holds all that veille needs: built, installed in an environment of its own, it shows the demonstration in an empty folder."""

import subprocess
import sys
import sysconfig
import venv
import zipfile

import pytest

from paths import ROOT


def run(*command, cwd, **more):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=240, **more)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy of what git holds: nothing of this folder's leftovers gets in."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    held = run("git", "ls-files", "-z", "src", "pyproject.toml", "README.md", "LICENSE", cwd=ROOT).split("\0")
    for name in filter(None, held):
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    quiet = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation")
    run(sys.executable, "-m", "pip", "wheel", *quiet, "--wheel-dir", str(folder), str(source), cwd=folder)
    (made,) = folder.glob("veille-*.whl")
    return made


def test_the_wheel_holds_what_the_package_has(wheel):
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("veille/")}
    ours = run("git", "ls-files", "src/veille", cwd=ROOT).split()

    assert not {name.removeprefix("src/") for name in ours} - held


def test_it_runs_where_nothing_else_of_ours_is(wheel, tmp_path):
    """Its dependencies are those of this environment, without the package that is installed here for editing."""
    home = tmp_path / "env"
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    (target,) = home.glob("lib/python*/site-packages")
    (target / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    run(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-index",
        "--force-reinstall", str(wheel), cwd=tmp_path)  # fmt: skip
    empty = tmp_path / "vide"
    empty.mkdir()

    where = run(str(python), "-c", "import veille; print(veille.__file__)", cwd=empty)
    told = run(str(home / "bin" / "veille"), "demo", "--once", cwd=empty)
    version = run(str(home / "bin" / "veille"), "--version", cwd=empty)

    assert where.startswith(str(home))
    assert "72 articles" in told
    assert version.startswith("veille")
    assert list(empty.iterdir()) == []

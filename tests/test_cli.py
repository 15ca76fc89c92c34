"""What the operator reads is French, to the last word of the help."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
COMMANDS = ("collect", "check", "sources", "serve", "demo", "predict", "curators")


def veille(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "veille", *arguments], capture_output=True, text=True, env={**os.environ, **environment}, timeout=30
    )


def test_the_compiled_words_are_those_of_the_table():
    spec = importlib.util.spec_from_file_location("click_french", ROOT / "tools" / "click_french.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    assert module.TARGET.read_bytes() == module.compiled()


@pytest.mark.parametrize("arguments", [(), *((command,) for command in COMMANDS), ("curators", "add")], ids=" ".join)
def test_every_help_is_french(arguments):
    outcome = veille(*arguments, "--help", LANG="en_US.UTF-8", LC_ALL="C.UTF-8")

    assert outcome.returncode == 0
    assert "Usage :" in outcome.stdout
    assert "Afficher cette aide." in outcome.stdout
    assert not [word for word in ("Show", "exit.", "default:", "Commands:", "Error") if word in outcome.stdout]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("collecte",), "Commande inconnue"), (("check", "--fonfig", "x"), "Option inconnue"), (("serve", "--port", "abc"), "Valeur refusée"),
        (("predict",), "Il manque"), (("collect", "--spacing", "100"), "hors de l’intervalle"), (("check", "x"), "Argument en trop"),
        (("serve", "--port"), "demande une valeur"), (("predict", "rien"), "n’est pas l’un de"),
    ],
)  # fmt: skip
def test_every_mistake_of_typing_is_told_in_french(arguments, said):
    outcome = veille(*arguments)

    assert outcome.returncode == 2
    assert said in outcome.stderr
    assert "Error" not in outcome.stderr

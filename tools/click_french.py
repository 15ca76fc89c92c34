"""The words of click's help and errors, in French: builds src/veille/locale/fr/LC_MESSAGES/messages.mo.

    python tools/click_french.py

click asks gettext; `veille.cli` names the folder. The format of a .mo file is in the GNU gettext manual, § 10.3.
"""

import struct
from pathlib import Path

TARGET = Path(__file__).parent.parent / "src" / "veille" / "locale" / "fr" / "LC_MESSAGES" / "messages.mo"
HEADER = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n > 1);\n"
# English: French; a pair of both numbers where click counts.
WORDS: dict[str | tuple[str, str], str | tuple[str, str]] = {
    "Usage:": "Usage :",
    "Options": "Options",
    "Commands": "Commandes",
    "Show this message and exit.": "Afficher cette aide.",
    "Show the version and exit.": "Afficher la version.",
    "Error: {message}": "Erreur : {message}",
    "Try '{command} {option}' for help.": "« {command} {option} » donne l’aide.",
    "Aborted!": "Arrêté.",
    "default: {default}": "par défaut : {default}",
    "required": "obligatoire",
    "Missing argument": "Il manque l’argument",
    "Missing option": "Il manque l’option",
    "Missing parameter": "Il manque le paramètre",
    "Missing command.": "Il manque une commande.",
    "Missing {param_type}": "Il manque {param_type}",
    "Choose from:\n\t{choices}": "Au choix :\n\t{choices}",
    "No such option {name!r}.": "Option inconnue : {name}.",
    "No such command {name!r}.": "Commande inconnue : {name}.",
    "Invalid value for {param_hint}: {message}": "Valeur refusée pour {param_hint} : {message}",
    "Invalid value: {message}": "Valeur refusée : {message}",
    "Option {name!r} does not take a value.": "L’option {name} ne prend pas de valeur.",
    "{value!r} is not a valid {number_type}.": "{value!r} n’est pas un nombre attendu ici ({number_type}).",
    "{value} is not in the range {range}.": "{value} est hors de l’intervalle {range}.",
    "Error: The two entered values do not match.": "Les deux saisies diffèrent.",
    "Repeat for confirmation": "Encore une fois",
    ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."): (
        "{value!r} n’est pas {choice}.",
        "{value!r} n’est pas l’un de : {choices}.",
    ),
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"): (
        "Vouliez-vous dire {possibility} ?",
        "(Vouliez-vous dire : {possibilities} ?)",
    ),
    ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"): (
        "Argument en trop : {args}",
        "Arguments en trop : {args}",
    ),
    ("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."): (
        "L’option {name} demande une valeur.",
        "L’option {name} demande {nargs} valeurs.",
    ),
}


def compiled() -> bytes:
    """The bytes of the .mo file."""
    entries = {b"": HEADER.encode()}
    for english, french in WORDS.items():
        key = english if isinstance(english, str) else "\0".join(english)
        entries[key.encode()] = (french if isinstance(french, str) else "\0".join(french)).encode()
    keys = sorted(entries)
    tables, strings = b"", b""
    start = 28 + 16 * len(keys)
    for column in (keys, [entries[key] for key in keys]):
        for text in column:
            tables += struct.pack("<II", len(text), start + len(strings))
            strings += text + b"\0"
    return struct.pack("<7I", 0x950412DE, 0, len(keys), 28, 28 + 8 * len(keys), 0, 0) + tables + strings


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(compiled())

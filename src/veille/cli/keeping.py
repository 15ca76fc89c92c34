"""`veille backup`, `restore`, `export`, `import`: what is held leaves, and comes back."""

import contextlib
import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import click
import yaml

from veille import __version__
from veille.cli.collecting import alone
from veille.cli.options import config_option, db_option, open_database, read_clock
from veille.errors import StoreError, UsageError
from veille.messages.common import plural
from veille.messages.keeping import (  # fmt: skip
    COLLECTOR_FIRST,
    COPIED,
    EXPORT_BROKEN,
    EXPORT_COUNT,
    EXPORT_NEWER,
    EXPORTED,
    FILE_EXISTS,
    IMPORTED,
    NOT_AN_EXPORT,
    PUT_ASIDE,
    RESTORED,
)
from veille.messages.machine import why
from veille.moments import stored
from veille.normalize import spreadsheet_cell
from veille.resources import load_knowledge, package_text
from veille.store.connection import Row
from veille.store.keeping.backup import back_up
from veille.store.keeping.backup import restore as put_back
from veille.store.keeping.export import (
    TABLES,
    all_rows,
    columns,
    one_instant,
    public_rows,
    schema_steps,
    sequences,
    take_in,
)
from veille.store.partial import beside
from veille.store.public import PUBLIC_TABLES

_LICENCE = {"name": "etalab-2.0", "title": "Licence Ouverte 2.0", "path": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"}
_TYPES = {"integer": "integer", "real": "number"}


@click.command(
    short_help="Copier la base, vérifiée.",
    help="Copier la base pendant que tout marche ; la copie n’a son nom qu’une fois vérifiée : intégrité, comptes, mots de l’index.",
)
@click.argument("target", metavar="[FICHIER]", required=False)
@config_option
@db_option
def backup(target: str | None, config_file: str, db_file: str) -> None:  # noqa: ARG001
    now = read_clock()()
    path = Path(target or f"{db_file}.sauvegarde-{now:%Y%m%dT%H%M%SZ}")
    with contextlib.closing(open_database(db_file, load_knowledge, now, existing=True)) as db:
        found = back_up(db, path)
    items, words = plural(found["items"], "article", "articles"), plural(found["words"], "mot", "mots")
    click.echo(COPIED.format(file=path, items=items, words=words))


@click.command(
    short_help="Remettre une copie en place.",
    help="Remettre une copie à la place de la base, une fois vérifiée à côté d’elle ; l’ancienne est gardée. Le site doit être arrêté.",
)
@click.argument("source", metavar="FICHIER")
@config_option
@db_option
def restore(source: str, config_file: str, db_file: str) -> None:  # noqa: ARG001
    with alone(db_file) as free:
        if not free:
            raise UsageError(COLLECTOR_FIRST)
        found, aside = put_back(Path(source), Path(db_file), read_clock()())
    click.echo(RESTORED.format(file=db_file, items=plural(found["items"], "article", "articles")))
    if aside:
        click.echo(PUT_ASIDE.format(file=aside))


@click.command(
    short_help="Emporter les données.",
    help="Écrire tout ce qui est public dans un dossier, en CSV et en JSON Lines, décrit par datapackage.json (Licence Ouverte 2.0). "
    "Avec --all, tout ce que la base tient, sauf les mots de passe, pour « veille import ».",
)
@click.argument("folder", metavar="DOSSIER")
@click.option("--all", "everything", is_flag=True, help="Tout, privé compris : décisions, notes, comptes sans mot de passe, versions.")
@config_option
@db_option
def export(folder: str, *, everything: bool, config_file: str, db_file: str) -> None:  # noqa: ARG001
    target = Path(folder).resolve()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(FILE_EXISTS.format(file=folder))
    now = read_clock()()
    described = yaml.safe_load(package_text("colonnes.yaml"))
    try:
        with (
            beside(target, folder=True) as partial,  # its owner's alone until it is whole
            contextlib.closing(open_database(db_file, load_knowledge, now, existing=True)) as db,
            one_instant(db),
        ):
            resources: list[dict[str, Any]] = []
            for table in TABLES if everything else PUBLIC_TABLES:
                rows = all_rows(db, table) if everything else public_rows(db, table)
                fields = _fields(described, table, columns(db, table))
                count = _write(partial, table, fields, rows, spreadsheet=not everything)
                resources += _resources(described, table, fields, count, spreadsheet=not everything)
            package = {
                "profile": "data-package" if everything else "tabular-data-package",
                "name": "veille-complet" if everything else "veille",
                "title": "La veille des innovations publiques dans les départements",
                "created": stored(now),
                **({} if everything else {"licenses": [_LICENCE]}),
                "resources": resources,
                "veille": {"version": __version__, "schema": schema_steps(db), "sequences": sequences(db), "complete": everything},
            }
            (partial / "datapackage.json").write_text(json.dumps(package, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            if not everything:
                partial.chmod(0o755)
            if target.exists():
                target.rmdir()
            partial.replace(target)
    except OSError as exc:
        raise StoreError(f"{folder} : {why(exc)}.") from exc
    rows_told = sum(one["veille:rows"] for one in resources if one["format"] == "jsonl")
    names = {one["name"] for one in resources if one["format"] == "jsonl"}
    click.echo(EXPORTED.format(folder=folder, tables=plural(len(names), "table", "tables"), rows=plural(rows_told, "ligne", "lignes")))


def _fields(described: dict[str, dict[str, str]], table: str, given: list[tuple[str, str]]) -> list[dict[str, str]]:
    own = described[table]
    return [
        {"name": name, "type": _TYPES.get(kind, "string"), "description": own.get(name) or described["commun"][name]}
        for name, kind in given
    ]  # fmt: skip


def _write(folder: Path, table: str, fields: list[dict[str, str]], rows: Iterable[Row], *, spreadsheet: bool) -> int:
    """One row at a time into JSON Lines and, for people, CSV; the number of rows."""
    names = [one["name"] for one in fields]
    count = 0
    with contextlib.ExitStack() as stack:
        lines = stack.enter_context((folder / f"{table}.jsonl").open("w", encoding="utf-8", newline="\n"))
        sheet = None
        if spreadsheet:
            file: IO[str] = stack.enter_context((folder / f"{table}.csv").open("w", encoding="utf-8-sig", newline=""))
            sheet = csv.writer(file, delimiter=";", lineterminator="\r\n")
            sheet.writerow(names)
        for row in rows:
            count += 1
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            if sheet:
                sheet.writerow([row[name] if isinstance(row[name], (int, float)) else spreadsheet_cell(row[name]) for name in names])
    return count


def _resources(
    described: dict[str, dict[str, str]], table: str, fields: list[dict[str, str]], count: int, *, spreadsheet: bool
) -> list[dict[str, Any]]:
    common = {"title": described[table]["_"], "encoding": "utf-8", "schema": {"fields": fields}, "veille:rows": count}
    found: list[dict[str, Any]] = [
        {"name": table, "path": f"{table}.jsonl", "format": "jsonl", "mediatype": "application/x-ndjson", **common}
    ]
    if spreadsheet:
        dialect = {"delimiter": ";", "lineTerminator": "\r\n"}
        found.append(
            {"name": f"{table}-csv", "path": f"{table}.csv", "format": "csv", "mediatype": "text/csv", "dialect": dialect, **common}
        )  # fmt: skip
    return found


@click.command(
    "import",
    short_help="Reprendre un export complet.",
    help="Reprendre un export complet (« veille export --all ») dans une base neuve : mêmes articles, mêmes identifiants. Tout ou rien.",
)
@click.argument("folder", metavar="DOSSIER")
@config_option
@db_option
def import_(folder: str, config_file: str, db_file: str) -> None:  # noqa: ARG001
    try:
        package = json.loads((Path(folder) / "datapackage.json").read_text(encoding="utf-8"))
        told = package["veille"]
        wanted = {one["name"]: int(one["veille:rows"]) for one in package["resources"] if one["format"] == "jsonl"}
        complete, schema = bool(told["complete"]), list(told["schema"])
        last = {table: int(seq) for table, seq in dict(told.get("sequences") or {"items": told["last_id"]}).items() if table in TABLES}
        if not all(0 <= seq < 1 << 62 for seq in last.values()):
            raise ValueError(last)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as exc:
        raise UsageError(NOT_AN_EXPORT.format(folder=folder)) from exc
    if not complete or set(wanted) != set(TABLES):
        raise UsageError(NOT_AN_EXPORT.format(folder=folder))
    now = read_clock()()
    with contextlib.closing(open_database(db_file, load_knowledge, now, durable=True)) as db:
        if schema != schema_steps(db):
            raise UsageError(EXPORT_NEWER.format(folder=folder))
        tables = ((table, _read(Path(folder), table, dict(columns(db, table)), wanted[table])) for table in TABLES)
        take_in(db, tables, last)
    click.echo(IMPORTED.format(file=db_file, items=plural(wanted["items"], "article", "articles")))


_JSON = {"sources": ("territory", "entries"), "item_tags": ("evidence",), "item_territories": ("evidence",)}


def _is_sound(table: str, row: Row) -> bool:
    """Return what the program trusts of a row that it wrote itself: addresses of the web, lists in JSON, no password."""
    if table == "accounts":
        row["hash"] = ""
    if row.get("url") and not str(row["url"]).startswith(("http://", "https://")):
        return False
    try:
        return all(isinstance(json.loads(row[name]), list) for name in _JSON.get(table, ()))
    except (ValueError, TypeError, RecursionError):
        return False


_MADE_OF: dict[str, tuple[type, ...]] = {"integer": (int,), "real": (int, float), "text": (str,)}


def _read(folder: Path, table: str, kinds: dict[str, str], wanted: int) -> Iterator[Row]:
    """Yield the rows of one file; raises UsageError with the line of the first that is not what the table holds."""
    path = folder / f"{table}.jsonl"
    count = 0
    try:
        with path.open(encoding="utf-8") as lines:
            for count, line in enumerate(lines, 1):
                row = json.loads(line)
                if not isinstance(row, dict) or row.keys() != kinds.keys():
                    raise UsageError(EXPORT_BROKEN.format(file=path.name, line=count))
                if any(value is not None and type(value) not in _MADE_OF[kinds[name]] for name, value in row.items()):
                    raise UsageError(EXPORT_BROKEN.format(file=path.name, line=count))
                if not _is_sound(table, row):
                    raise UsageError(EXPORT_BROKEN.format(file=path.name, line=count))
                yield row
    except (OSError, ValueError, RecursionError) as exc:
        raise UsageError(EXPORT_BROKEN.format(file=path.name, line=count + 1)) from exc
    if count != wanted:
        raise UsageError(EXPORT_COUNT.format(file=path.name, found=count, wanted=wanted))

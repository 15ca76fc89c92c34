"""`veille doctor`: everything that a site needs, looked at once; nothing is changed.

Comes in: feeds.yaml, the base, the machine, a few of the sites to read. Goes out: one line a finding, and what to do about it.
Exit codes: 0 nothing is ill (steps may be left to do), 1 something is.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from veille import __version__
from veille.cli.checking import unset_variables
from veille.cli.options import config_option, read_clock, read_config
from veille.clock import PARIS
from veille.errors import ConfigError, FetchError, Postponed, SourceError
from veille.fetch.certificates import unreadable_certificates
from veille.logs import printable
from veille.messages import doctoring as say
from veille.messages.collecting import UNSET_VARIABLE
from veille.messages.common import long_date, plural, size
from veille.messages.machine import why_of
from veille.model import SOURCE_KINDS, Access, Config, Fetched, Source, Validators
from veille.store.keeping.examining import HAS_SAFE_WAL, OURS, VERSION, Examined, Runs, examine, has_full_text_search
from veille.store.keeping.installation import EXAMPLE_CONTACTS
from veille.store.keeping.wellbeing import LATE
from veille.store.partial import COMPANIONS, followed

_ASKED, _TIMEOUT = 3, timedelta(seconds=8)  # sites, and how long each may take
_STUCK = timedelta(hours=6)
_SKEW = timedelta(minutes=5)
_ROOM = 200 << 20  # bytes
_FILES = 3  # times the base: itself, its journal, the copy before an update
_FIRST_YEAR, _LAST_YEAR = 2024, 2100
_REMOTE = ("nfs", "cifs", "smb", "fuse.sshfs", "9p", "afs", "ceph", "glusterfs")
_LIMIT = 5  # warnings of feeds.yaml that are said
_OF_NETWORK = ("timeout", "connection", "proxy", "tls", "bad-variable")


@dataclass(frozen=True, slots=True)
class Finding:
    """What is well, to be done, or ill (`doctoring.LEVELS`); about what (`doctoring.TOPICS`); what to do, "" for nothing."""

    level: str
    topic: str
    said: str
    do: str = ""


def well(topic: str, said: str) -> Finding:
    return Finding("well", topic, said)


def passed(topic: str, said: str) -> Finding:
    return Finding("passed", topic, said)


def todo(topic: str, said: str, do: str) -> Finding:
    return Finding("todo", topic, said, do)


def ill(topic: str, said: str, do: str) -> Finding:
    return Finding("ill", topic, said, do)


@click.command(
    short_help="Regarder si tout est en ordre.",
    help="Regarder si tout est en ordre : configuration, base, fichiers, disque, heure, réseau, collecte, comptes. Rien n’est changé.",
)
@config_option
@click.option("--db", "db_file", default="data/veille.db", show_default=True, metavar="FICHIER", help="La base SQLite.")
@click.option("--offline", is_flag=True, help="Ne rien demander au réseau.")
@click.option("--allow-private-network", is_flag=True, help="Admettre les adresses privées (essais seulement).")
def doctor(config_file: str, db_file: str, *, offline: bool, allow_private_network: bool) -> None:
    now = read_clock()()
    config, found = _configuration(config_file)
    found += _sqlite()
    path = followed(Path(db_file))
    held = examine(path, now)
    began = held.runs.began if held.runs else None
    network, told = _network(config, offline=offline, allow_private=allow_private_network)
    found += [*_base(path, held), *_files(path), *_disk(path), *_time(now, began, told), *network]
    found += [*_runs(held.runs, now, path), *_accounts(held)]
    click.echo(f"veille {__version__}, Python {sys.version.split()[0]}, SQLite {VERSION}\n")
    for one in found:
        click.echo(f"{say.LEVELS[one.level]:>8}  {say.TOPICS[one.topic]:<14} {printable(one.said, 400)}")
        if one.do:
            click.echo(f"{'':>8}  {'':<14} → {printable(one.do, 400)}")
    bad, left = (sum(one.level == level for one in found) for level in ("ill", "todo"))
    counted = [plural(bad, *say.SUMMARY_ILL)] * bool(bad) + [plural(left, *say.SUMMARY_TODO)] * bool(left)
    click.echo("\n" + (f"{', '.join(counted)}." if counted else say.DOCTOR_WELL))
    sys.exit(1 if bad else 0)


# --- what feeds.yaml says -----------------------------------------------------------------------------------------


def _configuration(file: str) -> tuple[Config | None, list[Finding]]:
    try:
        config = read_config(file)
    except ConfigError as exc:
        do = say.CONFIG_DO.format(file=file) if Path(file).exists() else say.CONFIG_MISSING_DO
        others = len(exc.problems) - 1
        return None, [ill("config", exc.problems[0] + (say.AND_OTHERS.format(count=others) if others else ""), do)]
    found = []
    if config.sources:
        found.append(well("config", say.CONFIG_FOUND.format(file=file, sources=plural(len(config.sources), "source", "sources"))))
    else:
        found.append(todo("config", say.CONFIG_EMPTY.format(file=file), say.CONFIG_EMPTY_DO))
    found += [todo("config", warning, say.CONFIG_DO.format(file=file)) for warning in config.warnings[:_LIMIT]]
    found += [ill("config", UNSET_VARIABLE.format(name=name), say.UNSET_DO.format(name=name)) for name in unset_variables(config)]
    if not config.contact:
        found.append(todo("contact", say.CONTACT_MISSING.format(file=file), say.CONTACT_DO))
    elif config.contact.endswith(EXAMPLE_CONTACTS):
        found.append(todo("contact", say.CONTACT_EXAMPLE.format(contact=config.contact), say.CONTACT_DO))
    else:
        found.append(well("contact", say.CONTACT_TOLD.format(contact=config.contact)))
    found.append(
        well("site", say.SITE_TOLD.format(site=config.site))
        if config.site
        else todo("site", say.SITE_MISSING.format(file=file), say.SITE_DO)
    )
    return config, found


def _sqlite() -> list[Finding]:
    if not has_full_text_search():
        return [ill("sqlite", say.SQLITE_NO_FTS.format(version=VERSION), say.SQLITE_NO_FTS_DO)]
    return [well("sqlite", (say.SQLITE_WELL if HAS_SAFE_WAL else say.SQLITE_OLD).format(version=VERSION))]


# --- the base -----------------------------------------------------------------------------------------------------


def _base(path: Path, held: Examined) -> list[Finding]:
    if held.state == "absent":
        return [todo("base", say.BASE_ABSENT.format(file=path), say.BASE_FIRST_DO)]
    if held.state not in OURS:
        said, do = say.BASE_STATES[held.state]
        return [ill("base", said.format(file=path, why=printable(why_of(held.why), 80)), do.format(file=path))]
    said = say.BASE_WELL if held.looked_through else say.BASE_NOT_LOOKED_THROUGH
    found = [well("base", said.format(file=path, items=plural(held.items, "article", "articles")))]
    return [*found, todo("base", say.BASE_OLDER.format(file=path), say.BASE_OLDER_DO)] if held.state == "older" else found


def _runs(runs: Runs | None, now: datetime, path: Path) -> list[Finding]:
    def told(moment: datetime) -> str:
        here = moment.astimezone(PARIS)
        return say.AT.format(day=long_date(here.date()), hour=here.hour, minute=here.minute)

    if runs is None:
        return []
    if runs.began is None:
        return [todo("runs", say.RUN_NONE, say.RUN_NONE_DO)]
    found = []
    if runs.ended is None and now - runs.began > _STUCK:
        found.append(ill("runs", say.RUN_STUCK.format(when=told(runs.began)), say.RUN_STUCK_DO))
    elif runs.last_good is None or now - runs.last_good > LATE:
        found.append(ill("runs", say.RUN_LATE.format(when=told(runs.last_good or runs.began)), say.RUN_LATE_DO))
    else:
        found.append(well("runs", say.RUN_WELL.format(when=told(runs.last_good))))
        if not runs.follow:
            found.append(
                todo(
                    "cron",
                    say.CRON_NONE,
                    say.CRON_DO.format(
                        folder=Path.cwd(),
                        command=Path(sys.argv[0]).name if "veille" in Path(sys.argv[0]).name else "veille",
                        file=path.resolve(),
                    ),
                )
            )
    if runs.ill:
        found.append(todo("runs", plural(runs.ill, *say.SOURCES_ILL).format(all=runs.sources), say.SOURCES_ILL_DO))
    return found


def _accounts(held: Examined) -> list[Finding]:
    if held.state not in OURS:
        return []
    if not held.administrator:
        return [todo("accounts", say.ACCOUNT_NONE, say.ACCOUNT_DO)]
    return [well("accounts", say.ACCOUNT_WELL.format(accounts=plural(held.accounts, "compte ouvert", "comptes ouverts")))]


# --- files and disk -----------------------------------------------------------------------------------------------


def _files(path: Path) -> list[Finding]:
    folder = path.resolve().parent
    there = next(one for one in (folder, *folder.parents) if one.exists())
    found = []
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK) or _read_only(there):
        found.append(ill("files", say.FOLDER_READ_ONLY.format(folder=there), say.FOLDER_DO.format(folder=there)))
    kind = _mounted(there)
    if kind.startswith(_REMOTE):
        found.append(ill("files", say.FOLDER_REMOTE.format(folder=there, kind=kind), say.FOLDER_REMOTE_DO))
    if not path.is_file():
        return found
    if not os.access(path, os.W_OK) or not path.stat().st_mode & 0o200:
        found.append(ill("files", say.FILE_READ_ONLY.format(file=path), say.FILE_DO.format(file=path)))
    secret = path.with_name(path.name + ".secret")
    beside = [one for one in (*(path.with_name(path.name + ending) for ending in COMPANIONS), secret, *_copies(path)) if one.is_file()]
    others = [one for one in beside if one.stat().st_uid != path.stat().st_uid]
    if others:
        names = " ".join(map(str, others))
        found.append(
            ill("files", say.FILES_OF_OTHERS.format(files=names, file=path), say.FILES_OF_OTHERS_DO.format(files=names, file=path))
        )
    opened = [str(one) for one in (path, *beside) if one.stat().st_mode & 0o077]
    if opened:
        names = " ".join(opened)
        found.append(ill("files", say.FILES_OPEN.format(files=names), say.FILES_OPEN_DO.format(files=names)))
    if secret.is_file() and secret.stat().st_size == 0:
        found.append(ill("files", say.FORMS_UNSIGNED.format(file=secret), say.FORMS_UNSIGNED_DO))
    return found or [well("files", say.FILES_WELL.format(folder=folder))]


def _copies(path: Path) -> Iterator[Path]:
    """Copies of the base beside it, and those of the nights."""
    yield from path.parent.glob(f"{path.name}.avant-*")
    yield from path.parent.parent.glob("copies/*.db")


def _read_only(folder: Path) -> bool:
    """Return whether the folder is on a disk that is mounted to be read alone, or forbids writing even to those who may all."""
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY) or not folder.stat().st_mode & 0o222


def _mounted(folder: Path) -> str:
    """Return the kind of file system of a folder, "" where the machine does not tell (`proc_mounts(5)`)."""
    try:
        lines = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    rows = [line.split() for line in lines]
    under = [row for row in rows if len(row) > 2 and (folder == Path(row[1]) or Path(row[1]) in folder.parents)]
    return max(under, key=lambda row: len(row[1]))[2] if under else ""


def _disk(path: Path) -> list[Finding]:
    folder = path.resolve().parent
    there = next(one for one in (folder, *folder.parents) if one.exists())
    free, inodes = shutil.disk_usage(there).free, os.statvfs(there)
    wanted = max(_ROOM, _FILES * (path.stat().st_size if path.is_file() else 0))
    if free < wanted:
        return [ill("disk", say.DISK_FULL.format(free=size(free), folder=there, wanted=size(wanted)), say.DISK_DO)]
    if inodes.f_files and not inodes.f_favail:
        return [ill("disk", say.DISK_NO_INODES.format(folder=there), say.DISK_DO)]
    return [well("disk", say.DISK_WELL.format(free=size(free)))]


# --- the clock ----------------------------------------------------------------------------------------------------


def _time(now: datetime, last: datetime | None, told: datetime | None) -> list[Finding]:
    """`last`: when the last collection began; `told`: what a site said the time was, as this clock told it `now`."""
    found = []
    said = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if not _FIRST_YEAR <= now.year <= _LAST_YEAR:
        found.append(ill("clock", say.CLOCK_ABSURD.format(now=said), say.CLOCK_DO))
    elif last and now < last - _SKEW:
        found.append(ill("clock", say.CLOCK_BEHIND.format(now=said, last=last.strftime("%Y-%m-%d %H:%M UTC")), say.CLOCK_DO))
    if told and abs(told - now) > _SKEW:
        minutes = plural(round(abs(told - now).total_seconds() / 60), "minute", "minutes")
        found.append(ill("clock", say.CLOCK_OFF.format(minutes=minutes), say.CLOCK_DO))
    try:
        ZoneInfo(PARIS.key)
    except ZoneInfoNotFoundError:
        found.append(ill("clock", say.NO_TIMEZONES, say.NO_TIMEZONES_DO))
    return found or [well("clock", say.CLOCK_WELL if told else say.CLOCK_UNTRUSTED)]


# --- the network --------------------------------------------------------------------------------------------------


def _network(config: Config | None, *, offline: bool, allow_private: bool) -> tuple[list[Finding], datetime | None]:
    """Return what is found of the network and of its certificates, and the time that a site told."""
    found = [
        ill("certificates", say.CERTIFICATES_FILE.format(name=name, file=value), say.CERTIFICATES_FILE_DO.format(name=name))
        for name, value in unreadable_certificates()
    ]
    asked = _some_sources(config)
    if offline or not asked:
        return [*found, passed("network", say.NETWORK_SKIPPED if offline else say.NETWORK_NONE)], None
    assert config
    try:
        answers = asyncio.run(_ask(config, asked, allow_private=allow_private))
    except OSError as exc:  # the certificates themselves cannot be read
        return found or [ill("certificates", say.CERTIFICATES_REFUSED.format(why=exc), say.CERTIFICATES_DO)], None
    failures = [(source, one) for source, one in answers if isinstance(one, SourceError) and one.failure in _OF_NETWORK]
    reached = [one for _, one in answers if not (isinstance(one, SourceError) and one.failure in (*_OF_NETWORK, "blocked-address"))]
    if not reached:
        return [*found, _nobody(failures, config)], None
    dates = [_told(one.stated_at) for one in reached if isinstance(one, Fetched)]
    through = say.NETWORK_THROUGH.format(proxy=_proxy_name(config)) if config.proxy.url else ""
    found.append(well("network", plural(len(reached), *say.NETWORK_WELL).format(all=len(answers), through=through)))
    if any(source.url.startswith("https:") for source, one in answers if one in reached):
        found.append(well("certificates", say.CERTIFICATES_WELL))
    return found, next((one for one in dates if one), None)


def _some_sources(config: Config | None) -> list[Source]:
    """A few sources of as many sites."""
    found: dict[str, Source] = {}
    for source in config.sources if config else ():
        host = urlsplit(source.url).hostname or ""
        if source.enabled and host and source.kind in SOURCE_KINDS:
            found.setdefault(host, source)
    return list(found.values())[:_ASKED]


async def _ask(config: Config, asked: list[Source], *, allow_private: bool) -> list[tuple[Source, Fetched | SourceError]]:
    from veille.fetch import Fetcher, Limits

    fetcher = Fetcher(
        contact=config.contact, site=config.site, clock=read_clock(), access=Access(proxy=config.proxy), allow_private=allow_private,
        limits=Limits(spacing=0.0),
    )  # fmt: skip

    async def one(source: Source) -> Fetched | SourceError:
        try:
            answer = await fetcher.fetch(source.url, Validators(), _TIMEOUT, source.access)
        except (FetchError, Postponed) as exc:
            return exc
        assert isinstance(answer, Fetched)  # no validators were sent
        return fetcher.release(answer)

    async with fetcher:
        answers = await asyncio.gather(*(one(source) for source in asked))
    return list(zip(asked, answers, strict=True))


def _nobody(failures: list[tuple[Source, SourceError]], config: Config) -> Finding:
    """No site could be reached: by whose fault."""
    if not failures:
        return passed("network", say.NETWORK_PRIVATE)
    if all(one.failure == "bad-variable" for _, one in failures):
        return passed("network", say.NETWORK_WAITS)  # for what the configuration says
    source, first = failures[0]
    if any(one.failure == "tls" for _, one in failures):
        why = next(one.reason for _, one in failures if one.failure == "tls")
        return ill("certificates", say.CERTIFICATES_REFUSED.format(why=why), say.CERTIFICATES_DO)
    if config.proxy.url or source.access.proxy.url:
        return ill("network", say.PROXY_DOWN.format(proxy=_proxy_name(config), why=first.reason), say.PROXY_DO)
    return ill("network", say.NETWORK_DOWN.format(why=first.reason), say.NETWORK_DO.format(url=source.url[:120]))


def _proxy_name(config: Config) -> str:
    """Return where the proxy is, without the name and the password that an address may hold."""
    place = urlsplit(config.proxy.url)
    return f"{place.hostname}:{place.port}" if place.hostname and place.port else place.hostname or config.proxy.url


def _told(header: str) -> datetime | None:
    """Return the moment of a Date header, None for what is none."""
    try:
        told = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)

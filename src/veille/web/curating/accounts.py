"""/tri/comptes: who may decide. For administrators; a password is given once and never shown."""

import asyncio
from dataclasses import dataclass

from datasette import Response

from veille.errors import UsageError
from veille.messages.curating import ACCOUNT_CLOSED, ACCOUNT_CREATED, ACCOUNT_PASSWORD, ACCOUNT_REOPENED, ACCOUNT_ROLE, ROLE_NAMES
from veille.store.connection import Connection
from veille.store.curating.accounts import ROLES, Account, accounts, change, create, hash_given
from veille.store.curating.edits import note_edit
from veille.web.curating.forms import DeskContext, Form, Said, answer, now_of, page
from veille.web.site.answering import ask
from veille.web.site.errors import PageError
from veille.web.site.http import Actor, CuratorRequest, Datasette
from veille.web.site.session import curating
from veille.web.site.state import deciding, site_of


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsPage(DeskContext):
    """/tri/comptes"""

    template = "curating/comptes.html"
    rows: list[Account]
    roles: dict[str, str]


@curating("admin", "GET", "POST")
async def comptes(datasette: Datasette, request: CuratorRequest) -> Response:
    """/tri/comptes: GET lists, POST adds an account, changes a role or a password, closes or opens."""
    if request.method != "POST":
        return await page(datasette, request, AccountsPage(rows=await ask(datasette, accounts), roles=ROLE_NAMES))
    form = await Form.of(request)
    try:
        said = Said(await _change(datasette, request.actor, form))
    except UsageError as exc:
        said = Said(f"{str(exc)[0].upper()}{str(exc)[1:].rstrip('.')}.", wrong=True)
    return answer(datasette, request, form, said, "/tri/comptes")


async def _change(datasette: Datasette, actor: Actor, form: Form) -> str:
    wanted, name, role = form.get("change"), form.get("nom").strip().lower(), form.get("role")
    account, at, now = actor["account"], now_of(datasette), site_of(datasette).clock()
    hashed = ""
    if wanted in ("account", "password"):  # a tenth of a second: outside of the transaction, and of the event loop
        hashed = await asyncio.to_thread(hash_given, form.get("mot-de-passe"), name)
    sentences = {
        "account": ACCOUNT_CREATED.format(name=name),
        "password": ACCOUNT_PASSWORD.format(name=name),
        "role": ACCOUNT_ROLE.format(name=name),
        "disable": ACCOUNT_CLOSED.format(name=name),
        "enable": ACCOUNT_REOPENED.format(name=name),
    }
    if wanted not in sentences or (wanted in ("account", "role") and role not in ROLES):
        raise PageError(400)

    def write(connection: Connection) -> None:
        if wanted == "account":
            create(connection, name, hashed, role, now)
        else:
            column, value = {
                "password": ("hash", hashed), "role": ("role", role), "disable": ("disabled_at", at), "enable": ("disabled_at", None),
            }[wanted]  # fmt: skip
            change(connection, name, column, value)
        note_edit(connection, account_id=account, subject=f"compte {name}", action=wanted, at=at)

    await deciding(datasette, write)
    return sentences[wanted]

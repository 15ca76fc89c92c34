"""What Datasette hands to a page, as far as ours use it: it has no types of its own.

`HttpRequest` is datasette.utils.asgi.Request, `Datasette` is datasette.app.Datasette, `Database` one of its databases.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from typing import Any, Protocol, TypedDict, TypeVar

from datasette import Response
from jinja2 import Environment

from veille.store.connection import Connection

T = TypeVar("T")
Message = MutableMapping[str, Any]  # of ASGI (asgi.readthedocs.io), as are the three below
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Actor(TypedDict):
    """Who is signed in."""

    id: str
    name: str
    account: int
    role: str
    keys: bool


class Arguments(Protocol):
    """The parameters of an address."""

    def get(self, name: str, default: str | None = None) -> str | None: ...
    def getlist(self, name: str) -> list[str]: ...
    def __iter__(self) -> Iterator[str]: ...


class HttpRequest(Protocol):
    """A request of anybody."""

    method: str
    path: str
    full_path: str
    query_string: str
    host: str
    scheme: str
    args: Arguments
    url_vars: Mapping[str, str]
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    scope: Scope

    @property
    def actor(self) -> Actor | None: ...
    async def post_body(self) -> bytes: ...
    async def post_vars(self) -> Mapping[str, str]: ...


class CuratorRequest(HttpRequest, Protocol):
    """A request of somebody who is signed in, as `session.curating` lets through."""

    @property
    def actor(self) -> Actor: ...


class Database(Protocol):
    """One of Datasette's databases."""

    name: str
    path: str | None
    is_memory: bool

    async def execute_fn(self, read: Callable[[Connection], T]) -> T: ...
    async def execute_write_fn(self, write: Callable[[Connection], T]) -> T: ...
    def connect(self) -> Connection: ...


class Urls(Protocol):
    """Addresses with the prefix of the site."""

    def path(self, path: str) -> str: ...
    def table(self, database: str, table: str) -> str: ...
    def static_plugins(self, plugin: str, path: str) -> str: ...


class Client(Protocol):
    """Requests to Datasette from within."""

    async def get(self, path: str) -> Any: ...


class Datasette(Protocol):
    """The application."""

    databases: Mapping[str, Database]
    urls: Urls
    client: Client
    jinja_env: Environment

    def get_database(self, name: str) -> Database: ...
    def absolute_url(self, request: HttpRequest, path: str) -> str: ...
    def setting(self, name: str) -> str: ...
    def sign(self, value: str, namespace: str) -> str: ...
    async def render_template(self, template: str, context: Mapping[str, object], request: HttpRequest | None = None) -> str: ...


Handler = Callable[[Datasette, HttpRequest], Awaitable[Response]]
CuratorHandler = Callable[[Datasette, CuratorRequest], Awaitable[Response]]

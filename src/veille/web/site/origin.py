"""Where the site is, for the addresses and identifiers that leave it.

What a client says of the host is believed only where feeds.yaml does not say it (`site:`, which `veille serve` and the collector keep in
the file). No identifier rests on it then: a reader who came by another name would read everything again.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from veille.store.connection import Connection
from veille.store.settings import setting
from veille.web.site.http import Datasette, HttpRequest
from veille.web.site.state import absolute, reading


@dataclass(frozen=True, slots=True)
class Origin:
    """`root`: the absolute address of the first page, ending in a slash; `known` where `site:` says it; `file`: what the file is called."""

    root: str
    known: bool
    file: str

    def identifier(self, path: str) -> str:
        """Return what something of this site is called for ever: its address; where nobody said what our address is, a name that is none.

        The form of RFC 4151, under a domain that is nobody's (RFC 2606).
        """
        return f"{self.root}{path}" if self.known or not self.file else f"tag:veille.invalid,2017-10-06:{self.file}/{path}"

    @property
    def authority(self) -> str:
        """Who gives identifiers that are no addresses (RFC 7986 §5.3)."""
        return self.file if self.file and not self.known else urlsplit(self.root).hostname or "veille"


async def origin_of(datasette: Datasette, request: HttpRequest) -> Origin:
    """Return where the site is, as the file tells it, else as the request does."""
    told, file = await reading(datasette, _told)
    return Origin(absolute(datasette, request, told, datasette.urls.path("/")), bool(told), file)


def _told(connection: Connection) -> tuple[str, str]:
    return setting(connection, "site"), setting(connection, "file_id")

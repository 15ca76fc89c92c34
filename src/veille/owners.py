"""Whose is an address? A source owns what lies on the registered domain of its own address, or of its `home:`.

Comes in: addresses. Goes out: ranks. Forbidden: the channel's own `<link>`, which a hostile feed writes as it likes.

Registered domains are those of the Public Suffix List, its private section included, in the copy that `tld` ships. Platforms where many
publish under one name own nothing without a `home:`, and then what lies under its path alone.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from veille.judge.identity.verdicts import Rank
from veille.normalize.addresses import canonical

# Hosts where many publish side by side, told apart by the path; and where feeds of others are served from.
_PLATFORMS = frozenset(
    "youtube.com youtu.be vimeo.com dailymotion.com twitter.com x.com facebook.com instagram.com linkedin.com threads.net "
    "bsky.app tiktok.com medium.com pinterest.com flickr.com soundcloud.com spotify.com acast.com ausha.co podcastics.com "
    "anchor.fm podbean.com audiomeans.fr mastodon.social mastodon.online mastodon.xyz mastodon.top piaille.fr mamot.fr "
    "framapiaf.org mstdn.fr social.numerique.gouv.fr github.com gitlab.com codeberg.org framagit.org sourceforge.net google.com "
    "reddit.com scoop.it paper.li diigo.com pearltrees.com calameo.com issuu.com slideshare.net scribd.com openagenda.com "
    "eventbrite.fr helloasso.com data.gouv.fr arcgis.com canva.com feedburner.com feedburner.google.com rss.app rssbridge.org "
    "rss-bridge.org politepol.com politepaul.com fetchrss.com feed43.com morss.it openrss.org rsshub.app kill-the-newsletter.com "
    "notifier.in follow.it feedspot.com createfeed.fivefilters.org mailchi.mp campaign-archive.com sendinblue.com brevo.com "
    "sibforms.com".split()
)
# Hosts where many publish, each on a name of its own that the Public Suffix List does not count (13 November 2026).
_BY_NAME = frozenset(
    "over-blog.com over-blog.fr over-blog.net canalblog.com eklablog.com eklablog.fr hautetfort.com blogspirit.com unblog.fr "
    "blog4ever.com wordpress.com hypotheses.org substack.com tumblr.com typepad.com typepad.fr ghost.io jimdo.com jimdofree.com "
    "e-monsite.com weebly.com wixsite.com site123.me strikingly.com webnode.fr webnode.com yolasite.com livejournal.com "
    "skyrock.com centerblog.net free.fr orange.fr wanadoo.fr sfr.fr laposte.net gogocarto.fr framasite.org frama.site frama.wiki".split()
)
_ACCOUNT = re.compile(r"/(?:@|users/[^/]+\.(?:rss|atom)\Z|feeds/videos\.)")  # Mastodon, PeerTube and their kin, on any host


@dataclass(frozen=True, slots=True)
class OwnedPath:
    """What a source owns: the registered domain of a host, or on a platform what lies under one path."""

    host: str
    paths: tuple[str, ...]  # ending in a slash, the longest first
    narrow: bool

    @property
    def is_registered(self) -> bool:
        """Whether it is a domain at all, and not a bare number or a name of this network alone."""
        return "." in self.host and not self.host.rpartition(".")[2].partition(":")[0].isdigit()

    def rank(self, url: str) -> Rank | None:
        """Return how nearly an address is this place's own; None where it is not."""
        host, path = _host_and_path(url)
        # The list is read only where two hosts may be of one domain: its last two labels are then the same.
        if host != self.host and (self.narrow or _ending(host) != _ending(self.host) or domain_of(host) != domain_of(self.host)):
            return None
        under = max((len(one) for one in self.paths if f"{path}/".startswith(one)), default=0)
        return None if self.narrow and not under else (host == self.host, under)


def place_of(url: str, *, home: bool = False) -> OwnedPath | None:
    """Return what the source at an address owns; `home`: an operator says that the site at this address is the source's."""
    host, path = _host_and_path(url)
    if not host:
        return None
    labels = host.split(".")
    platform = any(".".join(labels[cut:]) in _PLATFORMS for cut in range(len(labels) - 1)) or bool(_ACCOUNT.match(path))
    if platform and not home:
        return None
    folder = path.rpartition("/")[0] + "/"
    whole = path if path.endswith("/") else f"{path}/"
    return OwnedPath(host, (whole,) if platform else tuple(dict.fromkeys((whole, folder))), narrow=platform)


def rank_among(places: list[OwnedPath], url: str) -> Rank | None:
    """Return the nearest that an address is to any of these; None where it is nobody's."""
    return max(filter(None, (place.rank(url) for place in places)), default=None)


@lru_cache(4_096)
def domain_of(host: str) -> str:
    """Return the registered domain of a host: what somebody bought, or was given, under a public suffix; a host without one is its own."""
    labels = host.split(".")
    if len(labels) < 2 or ":" in host or labels[-1].isdigit():
        return host
    for cut in range(len(labels) - 1):
        if ".".join(labels[cut + 1 :]) in _BY_NAME:
            return ".".join(labels[cut:])
    from tld import get_fld

    found = get_fld(f"https://{host}", fail_silently=True, search_private=True)
    return str(found) if found else ".".join(labels[-2:])  # the list's own rule for what it does not know


def _host_and_path(url: str) -> tuple[str, str]:
    """Return the host (with its port where it is an odd one, or no name) and the path of an address; two empty strings for what is none."""
    try:
        parts = urlsplit(canonical(url))
    except ValueError:
        return "", ""
    host, port = parts.hostname or "", parts.port
    odd = port is not None and ("." not in host or host.rpartition(".")[2].isdigit())
    return (f"{host}:{port}" if odd else host), parts.path or "/"


def _ending(host: str) -> str:
    """Return the last two labels of a host: where they differ, so do the registered domains, and no list need be read."""
    return host.rsplit(".", 2)[-2] + "." + host.rsplit(".", 1)[-1] if host.count(".") else host

"""What robots.txt allows (RFC 9309).

Comes in: the text of robots.txt. Goes out: `RobotsRules`. Forbidden: asking for it (see `client`).
"""

AGENT = "veille"
LONGEST = 500 << 10  # what RFC 9309 §2.5 asks a robot to read at least


class RobotsRules:
    """The rules of one site for our name; an empty text allows all. Its patterns are matched in linear time (protego ≥ 0.7)."""

    def __init__(self, text: str) -> None:
        self.text = text[:LONGEST]
        self._rules = None
        if self.text.strip():
            from protego import Protego

            self._rules = Protego.parse(self.text)

    def allows(self, url: str) -> bool:
        """Return whether an address may be asked."""
        return self._rules is None or bool(self._rules.can_fetch(url, AGENT))

    @property
    def delay(self) -> float:
        """Seconds between two requests that the site asks for; 0 when it asks for nothing."""
        delay = self._rules.crawl_delay(AGENT) if self._rules else None
        return max(0.0, float(delay)) if delay is not None and delay == delay else 0.0  # noqa: PLR0124 - NaN

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """The sitemaps that the site announces."""
        return tuple(str(one) for one in self._rules.sitemaps)[:20] if self._rules else ()

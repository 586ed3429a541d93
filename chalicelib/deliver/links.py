"""The links of one mail: which pages it may lead to, and the signed way there.

The mail holds tokens, never a page's address; the addresses stay with the
message, so a redirect cannot be made to lead elsewhere. A page that is not on
one of the store's hosts becomes the store's home page. What of it is a
person's own goes by their pixel mode (`profile/tracking.py`): where it is not
`individual`, links lead straight to the page. The way out and the like are
theirs in every mode.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from chalicelib import ids
from chalicelib.deliver import reading
from chalicelib.ids import Purpose, Token
from chalicelib.profile.tracking import CAMPAIGN, INDIVIDUAL, NONE

LINK_LIMIT = 250  # a token counts links in one byte; SES too follows at most 250
URL_LIMIT = 1_000  # 250 of them and the rest of a message still fit one item


class Links:
    """Makes the links of one message; `targets[n]` is where link n leads."""

    def __init__(
        self,
        profile_id: str,
        message_id: str,
        definition: str,
        store: Mapping[str, Any],
        *,
        keys: Mapping[int, bytes],
        public_url: str,
        mode: str,
    ) -> None:
        self.targets: list[str] = []
        self.mode = mode
        self._store = store
        self._campaign = definition
        self._keys = keys
        self._public_url = public_url
        self._of = (profile_id, message_id)

    def make(self, url: str) -> str:
        """A click link to `url`; the same page in the same mail has one number."""
        target = add_campaign(to_store_page(url, self._store), self._campaign)
        if self.mode != INDIVIDUAL:
            return target
        if target not in self.targets:
            if len(self.targets) >= LINK_LIMIT:
                return target
            self.targets.append(target)
        return f"{self._public_url}/c/{self._sign(Purpose.CLICK, self.targets.index(target))}"

    @property
    def unsubscribe(self) -> str:
        return f"{self._public_url}/u/{self._sign(Purpose.UNSUBSCRIBE)}"

    @property
    def preferences(self) -> str:
        return f"{self._public_url}/p/{self._sign(Purpose.PREFERENCES)}"

    @property
    def survey(self) -> str:
        return f"{self._public_url}/survey/{self._sign(Purpose.SURVEY)}"

    @property
    def confirm(self) -> str:
        return f"{self._public_url}/confirm/{self._sign(Purpose.CONFIRM)}"

    @property
    def pixel(self) -> str:
        """The open pixel's address as the mode has it: the person's own, the one all share, or empty."""
        if self.mode == NONE:
            return ""
        if self.mode == CAMPAIGN:
            shared = ids.definition_key(self._campaign)
            return self._image(ids.sign_token(Token(Purpose.COUNT, shared, shared), self._keys))
        return self._image(self._sign(Purpose.OPEN))

    @property
    def marks(self) -> list[str]:
        """Addresses of the marks of reading time; none unless the pixel is the person's own."""
        if self.mode != INDIVIDUAL:
            return []
        return [self._image(self._sign(Purpose.READ, number)) for number in range(len(reading.AFTER))]

    def _image(self, token: str) -> str:
        return f"{self._public_url}/o/{token}.gif"

    def _sign(self, purpose: Purpose, link: int = 0) -> str:
        return ids.sign_token(Token(purpose, *self._of, link), self._keys)


def to_store_page(url: str, store: Mapping[str, Any]) -> str:
    """`url` when it is a page on one of the store's hosts, else the store's home page."""
    parts = _split(url)
    if parts and parts.scheme in ("http", "https") and parts.hostname in store["hosts"] and "@" not in parts.netloc:
        return urlunsplit(parts)
    return str(store["url"])


def _split(url: str) -> SplitResult | None:
    """The parts of a URL that every reader takes the same way; None for those that browsers repair."""
    if len(url) > URL_LIMIT or "\\" in url or any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def add_campaign(url: str, campaign: str) -> str:
    """`url` with the parameters that web analytics read, unless it has some of its own."""
    parts = urlsplit(url)
    if any(name.startswith("utm_") for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        return url
    added = urlencode({"utm_source": "dripline", "utm_medium": "email", "utm_campaign": campaign}, safe=":")
    query = f"{parts.query}&{added}" if parts.query else added
    return urlunsplit(parts._replace(path=parts.path or "/", query=query))

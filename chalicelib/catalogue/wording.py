"""Words of a storefront's product → text of ours: one line, or a description without its markup.

Refuses to keep markup of a description: `<p>Useful</p>` becomes `Useful`, and
what scripts and styles hold is dropped. A title is kept as it was written;
whoever shows it escapes it.
"""

import re
from html.parser import HTMLParser

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+")
_SILENT = ("script", "style", "template", "noscript")
DESCRIPTION_LIMIT = 500


def line(text: str, limit: int) -> str:
    """One line without control, direction or half characters, cut to `limit`."""
    whole = text[: limit * 4].encode("utf-8", "ignore").decode("utf-8")
    return _UNSEEN.sub(" ", whole).strip()[:limit].strip()


def prose(html: str, limit: int = DESCRIPTION_LIMIT) -> str:
    """The words of a piece of HTML, in one line, cut to `limit` at a word."""
    reader = _Words()
    reader.feed(html[:20_000])
    reader.close()
    words = line(" ".join("".join(reader.words).split()), limit * 4).replace("<", "‹").replace(">", "›")
    if len(words) <= limit:
        return words
    return words[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in _SILENT))
        self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)

"""A very small browser: one kept connection, links and forms of a page; what simulated people use.

Follows no redirect (they lead to the store, which does not exist) and runs no script.
"""

import http.client
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit


@dataclass
class Form:
    """A form as a page offers it: what is filled in already, and the values a choice can take."""

    action: str = ""
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)

    def name_like(self, *parts: str) -> str:
        """The first field whose name holds one of `parts`; '' for none."""
        return next((name for part in parts for name in [*self.fields, *self.choices] if part in name.lower()), "")


@dataclass(frozen=True)
class Page:
    status: int
    text: str
    location: str = ""

    def forms(self) -> list[Form]:
        reader = _Reader()
        reader.feed(self.text)
        return reader.forms

    def links(self) -> list[str]:
        reader = _Reader()
        reader.feed(self.text)
        return reader.links

    def images(self) -> list[str]:
        reader = _Reader()
        reader.feed(self.text)
        return reader.images


class Browser:
    """Talks to one origin; `agent` is its User-Agent."""

    def __init__(self, origin: str) -> None:
        self._parts = urlsplit(origin)
        self._connection = http.client.HTTPConnection(self._parts.netloc, timeout=30)
        self.requests = 0

    def close(self) -> None:
        self._connection.close()

    def ask(
        self, method: str, url: str, *, agent: str = "", body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Page:
        """One request to a path, or to an absolute address of this origin."""
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        sent = {"User-Agent": agent, "Accept": "*/*"} if agent else {"Accept": "*/*"}
        self.requests += 1
        self._connection.request(method, target, body=body or None, headers=sent | (headers or {}))
        answer = self._connection.getresponse()
        raw = answer.read()
        return Page(answer.status, raw.decode("utf-8", "replace"), answer.headers.get("Location", ""))

    def beacon(self, body: bytes, *, agent: str) -> Page:
        """What a page's script sends to the API as a page is left."""
        return self.ask("POST", "/api/v1/batch", body=body, headers={"Content-Type": "text/plain"}, agent=agent)

    def submit(self, form: Form, url: str, values: dict[str, str], *, agent: str) -> Page:
        """Post a form with what is in it already and `values`."""
        filled = {name: value for name, value in (form.fields | values).items() if value}
        return self.ask(
            "POST",
            form.action or url,
            agent=agent,
            body=urlencode(filled).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.images: list[str] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "img" and "src" in given:
            self.images.append(given["src"])
        elif tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif self.forms and tag in ("input", "textarea", "button") and given.get("name"):
            self._take_field(given)
        elif self.forms and tag == "select":
            self._select = given.get("name", "")
        elif self.forms and tag == "option" and self._select:
            self.forms[-1].choices.setdefault(self._select, []).append(given.get("value", ""))

    def _take_field(self, given: dict[str, str]) -> None:
        name, kind = given["name"], given.get("type", "text")
        if kind in ("radio", "checkbox"):
            self.forms[-1].choices.setdefault(name, []).append(given.get("value", "on"))
        else:
            self.forms[-1].fields[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""

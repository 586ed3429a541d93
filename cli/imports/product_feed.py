"""A Google Merchant Center feed (RSS 2.0 or Atom, `g:` names) → news of products, read as a stream.

Written on expat itself: no document type, no entities of the file's own and
nothing fetched, so a file can neither grow in memory nor reach out. Refuses
the whole file for any of these; a file that is not well-formed raises BadInput
after the products before the fault were read.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.parsers import expat

from chalicelib import clock
from chalicelib.catalogue.product import ProductChange
from chalicelib.collect import fields
from chalicelib.errors import BadInput
from cli.imports import cells
from cli.imports.products import SOURCE, News, RefusedProduct

CHUNK = 1 << 16
FIELD_LIMIT = 20_000
DEPTH_LIMIT = 50
NAMESPACES = ("http://base.google.com/ns/1.0", "http://www.w3.org/2005/Atom", "")
Entry = dict[str, str]


class Feed:
    """Iterate for (line, field → text) of each item or entry; `position` is how far it was read, in bytes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.size = path.stat().st_size
        self.position = 0

    def __iter__(self) -> Iterator[tuple[int, Entry]]:
        reader = _Reader()
        with self._path.open("rb") as file:
            try:
                while chunk := file.read(CHUNK):
                    reader.parser.Parse(chunk, False)
                    self.position += len(chunk)
                    yield from reader.take()
                reader.parser.Parse(b"", True)
            except expat.ExpatError as fault:
                yield from reader.take()
                reason = expat.ErrorString(fault.code)
                raise BadInput(f"{self._path.name}, line {fault.lineno}: not well-formed XML: {reason}") from None
        yield from reader.take()
        if not reader.is_feed:
            raise BadInput(f"{self._path.name} is XML, but neither an RSS nor an Atom feed")


class _Reader:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.ExternalEntityRefHandler = self._refuse
        self.is_feed = False
        self._depth = 0
        self._item_depth = 0
        self._line = 0
        self._name = ""
        self._words: list[str] = []
        self._length = 0
        self._entry: Entry = {}
        self._done: list[tuple[int, Entry]] = []

    def take(self) -> list[tuple[int, Entry]]:
        done, self._done = self._done, []
        return done

    def _refuse(self, *declared: Any) -> int:
        raise BadInput("the feed declares a document type or entities; a product feed needs none, so it is not read")

    def _start(self, full_name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            raise BadInput("the feed nests deeper than a product feed does")
        namespace, _, name = full_name.rpartition(" ")
        if self._depth == 1:
            self.is_feed = name in ("rss", "feed")
        if not self._item_depth and name in ("item", "entry"):
            self._item_depth, self._line, self._entry = self._depth, self.parser.CurrentLineNumber, {}
        elif self._item_depth and self._depth == self._item_depth + 1:
            self._name = name if namespace in NAMESPACES else ""
            self._words, self._length = [], 0
            if name == "link" and attributes.get("href") and attributes.get("rel", "alternate") == "alternate":
                self._entry.setdefault("link", attributes["href"])

    def _text(self, text: str) -> None:
        if self._item_depth and self._name and self._length < FIELD_LIMIT:
            self._words.append(text[: FIELD_LIMIT - self._length])
            self._length += len(text)

    def _end(self, full_name: str) -> None:
        if self._item_depth and self._depth == self._item_depth + 1:
            words = "".join(self._words).strip()
            if self._name and words:
                self._entry.setdefault(self._name, words)
            self._name = ""
        elif self._depth == self._item_depth:
            self._done.append((self._line, self._entry))
            self._item_depth = 0
        self._depth -= 1


def read(entries: Iterator[tuple[int, Entry]], *, told_at: datetime, currency: str, now: datetime) -> Iterator[News]:
    """One change an item of the feed."""
    for line, entry in entries:
        product_id = fields.identifier(entry.get("id"))
        try:
            if not product_id:
                raise BadInput("no product id")
            yield _change(product_id, entry, told_at, currency, now)
        except BadInput as fault:
            yield RefusedProduct(line, str(fault), product_id=product_id)


def _change(product_id: str, entry: Entry, told_at: datetime, currency: str, now: datetime) -> ProductChange:
    told: dict[str, Any] = {"deleted": False, "target_gender": entry.get("gender", ""), "compare_at": None}
    told["target_age"] = entry.get("age_group", "")
    told["category"] = entry.get("product_type") or entry.get("google_product_category", "")
    for name, theirs in {"title": "title", "url": "link", "image": "image_link", "brand": "brand"}.items():
        told[name] = entry.get(theirs, "")
    told["description"] = entry.get("description") or entry.get("summary", "")
    price, reduced = _amount(entry.get("price"), currency), _amount(entry.get("sale_price"), currency)
    told["price"] = price
    if reduced is not None and _is_on(entry.get("sale_price_effective_date", ""), now):
        told |= {"price": reduced, "compare_at": price}
    if entry.get("cost_of_goods_sold"):
        told["cost"] = _amount(entry["cost_of_goods_sold"], currency)
    return ProductChange(product_id, told_at, SOURCE, told, _stock(entry))


def _amount(text: str | None, currency: str) -> Any:
    """`80.00 USD`, as the feed's rules ask; the currency may come first or be left out."""
    if not text:
        return None
    words = text.replace(",", "").split() if text.count(",") and "." in text else text.split()
    named = [word for word in words if word.isalpha()]
    numbers = [word for word in words if not word.isalpha()]
    if len(numbers) != 1 or len(named) > 1 or set(numbers[0]) - set("-.0123456789"):
        raise BadInput("not an amount such as 80.00 USD")
    return cells.amount(numbers[0], named[0] if named else currency)


def _is_on(interval: str, now: datetime) -> bool:
    if not interval:
        return True
    begin, _, end = interval.partition("/")
    return clock.parse(begin.strip()) <= now < clock.parse(end.strip())


def _stock(entry: Entry) -> dict[str, int | None] | None:
    said = entry.get("quantity") or entry.get("sell_on_google_quantity") or entry.get("inventory", "")
    if said:
        if not said.isascii() or not said.isdigit():
            raise BadInput("a stock must be a whole number")
        return {"": int(said)}
    availability = entry.get("availability", "").lower().replace(" ", "_")
    if availability == "out_of_stock":
        return {"": 0}
    return {"": None} if availability in ("in_stock", "preorder", "backorder") else None

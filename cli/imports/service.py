"""Rows of a service desk's list → enquiries, complaints, returns with their reason, and reviews. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from chalicelib.collect import fields
from chalicelib.errors import BadInput
from chalicelib.events import ComplaintOpened, Event, InquiryOpened, ProductReturned, ProductReviewed
from cli.imports import cells, persons
from cli.imports.origin import Origin
from cli.imports.sheet import Refusal, Row

COLUMNS = {
    **persons.COLUMNS,
    "kind": ("type", "signal"),
    "id": ("ticket", "ticket id", "case", "reference"),
    "at": ("date", "created at", "opened at", "time"),
    "subject": ("title", "topic"),
    "product_id": ("product", "sku"),
    "order_id": ("order", "order number"),
    "quantity": ("qty",),
    "reason": ("return reason",),
    "rating": ("stars", "score"),
    "words": ("text", "review", "comment"),
    "category": ("product category",),
}
NEEDED = (persons.NEEDED, ("kind",), ("at",))


def read(rows: Iterable[Row | Refusal], origin: Origin) -> Iterator[list[Event] | Refusal]:
    """One fact a row, of the kind it names."""
    for row in rows:
        if isinstance(row, Refusal):
            yield row
            continue
        remarks: list[str] = []
        try:
            kind = _KINDS.get(row.get("kind").lower().replace(" ", "_"))
            if kind is None:
                raise BadInput("a kind must be enquiry, complaint, return or review")
            who = persons.who_of(row, origin, remarks)
            about = {
                "product_id": cells.identifier(row.get("product_id")),
                "order_id": origin.name(row.get("order_id")),
                "category": fields.text(row.get("category"), 80),
                "subject": fields.text(row.get("subject"), 200),
            }
            given_id = cells.identifier(row.get("id"))
            parts = (*about.values(), row.get("reason"), row.get("rating"))
            common = persons.common(row, kind.__name__.strip("_"), given_id, who, origin, *parts)
            fact = kind(row, about, given_id, common)
        except BadInput as fault:
            yield row.refuse(str(fault))
            continue
        yield from persons.taken(row, [fact], remarks)


def _inquiry(row: Row, about: Mapping[str, str], given_id: str, common: dict[str, Any]) -> Event:
    return InquiryOpened(**common, inquiry_id=given_id, **_only(about, "subject", "product_id", "order_id"))


def _complaint(row: Row, about: Mapping[str, str], given_id: str, common: dict[str, Any]) -> Event:
    return ComplaintOpened(**common, complaint_id=given_id, **_only(about, "subject", "product_id", "order_id"))


def _return(row: Row, about: Mapping[str, str], given_id: str, common: dict[str, Any]) -> Event:
    return ProductReturned(
        **common,
        **_only(_with_product(about), "product_id", "order_id", "category"),
        quantity=cells.quantity(row.get("quantity")),
        reason=fields.text(row.get("reason"), 200),
    )


def _review(row: Row, about: Mapping[str, str], given_id: str, common: dict[str, Any]) -> Event:
    return ProductReviewed(
        **common,
        **_only(_with_product(about), "product_id", "category"),
        rating=cells.rating(row.get("rating")),
        words=fields.text(row.get("words"), 500),
    )


def _with_product(about: Mapping[str, str]) -> Mapping[str, str]:
    if not about["product_id"]:
        raise BadInput("no product")
    return about


def _only(about: Mapping[str, str], *names: str) -> dict[str, Any]:
    return {name: about[name] for name in names}


_KINDS: dict[str, Callable[[Row, Mapping[str, str], str, dict[str, Any]], Event]] = {
    "enquiry": _inquiry,
    "inquiry": _inquiry,
    "question": _inquiry,
    "complaint": _complaint,
    "return": _return,
    "review": _review,
}

import pytest

from chalicelib import clock, events, ids
from chalicelib.errors import BadEvent
from chalicelib.money import Money

AT = clock.parse("2026-11-23T08:00:00Z")
ORDER = events.OrderCompleted(
    id="e1",
    occurred_at=AT,
    received_at=AT,
    source="shopify",
    who={"email": "a@shopper.example", "customer": "shopify:820982911946154508"},
    order_id="shopify:820982911946154508",
    total=Money(3699, "CAD"),
    updated_at=AT,
    lines=(events.Line("p1", "Jersey – Used", 1, Money(199, "CAD")),),
)


def test_an_order_round_trips():
    assert events.parse(events.serialise(ORDER)) == ORDER


def test_the_strongest_identifier_names_the_partition():
    assert ORDER.partition == ids.identity_key("email", "a@shopper.example")
    assert len(ORDER.identities) == 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "Order Eaten"}, "unknown event"),
        ({"total": [1.5, "CAD"]}, r"Order Completed\.total: expected int"),
        ({"total": "36.99"}, r"Order Completed\.total"),
        ({"updated_at": "2026-11-23"}, r"Order Completed\.updated_at: a time without an offset"),
        ({"who": {}}, "nobody in `who`"),
        ({"who": {"passport": "1"}}, "unknown identifier 'passport'"),
        ({"lines": [["p1"]]}, r"Order Completed\.lines"),
        ({"order_id": 5}, r"Order Completed\.order_id: expected str, got int"),
    ],
)
def test_a_broken_fact_is_refused_by_the_name_of_its_field(change, says):
    with pytest.raises(BadEvent, match=says):
        events.parse(events.serialise(ORDER) | change)


def test_a_missing_field_is_named():
    data = events.serialise(ORDER)
    del data["order_id"]
    with pytest.raises(BadEvent, match=r"Order Completed\.order_id is missing"):
        events.parse(data)

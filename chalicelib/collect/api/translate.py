"""A message → the facts in it, or why there are none. Pure: what must be looked up is an argument.

Each fact has one small function that reads its fields out of the properties;
READERS says which. Refuses to make a fact without what it stands on: an order
without a number or an amount, a consent without its wording.
"""

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib import clock, events
from chalicelib.collect import fields
from chalicelib.collect.api import names, orders, person, properties, rights
from chalicelib.collect.api.message import Message
from chalicelib.collect.delivery import DropReason
from chalicelib.errors import BadInput
from chalicelib.events import CHANNELS, Event

Fields = dict[str, Any]
Read = list[Event] | DropReason

PRODUCTS_AT_ONCE = 20
"""Products of one viewing or adding; a list of more is a list seen, not so many wishes."""


def translate(message: Message, *, known: bool = False, clicked: str = "") -> Read:
    """What a message tells. Raises BadInput.

    `known` says, of an identify, whether a customer has that address already; `clicked` is the profile whose
    click began the visit.
    """
    if message.kind in ("track", "page", "screen"):
        return _track(message, clicked)
    denied = rights.refusal(message)
    if denied:
        return denied
    return {"identify": person.identify, "group": person.join, "alias": person.alias}[message.kind](message, known)


def _track(message: Message, clicked: str) -> Read:
    fact = events.PageViewed if message.kind != "track" else names.meaning(message.name)
    if fact is None:
        if names.is_silent(message.name):
            return DropReason.NO_CHANGE
        if names.normalise(message.name) not in message.shop.custom_events:
            return DropReason.UNUSED_TOPIC
        fact = events.CustomEventTracked
    denied = rights.refusal(message, fact)
    if denied:
        return denied
    who = rights.who_of(message)
    if fact in orders.READERS:
        return orders.READERS[fact](message, who)
    if not who:
        return DropReason.NOBODY
    if fact is events.CustomerUpdated:
        return person.registered(message, who)
    if fact in _OF_PRODUCTS:
        return _about_products(fact, message, who)
    told = [fact(**message.common(who), **_READERS[fact](message))]
    if fact is events.VisitStarted:
        return [*told, *person.arrived(message, clicked)]
    return told if fact is not events.PageViewed else [*told, *_visit_begun(message, who)]


def _about_products(fact: names.Fact, message: Message, who: Mapping[str, str]) -> list[Event]:
    """One fact a product: GA4 lists them under `items`, the others put the one product's fields at the top."""
    given = properties.products(message.properties, PRODUCTS_AT_ONCE) or [message.properties]
    wanted = _OF_PRODUCTS[fact]
    found: list[Event] = []
    for number, each in enumerate(given):
        told = {
            "product_id": properties.identifier(each, "product_id"),
            "title": properties.word(each, "title"),
            "category": properties.word(each, "category", 80),
            "brand": properties.word(each, "brand", 80),
            "price": properties.price(each, message.shop.currency),
            "quantity": properties.whole(each, "quantity", 1),
        }
        if told["product_id"]:
            key = (str(number),) if number else ()
            found.append(fact(**message.common(who, *key), **{name: told[name] for name in wanted}))
    if not found:
        raise BadInput("a product without an id")
    return found


_PRODUCT = ("product_id", "title", "category", "price")
_OF_PRODUCTS: dict[names.Fact, tuple[str, ...]] = {
    events.ProductViewed: (*_PRODUCT, "brand"),
    events.ProductAdded: (*_PRODUCT, "brand", "quantity"),
    events.ProductRemoved: (*_PRODUCT, "quantity"),
    events.ProductAddedToWishlist: (*_PRODUCT, "brand"),
    events.ProductRemovedFromWishlist: ("product_id",),
}


def _visit_begun(message: Message, who: Mapping[str, str]) -> list[Event]:
    """The visit that a page begins when a campaign or another site led to it."""
    page = fields.part(message.context, "page")
    referrer, url = fields.link(page.get("referrer")), fields.link(page.get("url"))
    from_elsewhere = referrer and url and _site(referrer) != _site(url)
    if message.kind != "page" or not (from_elsewhere or fields.part(message.context, "campaign")):
        return []
    return [events.VisitStarted(**message.common(who, "visit"), **_visit(message))]


def _site(link: str) -> str:
    return link.split("/")[2].removeprefix("www.")


def _visit(message: Message) -> Fields:
    campaign, page = fields.part(message.context, "campaign"), fields.part(message.context, "page")
    given = message.properties
    visit_id = given.get("visit_id") or message.context.get("sessionId") or given.get("ga_session_id")
    utm = {f"utm_{name}": given.get(f"utm_{name}") or campaign.get(name) for name in ("source", "medium")}
    utm["utm_campaign"] = given.get("utm_campaign") or campaign.get("name") or campaign.get("campaign")
    device = given.get("device") or fields.part(message.context, "device").get("type")
    return {
        "visit_id": fields.identifier(visit_id) or message.id,
        "referrer": fields.link(given.get("referrer") or page.get("referrer"))[:300],
        "device": fields.text(device, 20),
        **{name: fields.text(value, 80) for name, value in utm.items()},
        **person.said_by_browser(message),
    }


def _page(message: Message) -> Fields:
    page, given = fields.part(message.context, "page"), message.properties
    path = given.get("path") or page.get("path") or (message.name if message.kind == "screen" else "")
    return {
        "path": fields.text(path, 300).partition("?")[0].partition("#")[0],
        "title": fields.text(given.get("title") or page.get("title")) or message.name,
        "category": fields.text(given.get("category"), 80),
        "visit_id": properties.identifier(given, "visit_id"),
    }


def _page_left(message: Message) -> Fields:
    left = {name: value for name, value in _page(message).items() if name != "title"}
    seconds = properties.whole(message.properties, "seconds")
    return left | {"seconds": seconds, "product_id": properties.identifier(message.properties, "product_id")}


def _search(message: Message) -> Fields:
    query = properties.word(message.properties, "query")
    if not query:
        raise BadInput("a search for nothing")
    return {"query": query}


def _list(message: Message) -> Fields:
    given = message.properties
    return {"category": properties.word(given, "list", 80), "list_id": properties.identifier(given, "list_id")}


def _basket(message: Message) -> Fields:
    """What a cart and a checkout have in common."""
    given = message.properties
    return {
        "updated_at": message.at,
        "lines": properties.lines(given, message.shop.currency),
        "total": properties.amount(given, "total", message.shop.currency),
        "url": fields.link(properties.find(given, "url")),
    }


def _checkout(message: Message) -> Fields:
    """A checkout nobody numbered is the visitor's or customer's one."""
    number = properties.identifier(message.properties, "checkout_id")
    return {"checkout_id": number or message.anonymous_id or message.user_id or message.email} | _basket(message)


def _cart(message: Message) -> Fields:
    number = properties.identifier(message.properties, "cart_id")
    return {"cart_id": number or message.anonymous_id or message.user_id or message.email} | _basket(message)


def _coupon(message: Message) -> Fields:
    code = properties.word(message.properties, "code", 64)
    if not code:
        raise BadInput("a coupon without its code")
    return {"code": code, "order_id": orders.number_of(message)}


def _custom(message: Message) -> Fields:
    return {"event": message.name, "properties": properties.said(message.properties)}


def _service(kind: str) -> Callable[[Message], Fields]:
    def read(message: Message) -> Fields:
        given = message.properties
        return {
            f"{kind}_id": properties.identifier(given, f"{kind}_id") or message.given_id,
            "subject": fields.text(given.get("subject") or given.get("message"), 300),
            "product_id": properties.identifier(given, "product_id"),
            "order_id": orders.number_of(message),
        }

    return read


def _review(message: Message) -> Fields:
    given = message.properties
    rating = properties.whole(given, "rating")
    product_id = properties.identifier(given, "product_id")
    if not product_id or not 1 <= rating <= 5:
        raise BadInput("a review without a product or with a rating that is not 1 to 5")
    words = fields.text(given.get("words") or given.get("review_body") or given.get("review"), 500)
    return {
        "product_id": product_id, "rating": rating, "words": words, "category": properties.word(given, "category", 80)
    }  # fmt: skip


def _survey(message: Message) -> Fields:
    given = message.properties
    survey, answers = properties.identifier(given, "survey"), properties.said(given.get("answers"))
    if not survey or not answers:
        raise BadInput("a survey without its name or without answers")
    return {"survey": survey, "answers": answers, "language": fields.language(given.get("language"))}


def _call(message: Message) -> Fields:
    outcome = fields.text(message.properties.get("outcome"), 60)
    if not outcome:
        raise BadInput("a call without its outcome")
    return {
        "outcome": outcome,
        "call_id": properties.identifier(message.properties, "call_id"),
        "words": fields.text(message.properties.get("words"), 500),
    }


def _points(message: Message) -> Fields:
    delta = message.properties.get("delta")
    if isinstance(delta, bool) or not isinstance(delta, int) or not 0 < abs(delta) <= 1_000_000:
        raise BadInput("points that are no whole number")
    return {"delta": delta, "reason": properties.word(message.properties, "reason", 60) or "api"}


def _channel(message: Message) -> str:
    given = message.properties.get("channel")
    found = given or ("sms" if "sms" in names.normalise(message.name) else "email")
    if found not in CHANNELS:
        raise BadInput("not a channel of ours")
    return str(found)


def _consent(message: Message) -> Fields:
    subscribed = message.properties.get("subscribed", names.normalise(message.name).startswith("subscribed"))
    wording = fields.identifier(message.properties.get("wording"))
    if not isinstance(subscribed, bool) or (subscribed and not wording):
        raise BadInput("a consent that does not say what was agreed to")
    return {"channel": _channel(message), "subscribed": subscribed, "wording": wording}


def _unsubscribed(message: Message) -> Fields:
    return {"channel": _channel(message), "how": "api"}


def _signed_up(message: Message) -> Fields:
    """Asked for messages, still to be confirmed by mail: needs the address and the wording shown."""
    wording = fields.identifier(message.properties.get("wording"))
    if not message.email or not wording:
        raise BadInput("a sign-up without an address or a wording")
    told = person.traits_of(message, message.properties)
    zone = told["time_zone"] if clock.is_zone(told["time_zone"]) else person.said_by_browser(message)["time_zone"]
    return {
        "email": message.email,
        "channel": _channel(message),
        "wording": wording,
        "first_name": told["first_name"],
        "language": told["language"],
        "country": told["country"],
        "time_zone": zone,
        "page": "api",
    }


_READERS: dict[names.Fact, Callable[[Message], Fields]] = {
    events.VisitStarted: _visit,
    events.PageViewed: _page,
    events.PageLeft: _page_left,
    events.ProductsSearched: _search,
    events.ProductListViewed: _list,
    events.CartViewed: lambda message: {"cart_id": properties.identifier(message.properties, "cart_id")},
    events.CartUpdated: _cart,
    events.CheckoutStarted: _checkout,
    events.CouponApplied: _coupon,
    events.CustomEventTracked: _custom,
    events.InquiryOpened: _service("inquiry"),
    events.ComplaintOpened: _service("complaint"),
    events.ProductReviewed: _review,
    events.SurveyAnswered: _survey,
    events.CallCompleted: _call,
    events.PointsChanged: _points,
    events.ConsentRecorded: _consent,
    events.Unsubscribed: _unsubscribed,
    events.SignedUp: _signed_up,
    events.AccountDeleted: lambda message: {"reason": properties.word(message.properties, "reason", 60)},
}

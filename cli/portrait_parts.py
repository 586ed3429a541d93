"""Parts of a customer's portrait: what is believed and why, the measures with their trend, tags, acts, wishes, cart.

JSON-ready values; times are ISO texts, money is text with its currency.
"""

from datetime import datetime
from typing import Any

from chalicelib import clock
from chalicelib.aws.services import Services
from chalicelib.catalogue import store as catalogue
from chalicelib.catalogue.product import Product
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile import attributes, implicit, measures, tags
from chalicelib.profile.attributes import Belief
from chalicelib.profile.customer import Customer
from chalicelib.profile.timezone import zone_for


def products_of(services: Services, customer: Customer) -> dict[str, Product]:
    """The products that the customer bought, wishes for or looked at, as the catalogue knows them."""
    touched = {line.product_id for order in customer.orders.values() for line in order.lines}
    touched |= {act.product_id for act in customer.recent} | set(customer.wishes)
    return catalogue.get_many(services, sorted(filter(None, touched)))


def titles_of(services: Services, customer: Customer) -> dict[str, str]:
    """What the products are called that are recommended to a customer, or bought again."""
    insights = customer.insights
    found = {each for suggested in insights.recommendations.values() for each in suggested} if insights else set()
    again = (about.partition(":") for about in insights.predictions) if insights else ()
    found |= {product_id for what, _, product_id in again if what == "reorder_product"}
    products = catalogue.get_many(services, sorted(found))
    return {product_id: product.title for product_id, product in products.items() if product.title}


def known(services: Services, customer: Customer, now: datetime) -> list[dict[str, Any]]:
    """Each attribute as believed, with the other tellings and, where one was told, what behaviour says beside it."""
    products = products_of(services, customer)
    guessed = implicit.guesses(customer, products)
    found = []
    for key, belief in implicit.beliefs_of(customer, products, now).items():
        others = [_belief(each) for each in attributes.tellings_of(customer.facets, key) if each != belief]
        if key in guessed and belief.explicit:
            others.append(_belief(guessed[key]))
        found.append({"key": key, **_belief(belief), "beside": others})
    return found


def _belief(belief: Belief) -> dict[str, Any]:
    return {
        "value": belief.value,
        "source": belief.source,
        "at": clock.to_text(belief.at) if belief.at else "",
        "confidence": belief.confidence,
        "explicit": belief.explicit,
        "why": dict(belief.why),
    }


def measured(customer: Customer, now: datetime) -> list[dict[str, Any]]:
    """Measures of which there is anything to say."""
    return [
        {
            "name": name,
            "value": each.shown,
            "before": measures.Measure(each.unit, each.before, None, 0).shown,
            "trend": each.trend,
            "ratio": round(each.ratio, 2) if each.ratio is not None else None,
            "occurrences": each.occurrences,
        }
        for name, each in measures.measures_of(customer, now).items()
        if each.occurrences
    ]


def tagged(services: Services, customer: Customer, bundle: Bundle, now: datetime) -> list[dict[str, Any]]:
    zone = zone_for(customer, bundle.settings["store"]["timezone"])
    products, settings = products_of(services, customer), bundle.settings.get("tags")
    return [
        {"tag": tag.id, "name": dict(tag.name), "why": dict(tag.why), "confidence": tag.confidence}
        for tag in tags.tags_of(customer, now, products=products, settings=settings, zone=zone)
    ]


def acts(customer: Customer) -> list[dict[str, Any]]:
    """Newest first."""
    return [
        {
            "at": clock.to_text(act.at),
            "kind": act.kind,
            "product_id": act.product_id,
            "about": act.query or act.title or act.category or act.product_id,
            "price": str(act.price) if act.price else "",
            "seconds": act.seconds,
        }
        for act in reversed(customer.recent)
    ]


def wished(customer: Customer) -> list[dict[str, Any]]:
    return [
        {
            "product_id": product_id,
            "title": wish.title,
            "price": str(wish.price) if wish.price else "",
            "at": clock.to_text(wish.at),
        }
        for product_id, wish in customer.wishes.items()
    ]


def cart(customer: Customer) -> dict[str, Any] | None:
    held = customer.cart
    if held is None:
        return None
    return {
        "at": clock.to_text(held.at),
        "total": str(held.total) if held.total else "",
        "url": held.url,
        "lines": [{"title": each.title or each.product_id, "quantity": each.quantity} for each in held.lines],
    }


def preferred(customer: Customer) -> dict[str, Any]:
    wishes = customer.preferences
    return {
        "topics": dict(wishes.topics),
        "frequency": wishes.frequency,
        "paused_until": clock.to_text(wishes.paused_until) if wishes.paused_until else "",
        "surveys": {
            survey: {"at": clock.to_text(answers.answered_at), "said": dict(answers.said)}
            for survey, answers in customer.surveys.items()
        },
    }

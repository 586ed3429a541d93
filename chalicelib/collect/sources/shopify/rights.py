"""Shopify's three mandatory privacy topics → requests that the profile room works off.

Refuses to decide whether the person is known: the answer is 200 either way.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib import ids
from chalicelib.collect import fields
from chalicelib.collect.delivery import PrivacyRequest
from chalicelib.collect.sources.sender import Sender

_ORDERS = 1000


def read_data_request(data: Mapping[str, Any], sender: Sender) -> list[PrivacyRequest]:
    return _read("customers/data_request", data, sender, data.get("orders_requested"))


def read_redact(data: Mapping[str, Any], sender: Sender) -> list[PrivacyRequest]:
    return _read("customers/redact", data, sender, data.get("orders_to_redact"))


def read_shop_redact(data: Mapping[str, Any], sender: Sender) -> list[PrivacyRequest]:
    return _read("shop/redact", data, sender, None)


def _read(topic: str, data: Mapping[str, Any], sender: Sender, orders: Any) -> list[PrivacyRequest]:
    customer = fields.part(data, "customer")
    shop = fields.text(data.get("shop_domain") or data.get("store_domain")) or sender.shop
    numbers = [fields.identifier(each) for each in orders[:_ORDERS]] if isinstance(orders, list) else []
    named = {
        "customer_id": sender.name_customer(customer.get("id")),
        "email": fields.email(customer.get("email")),
        "phone": fields.phone(customer.get("phone")),
    }
    # A person may ask again years later; a retry has the same delivery id, and without one the same body is a retry.
    asked = sender.delivery_id or fields.identifier(fields.part(data, "data_request").get("id"))
    return [
        PrivacyRequest(
            topic=topic,
            request=ids.event_id(sender.name, topic, shop, asked, *named.values(), *numbers),
            source=sender.name,
            shop=shop,
            orders=tuple(f"{sender.name}:{each}" for each in numbers if each),
            **named,
        )
    ]

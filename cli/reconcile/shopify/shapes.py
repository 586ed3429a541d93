"""Nodes of Shopify's GraphQL Admin API → the bodies its webhooks have, so that one adapter reads both.

Pure, and the only place that knows both spellings. Ids are numbers, from
`legacyResourceId` or the end of a global id; money is the shop's, from `…Set`
fields; states are in lower case. Refuses to say more than a webhook says: a
field that webhooks do not have would make another fact of the same thing.
"""

import re
from collections.abc import Mapping
from typing import Any

from chalicelib import money
from chalicelib.collect import fields

Node = Mapping[str, Any]
Body = dict[str, Any]
_GLOBAL_ID = re.compile(r"gid://shopify/[A-Za-z]+/([0-9]{1,20})(?:\?.*)?")
_PAYMENTS = ("SALE", "CAPTURE")


def order(node: Node) -> Body:
    return {
        "id": _id(node),
        "name": node.get("name"),
        "email": node.get("email"),
        "phone": node.get("phone"),
        "created_at": node.get("createdAt"),
        "updated_at": node.get("updatedAt"),
        "processed_at": node.get("processedAt"),
        "cancelled_at": node.get("cancelledAt"),
        "cancel_reason": _lower(node.get("cancelReason")),
        "currency": node.get("currencyCode"),
        "cart_token": node.get("cartToken"),
        "customer_locale": node.get("customerLocale"),
        "financial_status": _lower(node.get("displayFinancialStatus")),
        "fulfillment_status": _lower(node.get("displayFulfillmentStatus")),
        "order_status_url": node.get("statusPageUrl"),
        "discount_codes": [{"code": code} for code in node.get("discountCodes") or ()],
        "total_price": _amount(node, "totalPriceSet"),
        "total_discounts": _amount(node, "totalDiscountsSet"),
        "total_shipping_price_set": {"shop_money": _money(node, "totalShippingPriceSet")},
        "billing_address": _address(fields.part(node, "billingAddress")),
        "shipping_address": _address(fields.part(node, "shippingAddress")),
        "customer": _person(fields.part(node, "customer")),
        "line_items": _lines(node),
    }


def paid_at(node: Node) -> str | None:
    """When the last payment came in; where none is told, when the order was processed."""
    paid = [
        each["processedAt"]
        for each in fields.parts(node.get("transactions"))
        if each.get("kind") in _PAYMENTS and each.get("status") == "SUCCESS" and each.get("processedAt")
    ]
    return max(paid, default=None) or node.get("processedAt") or node.get("createdAt")


def sent_at(node: Node) -> str | None:
    """When the last parcel was sent; where none is told, when the order last changed."""
    sent = [each["createdAt"] for each in fields.parts(node.get("fulfillments")) if each.get("createdAt")]
    return max(sent, default=None) or node.get("updatedAt")


def refund(node: Node, order_id: Any) -> Body:
    return {
        "id": _id(node),
        "order_id": order_id,
        "created_at": node.get("createdAt"),
        "processed_at": node.get("processedAt"),
        "note": node.get("note"),
        "transactions": [
            {
                "kind": _lower(each.get("kind")),
                "status": _lower(each.get("status")),
                "amount_set": {"shop_money": _money(each, "amountSet")},
            }
            for each in _nodes(node, "transactions")
        ],
        "refund_line_items": [
            {
                "id": _id(each),
                "quantity": each.get("quantity"),
                "restock_type": _lower(each.get("restockType")),
                "subtotal": _amount(each, "subtotalSet"),
                "subtotal_set": {"shop_money": _money(each, "subtotalSet")},
                "total_tax": _amount(each, "totalTaxSet"),
                "line_item": {"product_id": _id(fields.part(each, "lineItem", "product"))},
            }
            for each in _nodes(node, "refundLineItems")
        ],
        "order_adjustments": [
            {
                "amount": _amount(each, "amountSet"),
                "amount_set": {"shop_money": _money(each, "amountSet")},
                "tax_amount": _amount(each, "taxAmountSet"),
            }
            for each in _nodes(node, "orderAdjustments")
        ],
    }


def customer(node: Node) -> Body:
    mail, phone = fields.part(node, "defaultEmailAddress"), fields.part(node, "defaultPhoneNumber")
    texts = fields.part(phone, "smsMarketingConsent")
    return _person(node) | {
        "created_at": node.get("createdAt"),
        "updated_at": node.get("updatedAt"),
        "email_marketing_consent": _consent(mail, "marketingState", "marketingOptInLevel", "marketingUpdatedAt"),
        "sms_marketing_consent": _consent(texts, "state", "optInLevel", "updatedAt"),
    }


def product(node: Node) -> Body:
    return {
        "id": _id(node),
        "title": node.get("title"),
        "body_html": node.get("descriptionHtml"),
        "vendor": node.get("vendor"),
        "product_type": node.get("productType"),
        "handle": node.get("handle"),
        "status": _lower(node.get("status")),
        "tags": ", ".join(node.get("tags") or ()),
        "created_at": node.get("createdAt"),
        "updated_at": node.get("updatedAt"),
        "published_at": node.get("publishedAt"),
        "image": {"src": fields.part(node, "featuredMedia", "preview", "image").get("url")},
        "variants": [_variant(each) for each in _nodes(node, "variants")],
    }


def level(node: Node, location_id: int | None) -> Body:
    counted = fields.parts(node.get("quantities"), 1)
    return {
        "inventory_item_id": _id(fields.part(node, "item")),
        "location_id": location_id,
        "available": counted[0].get("quantity") if counted else None,
        "updated_at": node.get("updatedAt"),
    }


def checkout(node: Node) -> Body:
    told = fields.part(node, "totalPriceSet", "shopMoney")
    person = _person(fields.part(node, "customer"))
    return {
        "id": _id(node),
        "email": person.get("email"),
        "created_at": node.get("createdAt"),
        "updated_at": node.get("updatedAt"),
        "completed_at": node.get("completedAt"),
        "currency": told.get("currencyCode"),
        "total_price": _in_full(told),
        "abandoned_checkout_url": node.get("abandonedCheckoutUrl"),
        "customer": person,
        "line_items": _lines(node),
    }


def _person(node: Node) -> Body:
    home = fields.part(node, "defaultAddress")
    return {
        "id": _id(node),
        "email": fields.part(node, "defaultEmailAddress").get("emailAddress"),
        "phone": fields.part(node, "defaultPhoneNumber").get("phoneNumber"),
        "first_name": node.get("firstName"),
        "last_name": node.get("lastName"),
        "default_address": _address(home),
    }


def _address(node: Node) -> Body:
    return {
        "first_name": node.get("firstName"),
        "last_name": node.get("lastName"),
        "city": node.get("city"),
        "province": node.get("province"),
        "country_code": node.get("countryCodeV2"),
    }


def _consent(node: Node, state: str, level: str, at: str) -> Body:
    return {
        "state": _lower(node.get(state)),
        "opt_in_level": _lower(node.get(level)),
        "consent_updated_at": node.get(at),
    }


def _lines(node: Node) -> list[Body]:
    return [
        {
            "title": each.get("title"),
            "quantity": each.get("quantity"),
            "product_id": _id(fields.part(each, "product")),
            "price": _amount(each, "originalUnitPriceSet"),
        }
        for each in _nodes(node, "lineItems")
    ]


def _variant(node: Node) -> Body:
    item = fields.part(node, "inventoryItem")
    return {
        "price": node.get("price"),
        "compare_at_price": node.get("compareAtPrice"),
        "inventory_policy": _lower(node.get("inventoryPolicy")),
        "inventory_management": "shopify" if item.get("tracked") else None,
        "inventory_item_id": _id(item),
        "inventory_quantity": node.get("inventoryQuantity"),
    }


def _nodes(node: Node, name: str) -> tuple[Node, ...]:
    return tuple(fields.parts(fields.part(node, name).get("nodes"), 10_000))


def _id(node: Node) -> int | None:
    return number(node.get("legacyResourceId") or node.get("id"))


def number(value: Any) -> int | None:
    """`"820982911946154508"` and `gid://shopify/Order/820982911946154508` → the number, with every digit."""
    text = str(value or "")
    found = _GLOBAL_ID.fullmatch(text)
    digits = found[1] if found else text
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 20 else None


def _money(node: Node, name: str) -> Body:
    told = fields.part(node, name, "shopMoney")
    return {"amount": told.get("amount"), "currency_code": told.get("currencyCode")}


def _amount(node: Node, name: str) -> Any:
    return fields.part(node, name, "shopMoney").get("amount")


def _in_full(told: Node) -> str | None:
    """`30.0` as `30.00`: webhooks write all digits of the currency, and a checkout's fact is known by its total."""
    amount, code = told.get("amount"), told.get("currencyCode")
    return str(money.parse(amount, code)).split(" ")[0] if amount and code else None


def _lower(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) else None

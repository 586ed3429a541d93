"""What a template is told of one person: plain text and numbers, cleaned and formatted for a language.

Everything that a customer or a storefront wrote is reduced to one line of
visible characters. A first name that does not look like one (a link, an
advertisement, markup) counts as unknown: sign-up forms are used to mail
strangers such "names".
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib import clock, money
from chalicelib.money import Money
from chalicelib.profile.customer import Customer, Order

LINES_SHOWN = 20
_SYMBOLS = {
    "USD": "US$", "EUR": "€", "GBP": "£", "CNY": "CN¥", "JPY": "JP¥", "AUD": "A$", "CAD": "CA$", "NZD": "NZ$",
    "HKD": "HK$", "SGD": "S$", "TWD": "NT$", "KRW": "₩", "INR": "₹",
}  # fmt: skip
_SCHEME = re.compile(r"(?i)\b(?:[a-z][a-z0-9+.-]*://|www\.)")
_DOMAIN = re.compile(r"\.\w{2,}")


def to_line(text: str, limit: int) -> str:
    """One line of visible text: no control, direction or unpaired characters; cut at `limit`."""
    kept = "".join(
        letter if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") else _harmless(letter)
        for letter in unicodedata.normalize("NFC", text[: limit * 4])
    )
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _harmless(letter: str) -> str:
    return letter if letter in "\u200c\u200d" else " "  # these two join letters and emoji


def to_first_name(text: str) -> str:
    """The name if it can be one in some script, else empty."""
    line = to_line(text, 60)
    if len(line) > 40 or _DOMAIN.search(line):
        return ""
    if not all(letter in " '’-.·・\u200c\u200d" or unicodedata.category(letter)[0] in "LM" for letter in line):
        return ""
    return line if any(letter.isalpha() for letter in line) else ""


def to_title(text: str) -> str:
    """A product's title; without the beginnings that make mail programs turn text into links."""
    return _SCHEME.sub("", to_line(text, 120))


def format_money(amount: Money) -> str:
    """`US$1,299.00`, `JP¥1,200`, `120.00 SEK`: never a bare `$` or `¥`, since stores sell abroad."""
    digits = money.exponent(amount.currency)
    sign, whole = ("-" if amount.amount < 0 else ""), abs(amount.amount)
    major, minor = divmod(whole, 10**digits)
    number = f"{major:,}" + (f".{minor:0{digits}d}" if digits else "")
    symbol = _SYMBOLS.get(amount.currency)
    return f"{sign}{symbol}{number}" if symbol else f"{sign}{number} {amount.currency}"


def format_day(instant: datetime, zone: str, formats: Mapping[str, Any]) -> str:
    """The day there, as `formats.day` says, with {year} {month} {day} and the month {name}; `first` is the 1st."""
    day = clock.local_day(instant, zone)
    number = formats.get("first", 1) if day.day == 1 else day.day
    return str(formats["day"]).format(year=day.year, month=day.month, day=number, name=formats["months"][day.month - 1])


def describe(
    message: Mapping[str, Any],
    customer: Customer,
    settings: Mapping[str, Any],
    zone: str,
    formats: Mapping[str, Any],
) -> dict[str, Any]:
    """The values of `language.VOCABULARY` except the message's own links."""
    store = settings["store"]
    offer = message.get("offer") or {}
    order = customer.orders.get(message.get("order_id", ""))
    return {
        "customer": {"first_name": to_first_name(customer.first_name), "points": customer.points},
        "store": {"name": store["name"], "url": store["url"], "postal_address": store["postal_address"]},
        "order": _describe_order(order) if order else {},
        "coupon": _describe_coupon(offer, zone, formats) if offer.get("code") else {},
        "points": {"granted": offer.get("points", 0)},
    }


def _describe_order(order: Order) -> dict[str, Any]:
    return {
        "number": to_line(order.number or order.order_id, 40),
        "total": format_money(order.total),
        "pay_url": order.pay_url,
        "lines": [
            {
                "title": to_title(line.title),
                "quantity": line.quantity,
                "price": format_money(line.price),
                "total": format_money(Money(line.price.amount * line.quantity, line.price.currency)),
            }
            for line in order.lines[:LINES_SHOWN]
        ],
        "more_lines": max(0, len(order.lines) - LINES_SHOWN),
    }


def _describe_coupon(offer: Mapping[str, Any], zone: str, formats: Mapping[str, Any]) -> dict[str, Any]:
    amount = offer.get("amount")
    return {
        "code": to_line(offer["code"], 40),
        "value": format_money(Money(*amount)) if amount else f"{offer.get('percent', 0)}%",
        "expires_on": format_day(clock.parse(offer["expires_at"]), zone, formats) if offer.get("expires_at") else "",
    }

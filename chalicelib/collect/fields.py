"""One value of a sender's → ours, or nothing: text, ids, addresses, times, links, money.

A storefront's data are typed by strangers. Everything here takes any JSON value
and answers with a clean one or an empty one; only money raises, because an
order without an amount is not an order. Refuses to guess: a phone number
without its country or a time without its zone is left out.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from chalicelib import clock, money
from chalicelib.errors import BadInput
from chalicelib.money import Money
from chalicelib.profile import countries

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+")
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")


def text(value: Any, limit: int = 120) -> str:
    """One line of text without control, direction or half characters, cut to `limit`; '' for no text."""
    if not isinstance(value, str):
        return ""
    whole = value[: limit * 4].encode("utf-8", "ignore").decode("utf-8")
    return _UNSEEN.sub(" ", whole).strip()[:limit].strip()


def identifier(value: Any) -> str:
    """A sender's id, a number or text, as text with every digit; '' for none. Zero is no id."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal) or is_absurd(value):
        return ""
    found = text(format(value, "f") if isinstance(value, Decimal) else str(value), 64)
    return "" if found == "0" else found


def is_absurd(value: Any) -> bool:
    """A number such as 1e999999, whose digits written out would fill the memory."""
    return isinstance(value, Decimal) and abs(value.adjusted()) > 30


def email(value: Any) -> str:
    """A mail address in lower case, its domain in ASCII; '' for what is none, or none that SES can send to."""
    if not isinstance(value, str) or len(value) > 320:
        return ""
    local, _, domain = value.strip().lower().rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    if len(local) > 64 or len(domain) > 253 or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        return ""
    return f"{local}@{domain}"


def phone(value: Any) -> str:
    """A number in E.164 (`+4915112345678`), its spaces and dashes left out; '' for any other."""
    found = re.sub(r"[\s().-]", "", text(value, 40))
    return found if _PHONE.fullmatch(found) else ""


def country(value: Any) -> str:
    """Two capital letters, ISO 3166 alpha-2, or ''."""
    return countries.code_of(text(value, 10))


_GENDERS = {
    **dict.fromkeys(("female", "f", "w", "woman", "women", "女"), "female"),
    **dict.fromkeys(("male", "m", "man", "men", "男"), "male"),
    **dict.fromkeys(("other", "x", "diverse", "d", "nonbinary", "non-binary", "non binary"), "other"),
}


def gender(value: Any) -> str:
    """female, male or other, however the sender writes it, or ''."""
    return _GENDERS.get(text(value, 20).lower(), "")


def language(value: Any) -> str:
    """A language tag such as `de` or `zh-CN`, or ''."""
    found = text(value, 40).replace("_", "-")
    return found if _LANGUAGE.fullmatch(found) else ""


def instant(value: Any, *, utc: bool = False) -> datetime | None:
    """An ISO 8601 time; `utc` reads one without an offset as UTC. None for none, or before 2000."""
    if not isinstance(value, str) or not value or len(value) > 40:
        return None
    try:
        found = clock.parse(value + "Z" if utc and not re.search(r"(?:Z|[+-]\d\d:?\d\d)$", value) else value)
    except BadInput:
        return None
    return found if found >= EARLIEST else None


def not_after(found: datetime | None, now: datetime) -> datetime | None:
    """A sender's clock may run ahead; what it says of the future happened now, beyond a day is no time."""
    if found is None or found > now + timedelta(days=1):
        return None
    return min(found, now)


def link(value: Any) -> str:
    """An absolute http(s) address fit for a Location header, or ''."""
    if not isinstance(value, str) or len(value) > 2000 or not value.isascii():
        return ""
    if any(ord(letter) <= 32 or letter in '\\"<>\x7f' for letter in value):
        return ""
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  (a property that raises for a port that is none)
    except ValueError:
        return ""
    named = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    return value if named else ""


def image(value: Any) -> str:
    """A link to a picture, which may be told without its scheme (`//cdn.example/a.png`), or ''."""
    return link(f"https:{value}" if isinstance(value, str) and value.startswith("//") else value)


def amount(value: Any, currency: Any) -> Money:
    """Money of a decimal number or its text. Raises BadInput."""
    return money.parse(value, text(currency, 10))


def quantity(value: Any) -> int:
    """Pieces, 0 to a million."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return 0
    return int(max(Decimal(0), min(Decimal(value), Decimal(1_000_000)))) if Decimal(value).is_finite() else 0


def part(data: Any, *names: str) -> Mapping[str, Any]:
    """The object at a path of names; empty where there is none."""
    for name in names:
        data = data.get(name) if isinstance(data, Mapping) else None
    return data if isinstance(data, Mapping) else {}


def parts(value: Any, limit: int = 100) -> list[Mapping[str, Any]]:
    """The objects of a list, the first `limit` of them."""
    return [each for each in value[:limit] if isinstance(each, Mapping)] if isinstance(value, list) else []

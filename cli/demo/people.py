"""Invented people for real purchases: the data name nobody, so country, language, zone, name and consent are made up.

Everything follows from `ids.share("invented", <what>, <household>)`, a number in
[0, 1) that is always the same for a household: below a country's cumulated
weight it lives there, and so on. Addresses are customer-<household>@shopper.example,
a domain that cannot exist. Wherever these values are shown they are marked as
invented; `INVENTED` is also the wording of the consent.
"""

from dataclasses import dataclass

from chalicelib import ids

INVENTED = "invented for the demo"
DOMAIN = "shopper.example"
SUBSCRIBED_SHARE = 0.72

_PLACES: tuple[tuple[str, float, str, tuple[str, ...]], ...] = (
    # country, share, language, zones
    ("US", 0.34, "en", ("America/New_York", "America/Chicago", "America/Los_Angeles")),
    ("CN", 0.16, "zh-CN", ("Asia/Shanghai",)),
    ("JP", 0.10, "ja", ("Asia/Tokyo",)),
    ("DE", 0.09, "de", ("Europe/Berlin",)),
    ("GB", 0.08, "en", ("Europe/London",)),
    ("BR", 0.07, "pt-BR", ("America/Sao_Paulo", "America/Manaus")),
    ("AU", 0.06, "en", ("Australia/Sydney", "Australia/Perth")),
    ("CA", 0.05, "en", ("America/Toronto", "America/Vancouver")),
    ("IN", 0.05, "en", ("Asia/Kolkata",)),
)
_NAMES = {
    "en": ("Alex", "Sam", "Jordan", "Robin", "Casey", "Morgan", "Taylor", "Jamie"),
    "zh-CN": ("晓明", "丽华", "建国", "美玲", "志强", "小芳"),
    "ja": ("さくら", "はると", "ゆい", "れん"),
    "de": ("Anna", "Jürgen", "Lena", "Björn"),
    "pt-BR": ("João", "Conceição", "Luíza", "Antônio"),
}


@dataclass(frozen=True)
class Person:
    """`number` is the household, or beyond 100,000 a visitor who signs up in the demo."""

    number: int
    country: str
    language: str
    zone: str
    first_name: str
    subscribed: bool
    platform: str
    """Where this person shops: shopify, woocommerce or generic."""
    address: str = ""
    """Given by a developer in the mini shop; else it follows from the number."""

    @property
    def email(self) -> str:
        return self.address or f"customer-{self.number}@{DOMAIN}"


def invent(number: int) -> Person:
    """The person behind a household, always the same."""

    def share(what: str) -> float:
        return ids.share("invented", what, str(number))

    country, language, zones = _place(share("country"))
    names = _NAMES[language]
    platform = share("platform")
    return Person(
        number=number,
        country=country,
        language=language,
        zone=zones[int(share("zone") * len(zones))],
        first_name=names[int(share("name") * len(names))],
        subscribed=share("consent") < SUBSCRIBED_SHARE,
        platform="shopify" if platform < 0.7 else "woocommerce" if platform < 0.9 else "generic",
    )


def _place(drawn: float) -> tuple[str, str, tuple[str, ...]]:
    for country, weight, language, zones in _PLACES:
        drawn -= weight
        if drawn < 0:
            return country, language, zones
    return _PLACES[0][0], _PLACES[0][2], _PLACES[0][3]

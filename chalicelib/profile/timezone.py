"""Which time zone a customer lives in, believed from evidence, strongest first.

    explicit   the store, a form or an import named it
    browser    the browser that signed up named it
    clicks     the newest three clicks whose place is known came from it
    phone      the calling code of the phone number
    country    the country; where it has several zones, its most populous one

Without evidence the store's own zone is used (`zone_for`). Only IANA zones of
a place count: a name that is none is no evidence and no fault, and neither is
UTC, whoever says it, because servers and browsers guarding privacy say so everywhere.
Refuses to look at addresses of the network.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from chalicelib import clock
from chalicelib.profile.calling_codes import country_of_phone

if TYPE_CHECKING:
    from chalicelib.profile.customer import Customer


@dataclass(frozen=True)
class ZoneBelief:
    """`source` is explicit, browser, clicks, phone or country; `confidence` is certain, likely or guess."""

    name: str
    source: str
    confidence: str


# The most populous zone of each country that has several; other countries have the one that tzdata gives them.
MAIN_ZONES = {
    "AQ": "Antarctica/McMurdo",
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CD": "Africa/Kinshasa",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "FM": "Pacific/Chuuk",
    "GL": "America/Nuuk",
    "ID": "Asia/Jakarta",
    "KI": "Pacific/Tarawa",
    "KZ": "Asia/Almaty",
    "MH": "Pacific/Majuro",
    "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PF": "Pacific/Tahiti",
    "PG": "Pacific/Port_Moresby",
    "PS": "Asia/Hebron",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "UM": "Pacific/Midway",
    "US": "America/New_York",
    "UZ": "Asia/Tashkent",
}


NOWHERE = frozenset(("UTC", "UCT", "GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich", "Universal", "Zulu", "Factory"))
"""Zones that are no place, as are all that begin with Etc/."""


@cache
def zones_of_countries() -> dict[str, tuple[str, ...]]:
    """ISO 3166 alpha-2 → its zones, as tzdata's zone.tab lists them."""
    found: dict[str, tuple[str, ...]] = {}
    for line in files("tzdata").joinpath("zoneinfo/zone.tab").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, name = line.split("\t")[:3]
            found[country] = (*found.get(country, ()), name)
    return found


def zone_of_country(country: str) -> tuple[str, bool] | None:
    """The country's (most populous) zone and whether it is the only one; None for an unknown country."""
    zones = zones_of_countries().get(country.upper())
    if not zones:
        return None
    return MAIN_ZONES.get(country.upper(), zones[0]), len(zones) == 1


def is_evidence(name: str) -> bool:
    """Whether a zone's name, as some sender wrote it, says where a person is."""
    if not name or len(name) > 64 or not clock.is_zone(name):
        return False
    return name not in NOWHERE and not name.startswith("Etc/")


def zone_of_place(name: str, country: str) -> str:
    """The zone of where a click came from: as named, else the only one of its country; '' where neither says."""
    if is_evidence(name):
        return name
    found = zone_of_country(country) if country else None
    return found[0] if found and found[1] else ""


def believe(told: Mapping[str, Any], phone: str, country: str, *, clicks: str = "") -> ZoneBelief | None:
    """The belief that `told` ({source: [at, event id, zone]}), the clicks' zone, a phone and a country amount to."""
    for source, confidence in (("explicit", "certain"), ("browser", "likely")):
        if source in told:
            return ZoneBelief(told[source][2], source, confidence)
    if clicks:
        return ZoneBelief(clicks, "clicks", "likely")
    for source, place in (("phone", country_of_phone(phone)), ("country", country)):
        found = zone_of_country(place)
        if found:
            return ZoneBelief(found[0], source, "likely" if found[1] else "guess")
    return None


def zone_for(customer: "Customer", default: str) -> str:
    """The IANA zone to plan a customer's local hours in; `default` is the store's."""
    return customer.zone.name if customer.zone else default

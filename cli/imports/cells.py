"""One cell of an export → a value, or BadInput saying what is wrong with it; '' is no value.

Stricter than webhooks: an operator can mend a file, so what cannot be read is
refused with its reason and not left out. Never repeats a cell that may hold a
person's data.
"""

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from chalicelib import clock, money
from chalicelib.collect import fields
from chalicelib.errors import BadInput
from chalicelib.money import Money

_OFFSET = re.compile(r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?) ?(Z|UTC|[+-]\d\d:?\d\d)?$")
_CURRENCIES = (  # ISO 4217
    " AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG "
    "HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA "
    "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD "
    "RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX "
    "USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG "
)
_YES = {"yes", "true", "1", "y", "subscribed", "opted_in", "opt_in"}
_NO = {"no", "false", "0", "n", "unsubscribed", "not_subscribed", "opted_out", "opt_out", "never_subscribed"}


def email(cell: str) -> str:
    if not cell:
        return ""
    return fields.email(cell) or _refuse("not a mail address that can be sent to")


def phone(cell: str) -> str:
    """A leading apostrophe, as spreadsheets export it, is dropped."""
    if not cell:
        return ""
    return fields.phone(cell.lstrip("'")) or _refuse("a phone number must begin with + and its country")


def country(cell: str) -> str:
    if not cell:
        return ""
    return fields.country(cell) or _refuse("a country must be two letters of ISO 3166")


def language(cell: str) -> str:
    if not cell:
        return ""
    return fields.language(cell) or _refuse("not a language such as de or zh-CN")


def zone(cell: str) -> str:
    if cell and not clock.is_zone(cell):
        _refuse("not an IANA time zone such as Europe/Paris")
    return cell


def amount(cell: str, currency: str) -> Money:
    """Decimal point, no thousands separators; negative is refused."""
    if len(currency) != 3 or f" {currency.upper()} " not in _CURRENCIES:
        _refuse("not an ISO 4217 currency")
    try:
        value = Decimal(cell)
    except InvalidOperation:
        _refuse("not an amount such as 12.50")
    if not value.is_finite():  # Decimal reads NaN and Infinity
        _refuse("not an amount such as 12.50")
    if value < 0:
        _refuse("an amount below zero")
    return money.parse(value, currency)


def quantity(cell: str) -> int:
    try:
        value = Decimal(cell or "1")
    except InvalidOperation:
        _refuse("not a quantity")
    if not value.is_finite() or value != int(value) or not 0 < value <= 1_000_000:
        _refuse("a quantity must be a whole number above 0")
    return int(value)


def instant(cell: str, zone_name: str, now: datetime) -> datetime | None:
    """A date with time and offset; without an offset only where `zone_name` is given, a bare date is noon there."""
    if not cell:
        return None
    text = cell
    if re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
        text = f"{cell}T12:00:00"
    found = _OFFSET.match(text)
    if not found:
        _refuse("not a date such as 2026-01-31 14:30:00 +0100")
    day, hour, offset = found.groups()
    try:
        if offset:
            at = clock.parse(f"{day}T{hour}{'Z' if offset == 'UTC' else offset}")
        elif zone_name:
            wall = datetime.fromisoformat(f"{day}T{hour}")
            at = clock.at_local(wall.date(), wall.time(), zone_name)
        else:
            _refuse("a date without an offset; name the file's zone with --timezone")
    except ValueError:
        _refuse("not a date of the calendar")
    if at < fields.EARLIEST or at > now:
        _refuse("a date before 2000 or in the future")
    return at


def answer(cell: str) -> bool | None:
    """Yes or no; None when not said."""
    said = cell.lower().replace(" ", "_")
    if not said:
        return None
    if said not in _YES | _NO:
        _refuse("neither yes nor no")
    return said in _YES


def _refuse(reason: str) -> NoReturn:
    raise BadInput(reason)

"""One cell of an export → a value, or BadInput saying what is wrong with it; '' is no value.

Stricter than webhooks: an operator can mend a file, so what cannot be read is
refused with its reason and not left out. Addresses are judged by email-validator
and numbers by phonenumbers, without a look at any network. Never repeats a cell
that may hold a person's data.
"""

import re
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from chalicelib import clock, money
from chalicelib.collect import fields
from chalicelib.errors import BadInput
from chalicelib.money import Money
from cli.imports import countries

_OFFSET = re.compile(r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(Z|UTC|[+-]\d\d:?\d\d)?$")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
_COMMA = re.compile(r"-?(?:\d{1,3}(?:[.\s]\d{3})+|\d+)(?:,\d+)?")
"""An amount with a decimal comma; what parts its thousands are dots or spaces."""
DATES = ("dd.mm.yyyy", "dd/mm/yyyy", "mm/dd/yyyy", "dd-mm-yyyy", "yyyy/mm/dd")
"""Orders in which dates are written, beside ISO 8601."""
_PARTED = re.compile(
    r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?:,?[T ]+(\d{1,2}):(\d\d)(:\d\d)?(?: ?([AaPp])\.?[Mm]\.?)?)?( ?\S+)?"
)
_NAMED = re.compile(r"^[^<>]*<([^<>]+)>$")
"""`Ann <ann@mail.example>`, as address books write it."""
_CURRENCIES = (  # ISO 4217
    " AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG "
    "HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA "
    "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD "
    "RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX "
    "USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG "
)
_YES = {"yes", "true", "1", "y", "subscribed", "opted_in", "opt_in"}
_NO = {"no", "false", "0", "n", "unsubscribed", "not_subscribed", "opted_out", "opt_out", "suppressed", "cleaned"}
_UNSAID = {"never_subscribed", "unknown", "pending", "none", "n/a", "null", "-"}
"""Neither given nor withdrawn: other systems' words for never asked."""


def email(cell: str) -> str:
    if not cell:
        return ""
    from email_validator import EmailNotValidError, validate_email

    try:  # no name server is asked; a domain of tests is judged like any other
        found = validate_email(
            _NAMED.sub(r"\1", cell.strip()).removeprefix("mailto:"),
            check_deliverability=False,
            globally_deliverable=False,
            allow_smtputf8=False,
        )
    except EmailNotValidError:
        _refuse("not a mail address that can be sent to")
    return fields.email(found.ascii_email) or _refuse("not a mail address that can be sent to")


def phone(cell: str, region: str = "") -> str:
    """E.164. A leading apostrophe, as spreadsheets export it, is dropped; `region` is where it may be dialled so."""
    if not cell:
        return ""
    import phonenumbers

    text = cell.lstrip("'").strip()
    if text.startswith("00"):
        text = f"+{text[2:]}"
    try:
        found = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        _refuse("not a phone number" if region else "a phone number must begin with + and its country")
    if not phonenumbers.is_valid_number(found):
        _refuse("not a phone number that any country has given out")
    return str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164))


def country(cell: str) -> str:
    """Two letters of ISO 3166: of them, of its three letters, or of the country's English name."""
    if not cell:
        return ""
    return fields.country(cell) or countries.code_of(cell) or _refuse("a country must be two letters of ISO 3166")


def language(cell: str) -> str:
    if not cell:
        return ""
    return fields.language(cell) or _refuse("not a language such as de or zh-CN")


def zone(cell: str) -> str:
    if cell and not clock.is_zone(cell):
        _refuse("not an IANA time zone such as Europe/Paris")
    return cell


def identifier(cell: str) -> str:
    """An id as it is, without the apostrophe that keeps a spreadsheet from calculating; '' for none."""
    found = fields.identifier(cell.lstrip("'").strip())
    if _SHORTENED.fullmatch(found):
        _refuse("an id that a spreadsheet has shortened, such as 8.2E+17; export it again and do not save it there")
    return found


def amount(cell: str, currency: str, decimal: str = ".") -> Money:
    """Decimal point and no thousands separators, or a decimal comma; negative is refused."""
    if len(currency) != 3 or f" {currency.upper()} " not in _CURRENCIES:
        _refuse("not an ISO 4217 currency")
    value = _number(cell, decimal)
    if value is None:
        other = "," if decimal == "." else "."
        _refuse(f"not an amount such as 12{decimal}50; --decimal {other} reads 12{other}50")
    if value < 0:
        _refuse("an amount below zero")
    return money.parse(value, currency)


def quantity(cell: str, decimal: str = ".") -> int:
    value = _number(cell or "1", decimal)
    if value is None:
        _refuse("not a quantity such as 2; --decimal names the mark in 2.0 or 2,0")
    if value != int(value) or not 0 < value <= 1_000_000:
        _refuse("a quantity must be a whole number above 0")
    return int(value)


def _number(cell: str, decimal: str) -> Decimal | None:
    if decimal == ",":
        if not _COMMA.fullmatch(cell):
            return None
        cell = re.sub(r"[.\s]", "", cell).replace(",", ".")
    try:
        found = Decimal(cell)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None  # Decimal reads NaN and Infinity


def as_iso(cell: str, dates: str) -> str:
    """A date written in the order `dates`, one of DATES, as ISO 8601; any other cell as it is."""
    found = _PARTED.fullmatch(cell) if dates else None
    sign = next((letter for letter in dates if not letter.isalpha()), "")
    if not found or found[2] != sign:
        return cell
    told = dict(zip(dates.split(sign), (found[1], found[3], found[4]), strict=True))
    if len(told["yyyy"]) != 4 or len(told["mm"]) > 2 or len(told["dd"]) > 2:
        return cell
    day = f"{told['yyyy']}-{told['mm']:0>2}-{told['dd']:0>2}"
    if found[5] is None:
        return f"{day}{found[9] or ''}"
    hour = int(found[5])
    if found[8]:
        hour = hour % 12 + 12 * (found[8] in "Pp") if 1 <= hour <= 12 else 99
    return f"{day} {hour:02}:{found[6]}{found[7] or ''}{found[9] or ''}"


def is_day(cell: str) -> bool:
    """Whether a date has no time of day."""
    return bool(_DAY.fullmatch(cell))


def instant(cell: str, zone_name: str, now: datetime) -> datetime | None:
    """A date with time and offset; without an offset only where `zone_name` is given, a bare date is noon there."""
    if not cell:
        return None
    text = cell
    if is_day(cell):
        text = f"{cell}T12:00:00"
    found = _OFFSET.match(text)
    if not found:
        _refuse("not a date such as 2026-01-31 14:30:00 +0100; --dates names another way to write them")
    day, hour, offset = found[1], found[2][:15], found[3]
    try:
        if offset:
            at = clock.parse(f"{day}T{hour}{'Z' if offset == 'UTC' else offset}")
        elif zone_name:
            wall = datetime.fromisoformat(f"{day}T{hour}")
            at = clock.at_local(wall.date(), wall.time(), zone_name)
            if is_day(cell) and at > now:  # today, before noon
                at = clock.at_local(wall.date(), time(), zone_name)
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
    if said in _UNSAID:
        return None
    if said not in _YES | _NO:
        _refuse("neither yes nor no")
    return said in _YES


def is_suppressed(cell: str) -> bool:
    """Whether a list of reasons for never writing to somebody, such as Klaviyo's, names any."""
    return cell.strip("[](){}\"' ").lower() not in ("", "none", "null", "false", "no", "0")


def gender(cell: str) -> str:
    return fields.gender(cell) or ("" if not cell.strip() else _refuse("not a gender we know"))


def birthday(cell: str) -> str:
    """`1990-05-17`, or `--05-17` where the year is not known."""
    if not cell:
        return ""
    found = re.fullmatch(r"(\d{4}|-)-(\d\d)-(\d\d)(?:[T ].*)?", cell)
    try:
        date(int(found[1]) if found and found[1] != "-" else 2000, int(found[2]), int(found[3]))  # type: ignore[index]
    except (TypeError, ValueError):
        _refuse("not a birthday such as 1990-05-17; --dates names another way to write them")
    return f"{found[1]}-{found[2]}-{found[3]}"  # type: ignore[index]


def rating(cell: str) -> int:
    """1 to 5 stars."""
    if cell not in ("1", "2", "3", "4", "5", "1.0", "2.0", "3.0", "4.0", "5.0"):
        _refuse("a rating must be 1 to 5")
    return int(cell[0])


def _refuse(reason: str) -> NoReturn:
    raise BadInput(reason)

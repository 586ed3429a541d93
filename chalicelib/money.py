"""Money as whole minor units and a currency; refuses floats and unknown precision.

Different currencies never add up: the store's currency is what is reported,
and an amount in another one stays as it came, or counts by a rate that the
store states (`Rates`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, NamedTuple

from chalicelib.errors import BadInput

# ISO 4217 currencies whose minor unit is not 1/100 (ISO 4217 list one, 2024).
_NO_DIGITS = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"}
    | {"RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_THREE_DIGITS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


class Money(NamedTuple):
    """`amount` in minor units of `currency` (ISO 4217, upper case)."""

    amount: int
    currency: str

    def __str__(self) -> str:
        digits = exponent(self.currency)
        return f"{Decimal(self.amount).scaleb(-digits):.{digits}f} {self.currency}"


def exponent(currency: str) -> int:
    """How many decimal digits the currency's minor unit has."""
    if currency in _NO_DIGITS:
        return 0
    return 3 if currency in _THREE_DIGITS else 2


def parse(text: str | int | Decimal, currency: str) -> Money:
    """A storefront's decimal text, `"36.99"` or `"1e2"`, → Money. Raises BadInput.

    Beyond the minor unit it rounds half up; NaN, infinities, floats and amounts
    over 10^15 minor units are refused.
    """
    if isinstance(text, bool | float) or not isinstance(text, str | int | Decimal):
        raise BadInput(f"an amount must be text or a whole number, not {type(text).__name__}")
    code = str(currency).strip().upper()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise BadInput(f"not a currency code: {str(currency)[:10]!r}")
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise BadInput(f"not an amount: {str(text)[:20]!r}") from None
    if not value.is_finite() or abs(value) > Decimal(10) ** 13:
        raise BadInput(f"not an amount: {str(text)[:20]!r}")
    return Money(int(value.scaleb(exponent(code)).quantize(Decimal(1), rounding=ROUND_HALF_UP)), code)


@dataclass(frozen=True)
class Rates:
    """The store's currency, and what one unit of others is worth in it, as far as the store says."""

    currency: str
    others: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Rates":
        """From the playbook's settings: `store.currency` and `currencies`."""
        return cls(settings["store"]["currency"], dict(settings.get("currencies") or {}))

    def units(self, amount: Money) -> float:
        """Whole units of the store's currency; NaN where no rate is stated: not known is not nothing."""
        rate = 1.0 if amount.currency == self.currency else self.others.get(amount.currency, math.nan)
        return rate * amount.amount / 10 ** exponent(amount.currency)

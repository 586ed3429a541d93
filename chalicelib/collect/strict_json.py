"""JSON as RFC 8259 has it and no wider: what Python's reader forgives is refused here.

Refused: NaN and infinities, a name twice in one object, more than 64 levels,
bytes that are not UTF-8. Numbers with a point become Decimal and whole numbers
of any length stay exact, so neither a price nor an id above 2^53 is rounded.
"""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from chalicelib.errors import BadJson

DEPTH_LIMIT = 64
_DIGITS_LIMIT = 1000  # Python itself refuses to make an int of more than 4,300 digits

# Strings are skipped whole; one that never ends takes the rest of the text. Possessive, so it is linear.
_MARKS = re.compile(r'"(?:[^"\\]++|\\.)*+\\?(?:"|\Z)|[\[{\]}]', re.DOTALL)


def read(body: bytes) -> Any:
    """The value in `body`. Raises BadJson for anything that is not strict JSON."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadJson("the body is not UTF-8") from None
    _check_depth(text)
    try:
        return json.loads(
            text,
            object_pairs_hook=_read_object,
            parse_float=_read_decimal,
            parse_int=_read_whole_number,
            parse_constant=_refuse_constant,
        )
    except ValueError:
        raise BadJson("the body is not JSON") from None


def _check_depth(text: str) -> None:
    depth = 0
    for mark in _MARKS.finditer(text):
        letter = mark.group()[0]
        if letter in "[{":
            depth += 1
            if depth > DEPTH_LIMIT:
                raise BadJson(f"more than {DEPTH_LIMIT} levels")
        elif letter in "]}":
            depth -= 1


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadJson("a name appears twice in one object")
    return found


def _read_decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond what Decimal holds
        raise BadJson("a number beyond reason") from None


def _read_whole_number(text: str) -> int | Decimal:
    return int(text) if len(text) <= _DIGITS_LIMIT else _read_decimal(text)


def _refuse_constant(name: str) -> NoReturn:
    raise BadJson(f"{name} is not JSON")

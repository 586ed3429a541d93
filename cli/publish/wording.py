"""What JSON Schema found wrong with a file, in words a marketer understands, each at its place."""

import difflib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from cli.publish import shapes
from cli.publish.load import Document, Problem, Where

_KINDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


@cache
def _validator(kind: str) -> Any:
    from jsonschema import Draft202012Validator

    schema = shapes.schema_of(kind, with_rules=False)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def shape_problems(document: Document, kind: str) -> list[Problem]:
    """Everything in the file that does not have the shape of `kind`."""
    return [
        document.problem(where, message)
        for error in _validator(kind).iter_errors(document.data)
        for where, message in _say(error)
    ]


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` when something known is close, else nothing."""
    found = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {found[0]!r}?" if found else ""


def _say(error: Any) -> Iterator[tuple[Where, str]]:
    where = tuple(error.absolute_path)
    description = error.schema.get("description", "") if isinstance(error.schema, dict) else ""
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", ()))
        for key in error.instance:
            if key not in known:
                yield (*where, key), f"unknown key {key!r}{nearest(key, known) or '; known: ' + ', '.join(known)}"
    elif error.validator == "required":
        key = re.findall(r"^'(.*)' is a required property$", error.message)
        yield where, f"`{key[0] if key else error.message}` is missing"
    elif error.validator == "enum":
        word = str(error.instance)[:40]
        yield where, f"{word!r} is not {description or 'known here'}{nearest(word, map(str, error.validator_value))}"
    elif error.validator == "type":
        wanted = [error.validator_value] if isinstance(error.validator_value, str) else error.validator_value
        yield (
            where,
            f"{description or ' or '.join(_KINDS[each] for each in wanted)} is wanted, not {_shown(error.instance)}",
        )
    elif error.validator in ("minItems", "minProperties"):
        yield where, f"{description or _KINDS[error.schema['type']]} is wanted, not nothing"
    elif description:
        yield where, f"{_shown(error.instance)} is not {description}"
    elif error.validator == "anyOf":
        yield where, f"{_shown(error.instance)} is neither a path nor a mapping of values"
    else:
        yield where, error.message.splitlines()[0][:200]


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return _KINDS["object" if isinstance(value, dict) else "array"]
    return repr(value)[:60]

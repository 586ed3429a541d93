"""The contract with the dashboard: the shapes of `overview.json` and `customers.json` as JSON Schema 2020-12.

`FILES[name]()` is written to `dashboard/schema/<name>.json` and a test holds the
two together. In Lambda `check` looks at what a page cannot draw without (the
full validator is a development package); the tests validate real output
against the whole schema.
"""

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.errors import DriplineError
from chalicelib.measure import customers
from chalicelib.measure.funnel import DEPTHS, STAGES
from chalicelib.measure.overview import DAYS, FORMAT, PERIODS, SERIES
from chalicelib.measure.reasons import FEWEST

_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_COUNTS: dict[str, Any] = {"type": "object", "additionalProperties": _COUNT}
_DAY: dict[str, Any] = {"type": "string", "format": "date"}
_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
_TENS: dict[str, Any] = {"type": "integer", "minimum": FEWEST, "multipleOf": FEWEST}
_PEOPLE: dict[str, Any] = {"anyOf": [_TENS, {"type": "null"}]}
_FIGURE: dict[str, Any] = {"type": ["number", "null"]}
_SHARE: dict[str, Any] = {"type": ["number", "null"], "minimum": 0, "maximum": 1}


def _record(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "additionalProperties": False, "properties": properties}


def _list(items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


_NAMES = _record({"en": _TEXT, "zh-CN": _TEXT})
_DEFINITION = _record(
    {
        "id": _TEXT,
        "kind": {"enum": ["flow", "campaign", "other"]},
        "name": {"$ref": "#/$defs/names"},
        **dict.fromkeys((*STAGES, "orders", "revenue"), _COUNT),
        "skipped": _COUNTS,
    }
)
_SIDE = _record({"entered": _COUNT, "ordered": _COUNT, "revenue": _COUNT})
_PERIOD = _record(
    {
        "from": _DAY,
        "to": _DAY,
        "definitions": _list({"$ref": "#/$defs/definition"}),
        "skipped": _COUNTS,
        "drops": _COUNTS,
        "other_currencies": _list(
            _record({"currency": {"type": "string", "pattern": "^[A-Z]{3}$"}, "orders": _COUNT, "revenue": _COUNT})
        ),
        "lift": _list(_record({"id": _TEXT, "name": {"$ref": "#/$defs/names"}, "treated": _SIDE, "held_out": _SIDE})),
    }
)


def overview_document() -> dict[str, Any]:
    """The schema; money is in minor units of `store.currency`, which has `store.digits` decimals."""
    period = {"$ref": "#/$defs/period"}
    by_flow = {"type": "object", "additionalProperties": _COUNTS}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Dripline overview",
        "description": "Aggregates only. Amounts are minor units of store.currency; days are the store's.",
        "$defs": {"names": _NAMES, "definition": _DEFINITION, "period": _PERIOD},
        **_record(
            {
                "format": {"const": FORMAT},
                "sample": {"type": "boolean"},
                "store": _record({"name": _TEXT, "currency": _TEXT, "digits": _COUNT, "timezone": _TEXT}),
                "attribution": _record({"model": {"const": "last_click"}, "window_hours": _COUNT}),
                "days": _list(_DAY, minItems=DAYS, maxItems=DAYS),
                "series": _record({name: _list(_COUNT, minItems=DAYS, maxItems=DAYS) for name in SERIES}),
                "periods": _record(
                    {str(length): _record({"current": period, "previous": period}) for length in PERIODS}
                ),
                "reasons": _record(
                    {
                        "names": {"type": "object", "additionalProperties": {"$ref": "#/$defs/names"}},
                        "flows": {"type": "object", "additionalProperties": {"$ref": "#/$defs/names"}},
                        "weeks": _list(_record({"from": _DAY, "counts": _COUNTS, "by_flow": by_flow})),
                        "by_flow": by_flow,
                    }
                ),
                "attention": _record(
                    {
                        "days": _COUNT,
                        "places": {"type": "object", "additionalProperties": _TENS},
                        "depths": _list(
                            _record({"id": _TEXT, "name": {"$ref": "#/$defs/names"}, **dict.fromkeys(DEPTHS, _PEOPLE)})
                        ),
                    }
                ),
            }
        ),
    }


def customers_document() -> dict[str, Any]:
    """The schema; a number of people is a multiple of ten, or null where it is below ten or was not counted."""
    names: dict[str, Any] = {"$ref": "#/$defs/names"}
    maybe_named = {"anyOf": [names, {"type": "null"}]}
    history = _list({"$ref": "#/$defs/people"}, minItems=customers.DAYS, maxItems=customers.DAYS)
    people = {"$ref": "#/$defs/people"}
    reachable = _record({"email": people, "sms": people})
    group = {"id": _TEXT, "name": names, "size": people}
    candidate = {
        "name": names,
        "chosen": {"type": "boolean"},
        "fallback": {"type": "boolean"},
        **dict.fromkeys(("figure", "gain", "error"), _FIGURE),
    }
    model = {
        "id": _TEXT,
        "name": names,
        **dict.fromkeys(("blank", "unjudged", "measure", "chosen", "fallback"), maybe_named),
        "candidates": _list(_record(candidate)),
        "rows": {"type": ["integer", "null"], "minimum": 0},
        "judged_on": {"anyOf": [_list(_DAY, minItems=2, maxItems=2), {"type": "null"}]},
        "reliability": _SHARE,
        "days": {
            "anyOf": [
                _list(_list({"type": "number"}, minItems=2, maxItems=2), minItems=3, maxItems=3),
                {"type": "null"},
            ]
        },
        "since": {"type": ["string", "null"], "format": "date"},
        "as_of": {"type": ["string", "null"]},
        "customers": people,
    }
    best = {**dict.fromkeys(("share", "kept", "captured"), _SHARE), "history": _list(_SHARE)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Dripline customers",
        "description": "Aggregates only. Numbers of people are in tens; below ten there is none.",
        "$defs": {"names": _NAMES, "people": _PEOPLE},
        **_record(
            {
                "format": {"const": customers.FORMAT},
                "sample": {"type": "boolean"},
                "days": _list(_DAY, minItems=customers.DAYS, maxItems=customers.DAYS),
                "counted": {"type": "boolean"},
                "customers": history,
                "reachable": reachable,
                "segments": _list(
                    _record(
                        {
                            **group,
                            "definition": _TEXT,
                            "reachable": reachable,
                            "history": history,
                            "moved": _record(
                                {str(length): _record({"entered": people, "left": people}) for length in PERIODS}
                            ),
                        }
                    )
                ),
                "groups": _list(_record(group)),
                "stages": _list(_record({**group, "history": history})),
                "best": {"anyOf": [_record(best), {"type": "null"}]},
                "models": _list(_record(model)),
            }
        ),
    }


FILES: Mapping[str, Callable[[], dict[str, Any]]] = {"overview": overview_document, "customers": customers_document}


def check(name: str, document: Mapping[str, Any]) -> None:
    """Raise DriplineError for a document the page could not draw."""
    promised = FILES[name]()["properties"]
    if set(document) != set(promised) or document["format"] != promised["format"]["const"]:
        raise DriplineError(f"{name} does not have the promised parts")
    if name == "overview":
        series = document["series"]
        if set(series) != set(SERIES) or {len(values) for values in series.values()} != {DAYS}:
            raise DriplineError(f"every series of the overview needs {DAYS} days")

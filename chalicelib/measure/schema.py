"""The contract with the dashboard: the shape of `overview.json` as JSON Schema 2020-12.

`document()` is written to `dashboard/schema/overview.json` and a test holds the
two together. In Lambda `check` looks at what a page cannot draw without (the
full validator is a development package); the tests validate real output
against the whole schema.
"""

from typing import Any

from chalicelib.errors import DriplineError
from chalicelib.measure.funnel import STAGES
from chalicelib.measure.overview import DAYS, FORMAT, PERIODS, SERIES

_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_COUNTS: dict[str, Any] = {"type": "object", "additionalProperties": _COUNT}
_DAY: dict[str, Any] = {"type": "string", "format": "date"}
_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}


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


def document() -> dict[str, Any]:
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
            }
        ),
    }


def check(overview: dict[str, Any]) -> None:
    """Raise DriplineError for a document the page could not draw."""
    promised = document()["properties"]
    if set(overview) != set(promised) or overview["format"] != FORMAT:
        raise DriplineError("the overview does not have the promised parts")
    if set(overview["series"]) != set(SERIES) or {len(values) for values in overview["series"].values()} != {DAYS}:
        raise DriplineError(f"every series of the overview needs {DAYS} days")

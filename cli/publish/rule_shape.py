"""The shape of a rule, as JSON Schema made from the words that rules have: what an editor completes.

Refuses to be the judge of a rule: `profile/rulecheck.py` is, and says more.
"""

from chalicelib.profile import happenings, vocabulary
from chalicelib.profile.comparison import ORDERED, SIGNS
from chalicelib.profile.traits import TRAITS
from cli.publish.shapes import DURATION, EVENT, ID, LINE, Schema, list_of, record, text_like

_VALUES: dict[str, Schema] = {"number": {"type": "number"}, "money": {"type": "number"}, "flag": {"type": "boolean"}}


def rule_schema() -> Schema:
    """What an editor may complete in a rule; `check` relies on the rule's own checker, which says more."""
    number: Schema = {"type": "number"}
    conditions: dict[str, Schema] = {group: list_of({"$ref": "#/$defs/rule"}) for group in ("all", "any", "none")}
    conditions |= {
        name: _compared(_VALUES.get(trait.kind, _words(trait.choices)), trait.meaning) for name, trait in TRAITS.items()
    }
    fields = {name for event in happenings.FIELDS.values() for name in event}
    numbers = {"price", *happenings.NUMBERS}
    asked = {name: _compared(number if name in numbers else _words(()), name) for name in sorted(fields)}
    listed = list_of({"type": ["string", "number"]})
    conditions |= {
        "did": EVENT,
        "did_not": EVENT,
        "times": record({"gte": {"type": "integer", "minimum": 1}}),
        "within": DURATION,
        "where": record({}, asked)
        | {"minProperties": 1, "description": "what single acts and lines of orders are like"},
        "segment": ID,
        "tag": text_like(r"^[a-z][a-z_]*(:.+)?$", "a tag such as promo_sensitive, likes:kitchen or category:Kitchen"),
        "prediction": {
            "description": "what is predicted, compared beside it",
            "anyOf": [
                _words(vocabulary.PREDICTIONS),
                text_like(rf"^({'|'.join(vocabulary.PREDICTIONS_OF)}):.+$", "of a category or product, reorder:Coffee"),
            ],
        },
        "diagnosis": _words(vocabulary.DIAGNOSES)
        | {"description": "why somebody active buys little, compared beside it"},
        "attribute": LINE | {"description": "the name of what was told, compared beside it"},
        "paid": {"type": "boolean", "description": "whether the order of the flow is paid"},
        "order_total": _compared(number, "the total of the flow's order"),
    }
    conditions |= {sign: number | {"description": "beside prediction or diagnosis"} for sign in ORDERED}
    conditions |= {"eq": LINE, "in": listed, "not_in": listed}
    return record({}, conditions) | {"minProperties": 1}


def _words(choices: tuple[str, ...]) -> Schema:
    return {"type": "string"} | ({"enum": list(choices)} if choices else {})


def _compared(value: Schema, meaning: str) -> Schema:
    """A value, a list of values, or comparisons."""
    signs = {sign: list_of(value) if sign in ("in", "not_in") else value for sign in SIGNS}
    return {"description": meaning, "anyOf": [value, list_of(value), record({}, signs)]}

"""The shapes of the playbook's files, as JSON Schema 2020-12 made from what the code itself knows.

Event names, traits and identifiers are read from the kernel and the profile,
so the schemas cannot lag behind them. `python -m cli.publish.shapes` writes
them to `playbook/schemas/`, where editors find them by each file's first line.
A `description` here is also what a mistake is answered with.
"""

import json
from pathlib import Path
from typing import Any

from chalicelib.collect.api.limits import PER_MINUTE
from chalicelib.collect.sources.generic import PRODUCT_EVENTS
from chalicelib.events import EVENTS
from cli.publish.load import DEFAULT

QUESTION_KINDS = ("single", "multiple", "number", "date", "text")
TOLD = ("first_name", "last_name", "gender", "birthday", "city", "region", "country")
"""What an answer may also be told of the customer as: fields of Customer Updated."""

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def text_like(pattern: str, description: str) -> Schema:
    return {"type": "string", "pattern": pattern, "description": description}


def record(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


def list_of(items: Schema) -> Schema:
    return {"type": "array", "items": items, "minItems": 1}


def _by_id(values: Schema, least: int = 1) -> Schema:
    return {"type": "object", "additionalProperties": values, "minProperties": least}


ID = text_like(r"^[a-z][a-z0-9_]{0,63}$", "an id of small letters, digits and _, such as unpaid_order")
LINE = text_like(r"^[^\x00-\x1f\x7f]+$", "text of one line")
DURATION = text_like(r"^[1-9][0-9]{0,3}(m|h|d|w|mo)$", "a duration such as 30m, 1h, 3d, 2w or 6mo")
WALL_TIME = text_like(r"^([01]?[0-9]|2[0-3]):[0-5][0-9]$", 'a local time (of the recipient) such as "10:00"')
SHARE = text_like(r"^[0-9]{1,2}(\.[0-9]{1,2})?%$", "a share below 100% such as 5%")
ZONE = text_like(r"^[A-Za-z_]+(/[A-Za-z0-9_+-]+){0,2}$", "an IANA time zone such as Europe/Paris")
MAIL_ADDRESS = text_like(r"^[^@\s,;<>\x00-\x1f]+@[^@\s,;<>\x00-\x1f]+\.[^@\s,;<>\x00-\x1f]+$", "one mail address")
LANGUAGE = text_like(r"^[a-z]{2,3}(-[A-Z][A-Za-z]{1,3})?$", "a language such as en or zh-CN")
HOST = text_like(r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", "a host name in small letters such as shop.example")
ORIGIN = text_like(r"^https?://[^/\s]+$", "an origin such as https://shop.example, without a path")
AMOUNT: Schema = {
    "type": ["integer", "string"],
    "exclusiveMinimum": 0,
    "pattern": r"^[0-9]+(\.[0-9]+)?$",
    "description": 'an amount: a whole number, or decimal text in quotes such as "4.99"',
}
LOCALISED: Schema = {
    "type": "object",
    "additionalProperties": LINE,
    "minProperties": 1,
    "description": "text by language, such as {en: Welcome, zh-CN: 欢迎}",
}
EVENT: Schema = {"enum": list(EVENTS), "description": "the name of an event"}


RULE = {"$ref": "#/$defs/rule"}
PIXEL_MODE: Schema = {"enum": ["individual", "campaign", "none"], "description": "individual, campaign or none"}
READING_TIME: Schema = {"type": "boolean", "description": "whether to measure how long its mails are kept open"}

API = record(
    {},
    {
        "browser_keys": _by_id(
            record(
                {"key": text_like(r"^[A-Za-z0-9_-]{12,64}$", "12 to 64 letters, digits, _ and -; it is public")},
                {"origins": list_of(ORIGIN)},
            ),
            0,
        ),
        "ids_of": ID | {"description": "the source whose customers and orders the API names, such as shopify"},
        "per_minute": record({}, {name: {"type": "integer", "minimum": 1} for name in PER_MINUTE}),
    },
)
"""Keys that stand in pages, and how many messages a minute are taken of a key and of a browser."""

TAGS = record(
    {},
    {
        "promo_share": SHARE,
        "likes_share": SHARE,
        "returns_share": SHARE,
        "least_orders": {"type": "integer", "minimum": 1, "maximum": 100},
        "least_answers": {"type": "integer", "minimum": 3, "maximum": 1000},
        "spend_steps": list_of({"type": "integer", "minimum": 1}) | {"uniqueItems": True},
        "city_tiers": _by_id(list_of(LINE), 0),
    },
)
"""From when on a tag is true of a customer; see profile/tags.py."""

SETTINGS = record(
    {
        "store": record(
            {
                "name": LINE,
                "url": text_like(
                    r"^https://[^/\s]+$", "the shop's address such as https://shop.example, without a path"
                ),
                "hosts": list_of(HOST),
                "timezone": ZONE,
                "currency": text_like(r"^[A-Z]{3}$", "a currency such as USD"),
                "country": text_like(r"^[A-Z]{2}$", "a country such as US"),
                "languages": list_of(LANGUAGE) | {"uniqueItems": True},
                "postal_address": LINE,
            },
            {f"{platform}_shops": list_of(HOST) for platform in ("shopify", "shopline", "shoplazza")},
        ),
        "sender": record({"name": LINE, "address": MAIL_ADDRESS, "reply_to": MAIL_ADDRESS}),
        "caps": record({"email": record({"every": DURATION, "retry": DURATION})}),
        "attribution": record({"email": DURATION}),
        "tracking": record(
            {
                "pixel": PIXEL_MODE,
                "ask_in": {"type": "array", "items": text_like(r"^[A-Z]{2}$", "a country such as FR")},
                "wordings": {"type": "array", "items": {"type": "string"}},
            },
            {
                "countries": {
                    "type": "object",
                    "propertyNames": text_like(r"^[A-Z]{2}$", "a country such as FR"),
                    "additionalProperties": PIXEL_MODE,
                },
                "unasked": {"enum": ["campaign", "none"], "description": "campaign or none"},
            },
        ),
        "holdout": SHARE,
        "spend_bands": record(
            {"mid": {"type": "number", "exclusiveMinimum": 0}, "high": {"type": "number", "exclusiveMinimum": 0}}
        ),
        "tags": TAGS,
        "segments": record({"slices": {"type": "integer", "minimum": 1, "maximum": 256}}),
        "unsubscribe_reasons": _by_id(LOCALISED),
        "offers": _by_id(
            record(
                {"code": text_like(r"^[A-Za-z0-9_-]{1,64}$", "a coupon code"), "expires": DURATION},
                {"amount": AMOUNT, "percent": {"type": "integer", "minimum": 1, "maximum": 100}},
            ),
            0,
        ),
        "consent_wording": _by_id(LOCALISED),
    },
    {
        "api": API,
        "currencies": {
            "type": "object",
            "propertyNames": text_like(r"^[A-Z]{3}$", "a currency such as EUR"),
            "additionalProperties": {"type": "number", "exclusiveMinimum": 0},
        },
        "insights": record(
            {},
            {
                "from": WALL_TIME,
                "margin_floor": SHARE,
                "no_products": {"type": "array", "items": LINE, "description": "ids of order lines that are none"},
            },
        ),
        "notices": record(
            {},
            {
                "price_fall": SHARE,
                "low_stock": {"type": "integer", "minimum": 1, "maximum": 100_000},
                "seen_within": DURATION,
            },
        ),
        "custom_events": {"type": "array", "items": LINE, "description": "names of events of the shop's own"},
        "topics": _by_id(LOCALISED),
        "signup": record({}, {"reward": ID, "survey": ID}),
    },
)

SEGMENT = record({"id": ID, "name": LOCALISED, "who": RULE})

_STEP = record(
    {},
    {
        "wait": DURATION,
        "until": WALL_TIME,
        "email": ID | {"description": "the id of a template"},
        "coupon": ID | {"description": "the id of an offer in dripline.yaml"},
        "points": record({"grant": {"type": "integer", "minimum": 1, "maximum": 1_000_000}}),
        "branch": list_of({"$ref": "#/$defs/arm"}),
    },
) | {"minProperties": 1}
_ARM = record({"steps": list_of({"$ref": "#/$defs/step"})}, {"if": RULE, "else": {"const": True}})

FLOW = record(
    {
        "id": ID,
        "name": LOCALISED,
        "enter": record({"event": EVENT, "again_after": DURATION}, {"who": RULE}),
        "goal": record({"event": EVENT, "within": DURATION}),
        "priority": {"type": "integer", "minimum": 0, "maximum": 100},
        "steps": list_of({"$ref": "#/$defs/step"}),
    },
    {"exit": list_of(record({"event": EVENT})), "holdout": SHARE, "reading_time": READING_TIME},
)

CAMPAIGN = record(
    {
        "id": ID,
        "name": LOCALISED,
        "audience": record({"in": list_of(ID)}, {"not_in": list_of(ID)}),
        "send": record(
            {
                "at": text_like(r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$", "a day and local time such as 2026-11-27 10:00"),
                "timezone": ZONE | {"description": "`recipient`, or one IANA time zone for all"},
            },
            {"fallback": ZONE, "spread": DURATION},
        ),
        "email": record({"template": ID}),
    },
    {"holdout": SHARE, "topics": list_of(ID), "reading_time": READING_TIME},
)

PATH = text_like(r"^(\$\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$", "a path of field names such as order.customer.email")
_VALUE: Schema = {
    "anyOf": [PATH, {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/value"}}]
}
SOURCE = record(
    {
        "id": ID,
        "topic": PATH,
        "events": _by_id(
            record(
                {
                    "event": {"enum": [*EVENTS, *PRODUCT_EVENTS], "description": "the name of an event"},
                    "id": PATH,
                    "occurred_at": PATH,
                    "fields": {"type": "object", "additionalProperties": {"$ref": "#/$defs/value"}},
                },
                {"who": {"type": "object", "additionalProperties": PATH, "minProperties": 1}},
            )
        ),
    },
    {"signature": {"enum": ["dripline", "standard"], "description": "how it is signed (dripline, standard)"}},
)

_QUESTION = record(
    {
        "key": ID,
        "kind": {"enum": list(QUESTION_KINDS), "description": f"a kind of question ({', '.join(QUESTION_KINDS)})"},
        "ask": LOCALISED,
    },
    {
        "hint": LOCALISED,
        "choices": _by_id(LOCALISED)
        | {
            "propertyNames": text_like(
                r"^[a-z0-9][a-z0-9_+-]{0,39}$", "a key of small letters, digits, _, - and +, such as 25-34"
            )
        },
        "least": {"type": "integer"},
        "most": {"type": "integer"},
        "field": {"enum": list(TOLD), "description": f"a field of a customer ({', '.join(TOLD)})"},
    },
)
SURVEY = record(
    {"id": ID, "title": LOCALISED, "intro": LOCALISED, "questions": list_of(_QUESTION)},
    {"reward": ID | {"description": "the id of an offer in dripline.yaml"}},
)

KINDS: dict[str, Schema] = {
    "settings": SETTINGS,
    "segment": SEGMENT,
    "flow": FLOW,
    "campaign": CAMPAIGN,
    "source": SOURCE,
    "survey": SURVEY,
}


def schema_of(kind: str, *, with_rules: bool = True) -> Schema:
    """The whole schema of one kind of file; without rules it takes anything where a rule stands."""
    from cli.publish.rule_shape import rule_schema  # it is made of the shapes above

    rule: Schema = rule_schema() if with_rules else {}
    parts = {"rule": rule, "step": _STEP, "arm": _ARM, "value": _VALUE}
    used = {"segment": ("rule",), "flow": ("rule", "step", "arm"), "source": ("value",)}.get(kind, ())
    schema: Schema = {"$schema": DIALECT, "title": f"Dripline {kind}"} | KINDS[kind]
    return schema | ({"$defs": {name: parts[name] for name in used}} if used else {})


def as_text(kind: str) -> str:
    """The schema file of one kind, as it stands in `playbook/schemas/`."""
    return json.dumps(schema_of(kind), ensure_ascii=False, indent=2) + "\n"


def write(directory: Path = DEFAULT / "schemas") -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        (directory / f"{kind}.json").write_text(as_text(kind), encoding="utf-8")


if __name__ == "__main__":
    write()

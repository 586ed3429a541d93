"""No word is missing: everything that is named or said to an operator has its words in every language."""

import ast
import re
from datetime import UTC, datetime

import pytest

from chalicelib.events import EVENTS
from chalicelib.profile import attributes, conditions, happenings, measures, tags, traits, vocabulary, wishes
from chalicelib.profile.comparison import SIGNS
from chalicelib.profile.words import LANGUAGES, NAMED, places
from cli.demo import frame
from cli.publish.load import DEFAULT
from cli.publish.reasons import read_reasons
from tests.guards.sources import ROOT
from tests.profile.people import person

WORDS = read_reasons(DEFAULT)[0]
NOW = datetime(2026, 11, 23, tzinfo=UTC)
SPEAKING = (
    *sorted((ROOT / "cli").glob("portrait*.py")),
    *(ROOT / "cli" / "commands" / f"{name}.py" for name in ("customer", "segment", "due", "models")),
    *(ROOT / "cli" / "demo" / f"{name}.py" for name in ("customer_pages", "frame")),
    ROOT / "cli" / "segments.py",
    *(ROOT / "chalicelib" / "profile" / f"{name}.py" for name in ("phrases", "conditions", "words")),
    ROOT / "chalicelib" / "segment" / "membership.py",
)
OF = {"label": "label", "_title": "label", "_counted": "label", "labels": "label", "said": "label", "word": "word"}
"""Function → the kind of name that its words have; of `_table` the caption and the heads are labels."""


def measured():
    bought = person(now=NOW, orders=[{"id": "1", "total": [100, "USD"], "placed": 9, "paid": 9}])
    return {name.partition(":")[0] for name in measures.measures_of(bought, NOW)}


VOCABULARY = {
    "figure": measured() | {"bought", "spent"},
    "trend": {"rising", "steady", "falling", "too little data"},
    "trait": {*traits.TRAITS, *conditions.ORDER_KEYS},
    "field": {field for fields in happenings.FIELDS.values() for field in fields},
    "kind": set(vocabulary.PREFERENCES),
    "event": set(EVENTS),
    "act": set(happenings.ACTS.values()),
    "tag": {*tags.COMPOSERS, *vocabulary.PREFERENCES},
    "prediction": {*vocabulary.PREDICTIONS, *vocabulary.PREDICTIONS_OF},
    "diagnosis": set(vocabulary.DIAGNOSES),
    "group": set(vocabulary.RFM_GROUPS),
    "stage": set(vocabulary.STAGES),
    "tier": set(vocabulary.TIERS),
    "band": set(traits.BANDS),
    "consent": set(traits.CONSENT_STATES),
    "attribute": {*attributes.KNOWN, *attributes._TOLD, "age_band", "language"},
    "gender": {"female", "male"},
    "source": {*attributes._SOURCES, "explicit", "clicks", "phone", "country", "chosen", "target groups"},
    "confidence": {"certain", "likely", "guess", "default"},
    "how": {
        *("signed_up", "confirmed", "told_yes", "imported_yes", "withdrawn", "resubscribed"),
        *("one_click", "page", "complaint", "stop", "recorded", "import", "account_deleted"),
    },
    "stop": {"complained", "bounced", "soft_bounced", "unreachable"},
    "frequency": set(wishes.FREQUENCIES),
    "status": {"created", "paid", "fulfilled", "cancelled", "refunded"},
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_can_be_named_has_a_name(language):
    names, sentences = WORDS[language]["names"], WORDS[language]["reasons"]
    for kind, values in VOCABULARY.items():
        assert values - set(names[kind]) == set(), kind
    assert set(NAMED.values()) <= set(names)
    assert {f"wanted_{sign}" for sign in SIGNS if sign not in ("eq", "in")} <= set(sentences)
    valued = {value for value in names["tag"] if "{value}" in names["tag"][value]}
    assert valued <= set(names["kind"]), "a tag that is named with its value is named without one too"
    for key in ("all", "any", "none", "segment", "tag", *conditions.EVENT_KEYS, *conditions.NAMED_KEYS):
        assert f"condition_{key}" in sentences


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_commands_and_pages_show_has_words(language):
    asked = set()
    for path in SPEAKING:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                asked |= set(_asked(node))
    assert len(asked) > 100
    names, sentences = WORDS[language]["names"], WORDS[language]["reasons"]
    missing = {(kind, key) for kind, key in asked if key not in (sentences if kind == "say" else names.get(kind, {}))}
    assert missing == set()
    shown = {key for kind, key in asked if kind == "label"} | {name for _, name in (*frame.NAVIGATION, frame.SHOP)}
    assert set(names["label"]) == shown, "a label is missing, or nothing shows it"


def _asked(call):
    function = getattr(call.func, "attr", getattr(call.func, "id", ""))
    texts = [
        [each.value for each in ast.walk(argument) if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        if isinstance(argument, ast.Constant | ast.IfExp | ast.Tuple)
        else []
        for argument in call.args
    ]
    if function == "say" and texts:
        yield from (("say", key) for key in texts[0])
    elif function in OF:
        yield from ((OF[function], key) for keys in texts for key in keys)
    elif function == "_table":
        yield from (("label", key) for keys in texts[:2] for key in keys)
    elif function == "name" and len(texts) > 1 and texts[0]:
        yield from ((texts[0][0], key) for key in texts[1])


def test_both_languages_say_the_same_things():
    one, other = (WORDS[language] for language in LANGUAGES)
    assert {kind: set(names) for kind, names in one["names"].items()} == {
        kind: set(names) for kind, names in other["names"].items()
    }
    assert set(one["reasons"]) == set(other["reasons"])
    for key, sentence in one["reasons"].items():
        assert places(other["reasons"][key]) == places(sentence), key
        assert isinstance(sentence, str) == isinstance(other["reasons"][key], str), key
    chinese = [str(text) for names in other["names"].values() for text in names.values()]
    latin = [text for text in chinese if re.fullmatch(r"[A-Za-z ,.']{4,}", text)]
    assert set(latin) <= {"Amazon SES", "Dripline"}, "left in English"

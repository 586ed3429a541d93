"""Segments, models and readers as published: exact counts go in, tens come out, and nothing else tells of a few."""

import json
from collections import Counter
from datetime import timedelta

import jsonschema
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from chalicelib import events
from chalicelib.measure import jobs, schema
from chalicelib.measure.reasons import FEWEST, OTHER
from chalicelib.measure.rounding import folded, shown
from chalicelib.measure.yaml_text import to_yaml
from chalicelib.playbook.bundle import POINTER, bundle_object
from cli.publish.load import DEFAULT, load
from cli.publish.reasons import read_reasons
from tests.measure.conftest import BUNDLE, about, archive, at, fact, sent

NOW = at(days=13)
VIP = {"name": {"en": "VIPs", "zh-CN": "VIP 客户"}, "who": {"all": [{"top_fifth": True}, {"orders_count": {"gte": 3}}]}}
NAMED = VIP | {"who": {"any": [{"attribute": "advised_by", "in": ["Ann <ann@mail.example>", "shop"]}]}}
SILENCE = {
    "measure": "area under the curve",
    "chosen": "logistic",
    "fallback": "recency",
    "rows": 812,
    "judged_on": ["2026-09-14", "2026-11-13"],
    "candidates": {
        "recency": {"figure": 0.71, "gain": 0.0, "error": 0.0},
        "logistic": {"figure": 0.78, "gain": 0.07, "error": 0.01},
    },
}
CARDS = {
    "silence": SILENCE,
    "shelf": {
        "new": {"chosen": "EASE 300 log", "fallback": "popular", "blank": ["too_few_to_judge", {"have": 4, "need": 50}]}
    },
    "response": {"blank": ["too_few_coupons", {"have": 12, "need": 200}]},
    "value": {
        "share": 0.58,
        "kept": 0.6,
        "captured": 0.5,
        "chosen": "all spending alike",
        "fallback": "all spending alike",
    },
}


def tell_models(store, run, cards):
    told = {name: card | {"as_of": run, "customers": 1003} for name, card in cards.items()}
    store.data.put_json(f"models/{run}/cards.json", told)
    store.data.put_json("models/current.json", {"run": run, "customers": 1003, "settings": {}})


def tell_sizes(store, when, *slices, of=2):
    for number, counts in enumerate(slices):
        told = {"run": f"{when:%Y-%m-%dT%H}", "of": of, "email": {}, "sms": {}, "rfm": {}, "stage": {}} | counts
        store.data.put_json(f"segments/sizes/{when:%Y-%m-%d}/{number:04}.json", told)


def published(store):
    manifest = store.dashboard.get_json("manifest.json")
    found = {name: store.dashboard.get_json(key) for name, key in manifest["files"].items()}
    for name, document in found.items():
        jsonschema.Draft202012Validator(schema.FILES[name]()).validate(document)
    return found


def test_a_store_s_customers_over_a_fortnight(store):
    words, _ = read_reasons(DEFAULT)
    content = BUNDLE | {"version": "v2", "segments": {"vip": VIP, "zombies": NAMED}, "reasons": words}
    store.data.put_json(bundle_object("v2"), content)
    store.data.put_json(POINTER, {"version": "v2"})
    half = {"customers": 507, "sizes": {"vip": 61, "zombies": 4}, "email": {"": 300, "vip": 31}, "rfm": {"loyal": 44}}
    rest = {"customers": 496, "sizes": {"vip": 60, "zombies": 3}, "stage": {"new": 14, "churned": 9}}
    tell_sizes(
        store,
        NOW - timedelta(days=1),
        {"customers": 500, "sizes": {"vip": 52}},
        {"customers": 498, "sizes": {"vip": 50}},
    )
    tell_sizes(store, NOW, half)  # the other slice is still at work
    tell_models(store, "2026-11-13T08:00:00.000Z", CARDS)
    moves = [
        fact(kind, f"p{number}", at(days=days), segment="vip")
        for kind, number_of, days in (
            (events.SegmentEntered, 24, 12),
            (events.SegmentLeft, 9, 12),
            (events.SegmentEntered, 11, 2),
        )
        for number in range(number_of)
    ]
    mails = [sent(f"r{number}", at(days=3)) for number in range(31)]
    opens = [
        about(
            mail,
            events.EmailOpened,
            at(days=3, hours=2),
            country="DE" if number < 16 else "IS" if number < 20 else "",
            key=str(twice),
        )
        for number, mail in enumerate(mails)
        for twice in range(1 + (number == 17) * 12)
    ]
    marks = [
        about(mail, events.EmailRead, at(days=3, hours=2), key=depth, seconds=seconds, depth=depth)
        for number, mail in enumerate(mails)
        for depth, seconds in (("glanced", 0), ("skimmed", 2), ("read", 8))[: 1 + (number < 25) + (number < 6)]
    ]
    machine = about(mails[30], events.EmailOpened, at(days=3), agent="proxy", country="DE")
    archive(store, [*moves, *mails, *opens, *marks, machine])

    assert jobs.aggregate(store, NOW)["changed"]
    first = published(store)
    told = first["customers"]
    assert (told["days"][-1], told["customers"][-3:]) == ("2026-11-14", [None, None, 1000]), (
        "a day counts when all of it is there"
    )
    assert first["overview"]["attention"] == {
        "days": 30,
        "places": {"DE": 20},
        "depths": [
            {
                "id": "flow:welcome",
                "name": {"en": "Welcome", "zh-CN": "欢迎"},
                "glanced": None,
                "skimmed": 20,
                "read": None,
            }
        ],
    }, "one person in Iceland who opens a mail thirteen times is one person"

    tell_sizes(store, NOW, half, rest)
    tell_models(store, "2026-11-15T08:00:00.000Z", CARDS | {"response": SILENCE | {"chosen": "recency"}})
    assert jobs.aggregate(store, NOW + timedelta(hours=1))["changed"]
    told = published(store)["customers"]
    vip, zombies = told["segments"]
    assert (vip["size"], vip["history"][-2:], vip["reachable"]) == (120, [100, 120], {"email": 30, "sms": None})
    assert vip["moved"] == {
        "7": {"entered": 20, "left": None},
        "30": {"entered": 40, "left": None},
        "90": {"entered": 40, "left": None},
    }
    assert zombies["size"] is None, "seven are not said"
    assert YAML(typ="safe").load(vip["definition"]) == VIP["who"]
    assert "shop" in zombies["definition"]
    assert "@" not in json.dumps(told), "an address in a rule is a person's"
    assert told["reachable"] == {"email": 300, "sms": None}
    assert [each["size"] for each in told["groups"] if each["id"] == "loyal"] == [40]
    assert next((each["name"]["zh-CN"], each["size"]) for each in told["stages"]) == ("新客户", 10)
    assert (told["best"]["share"], told["best"]["history"][-1]) == (0.58, 0.58)
    models = {each["id"]: each for each in told["models"]}
    assert (models["silence"]["chosen"]["zh-CN"], models["silence"]["since"], models["silence"]["rows"]) == (
        "逻辑回归",
        "2026-11-13",
        812,
    )
    assert (models["response"]["chosen"]["en"], models["response"]["since"]) == (
        "Days since the last purchase",
        "2026-11-15",
    )
    assert models["shelf.new"]["chosen"]["en"] == "EASE of how often, strength 300"
    assert models["shelf.new"]["unjudged"]["en"].startswith("4 customers to judge by; 50 are needed")
    assert all(each["name"]["en"] != each["id"] for each in told["models"])
    assert not jobs.aggregate(store, NOW + timedelta(hours=2))["changed"], "nothing was counted meanwhile"


def test_a_store_without_segments_counted_or_models_learnt_says_so(store):
    jobs.aggregate(store, NOW)
    told = published(store)["customers"]
    assert (told["counted"], told["best"], told["models"], told["segments"]) == (False, None, [], [])


PEOPLE = st.integers(0, 60)


@given(st.dictionaries(st.sampled_from(["DE", "FR", "IS", OTHER]), PEOPLE), PEOPLE, PEOPLE)
def test_neither_a_number_nor_a_difference_is_about_few(counts, today, tomorrow):
    known = [number for number in (shown(today), shown(tomorrow), *folded(counts).values()) if number is not None]
    assert all(number >= FEWEST for number in known)
    assert all((one - other) % FEWEST == 0 for one in known for other in known)
    assert all(abs(shown(number) - number) <= FEWEST / 2 for number in (today, tomorrow) if number >= FEWEST)
    assert sum(folded(counts).values()) <= Counter(counts).total() + 5 * (len(counts) + 1)


def test_every_default_segment_reads_back_from_the_page_s_yaml():
    rules = [document.data["who"] for document in load(DEFAULT).segments.values()]
    assert len(rules) > 50
    for rule in rules:
        assert YAML(typ="safe").load(to_yaml(rule)) == rule
    odd = {"eq": ["no", "a: b", "#x", "", 1.5, None, True, {}], "ключ": {"deep": [{"a": []}]}}
    assert YAML(typ="safe").load(to_yaml(odd)) == odd

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.errors import BadPlaybook
from chalicelib.events import EVENTS
from chalicelib.profile import rule
from chalicelib.profile.comparison import compare
from chalicelib.profile.traits import TRAITS
from chalicelib.profile.values import Values, can_hold
from tests.playbook.speech import ENGLISH
from tests.profile.people import person

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BANDS = {"thresholds": {"mid": 100, "high": 500}, "currency": "USD"}


def order(number, total, currency="USD", placed=20, **stages):
    return {"id": str(number), "total": [total, currency], "placed": placed, **stages}


ANN = person(
    now=NOW,
    told={"country": "JP", "language_chosen": "en"},
    did=[("Order Completed", 10), ("Order Completed", 95), ("Email Link Clicked", 29)],
    orders=[order(1, 12000, paid=95), order(2, 4000, paid=10), order(3, 25000), order(4, 900000, "JPY")],
    segments=["active"],
    consent="told_yes",
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"orders_count": 2}, True),
        ({"orders_count": {"gte": 1, "lt": 2}}, False),
        ({"country": "JP"}, True),
        ({"country": {"in": ["US", "JP"]}}, True),
        ({"country": {"not_in": ["US", "JP"]}}, False),
        ({"country": "JP", "orders_count": 0}, False),
        ({"email_consent": "subscribed"}, True),
        ({"spend": {"gte": 160}}, True),
        ({"spend": {"gt": 160}}, False),
        ({"spend": {"gte": 160, "currency": "EUR"}}, False),
        ({"spend_band": BANDS | {"eq": "mid"}}, True),
        ({"spend_band": BANDS | {"in": ["low", "high"]}}, False),
        ({"days_since_order": {"lte": 10}}, True),
        ({"did": "Order Completed", "within": "90d"}, True),
        ({"did": "Order Completed", "times": {"gte": 2}}, True),
        ({"did": "Order Completed", "times": {"gte": 2}, "within": "90d"}, False),
        ({"did_not": "Order Completed", "within": "9d"}, True),
        ({"did_not": "Order Completed"}, False),
        ({"did": "Unsubscribed"}, False),
        ({"did": "Email Link Clicked", "within": "28d"}, False),
        ({"segment": "active"}, True),
        ({"none": [{"segment": "active"}]}, False),
        ({"any": [{"orders_count": 0}, {"country": "JP"}]}, True),
        ({"all": [{"country": "JP"}, {"any": [{"orders_count": 9}]}]}, False),
        ({"email_suppressed": False}, True),
    ],
)
def test_conditions(condition, expected):
    assert rule.check(condition) == []
    assert rule.matches(condition, ANN, NOW) is expected


@pytest.mark.parametrize(
    ("order_id", "condition", "expected"),
    [
        ("3", {"paid": False}, True),
        ("1", {"paid": False}, False),
        ("3", {"order_total": {"gte": 200}}, True),
        ("2", {"order_total": {"gte": 200}}, False),
        ("4", {"order_total": {"gte": 200, "currency": "USD"}}, False),
        ("4", {"order_total": {"gte": 200, "currency": "JPY"}}, True),
        ("", {"paid": False}, False),
        ("unknown", {"paid": False}, False),
        ("unknown", {"none": [{"paid": True}]}, True),
    ],
)
def test_conditions_on_the_order_of_a_run(order_id, condition, expected):
    assert rule.matches(condition, ANN, NOW, order_id=order_id) is expected


def test_what_is_not_known_satisfies_no_comparison():
    nobody = person(now=NOW)
    for sign in ("eq", "gte", "lte", "gt", "lt"):
        assert not rule.matches({"days_since_order": {sign: 0}}, nobody, NOW)
    assert rule.matches({"days_since_order": {"not_in": [0]}}, nobody, NOW)
    assert rule.matches({"country": {"not_in": ["US"]}}, nobody, NOW)


def test_within_is_exact_to_the_moment():
    ann = person(now=NOW, did=[("Product Viewed", 7)])
    assert rule.matches({"did": "Product Viewed", "within": "7d"}, ann, NOW)
    assert not rule.matches({"did": "Product Viewed", "within": "7d"}, ann, NOW + timedelta(seconds=1))


def test_amounts_of_two_currencies_add_up_by_the_stores_rates_and_are_otherwise_not_known():
    ann = person(now=NOW, orders=[order(1, 10000, paid=9), order(2, 10000, "EUR", paid=2)])
    whale = person(now=NOW, orders=[order(each, 200_000, "EUR", paid=each) for each in range(1, 7)])
    asked = {
        "spend": {"currency": "USD", "gte": 208},
        "average_order": {"currency": "USD", "lte": 104},
        "spend_band": BANDS | {"in": ["low", "mid"]},
    }
    rates = {"rates": {"USD": 1, "EUR": 1.08}}
    by_rate = {key: rates | wanted for key, wanted in asked.items()}
    for someone, held in ((ann, [True, True, True]), (whale, [True, False, False])):
        for (key, wanted), expected in zip(by_rate.items(), held, strict=True):
            assert rule.matches({key: wanted}, someone, NOW) is expected
            assert not rule.matches({key: asked[key]}, someone, NOW)  # not known: not low either
    assert rule.explain(by_rate, whale, NOW, ENGLISH) == [
        "Spent in all: at least 208 USD — yes (12960.00 USD)",
        "Average order: at most 104 USD — no (2160.00 USD)",
        "Spending level: low or mid — no (high)",
    ]
    assert rule.explain(asked, whale, NOW, ENGLISH)[0] == "Spent in all: at least 208 USD — no (not known)"
    assert rule.matches({"spend": rates | {"currency": "EUR", "gte": 192.59, "lt": 192.6}}, ann, NOW)
    paid = {"order_total": {"currency": "USD", "gte": 2160}}
    assert not rule.matches(paid, whale, NOW, order_id="1")
    assert rule.matches({"order_total": rates | paid["order_total"]}, whale, NOW, order_id="1")
    nobody = person(now=NOW)
    assert rule.matches({"spend": {"currency": "USD", "lt": 1}}, nobody, NOW)
    assert not rule.matches({"average_order": {"currency": "USD", "lt": 1}}, nobody, NOW)


def test_explain_says_what_is_and_what_was_wanted():
    asked = {
        "all": [
            {"orders_count": {"gte": 3}},
            {"spend": {"gte": 100, "currency": "USD"}},
            {"spend_band": BANDS | {"eq": "high"}},
            {"did": "Order Completed", "times": {"gte": 2}, "within": "90d"},
            {"did_not": "Unsubscribed"},
            {"country": {"in": ["US", "CA"]}},
        ],
        "none": [{"segment": "active"}],
    }
    assert rule.explain(asked, ANN, NOW, ENGLISH) == [
        "Orders paid: at least 3 — no (2)",
        "Spent in all: at least 100 USD — yes (160.00 USD)",
        "Spending level: high — no (mid)",
        "Paid for an order at least 2 times today or in the 90 days before, by UTC — no (1 time)",
        "Never unsubscribed — yes (never)",
        "Country: US or CA — no (JP)",
        "None of these — no",
        "  In the segment “active” — yes",
    ]
    assert rule.explain({"paid": False, "order_total": {"gte": 200}}, ANN, NOW, ENGLISH, order_id="3") == [
        "Not so: the order is paid — yes",
        "Order amount: at least 200 — yes (250.00 USD)",
    ]


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({}, "$: an empty rule"),
        ([], "$: a rule is a mapping"),
        ("active", "$: a rule is a mapping"),
        ({"all": []}, "$.all: `all` wants a list"),
        ({"all": {"orders_count": 0}}, "$.all: `all` wants a list"),
        ({"order_count": 0}, "$.order_count: unknown condition 'order_count'; did you mean 'orders_count'?"),
        ({"all": [{"any": [{"did": "Order Complete"}]}]}, "$.all[0].any[0].did: unknown event 'Order Complete'"),
        ({"orders_count": {"at_least": 1}}, "$.orders_count.at_least: unknown operator"),
        ({"orders_count": {}}, "$.orders_count: a comparison is missing"),
        ({"orders_count": "many"}, "$.orders_count: a number is wanted"),
        ({"orders_count": True}, "$.orders_count: a number is wanted"),
        ({"orders_count": {"gte": float("nan")}}, "$.orders_count.gte: a number is wanted"),
        ({"orders_count": {"currency": "USD", "gte": 1}}, "$.orders_count.currency: unknown operator"),
        ({"orders_count": {"in": 3}}, "$.orders_count.in: `in` wants a list"),
        ({"country": False}, "$.country: text is wanted, not true or false"),
        ({"country": {"gte": "US"}}, "$.country.gte: `gte` compares numbers"),
        ({"email_consent": "suscribed"}, "$.email_consent: 'suscribed' is none of"),
        ({"spend_band": {"in": ["huge"]}}, "$.spend_band.in[0]: 'huge' is none of low, mid, high"),
        ({"has_coupon": "yes"}, "$.has_coupon: true or false is wanted"),
        ({"spend": {"gte": 1, "currency": "usd"}}, "$.spend.currency: a currency is three capital letters"),
        ({"within": "3d"}, "$.within: `within` belongs to"),
        ({"did": "Product Viewed", "within": "3 days"}, "$.within: not a duration"),
        ({"did": "Product Viewed", "within": "401d"}, "$.within: `within` must be"),
        ({"did": "Product Viewed", "within": "0d"}, "$.within: `within` must be"),
        ({"did": "Product Viewed", "within": "99999999999999w"}, "$.within"),
        ({"did": "Product Viewed", "times": 2}, "$.times: `times` wants {gte"),
        ({"did": "Product Viewed", "times": {"gte": 0}}, "$.times: `times` wants a whole number"),
        ({"did_not": "Product Viewed", "times": {"gte": 2}}, "$.times: `times` goes with `did`"),
        ({"did": "Product Viewed", "did_not": "Order Completed"}, "$.did_not: `did` and `did_not` need"),
        ({"did": "Product Viewed", "where": {}}, "$.where: `where` wants fields"),
        ({"did": "Product Viewed", "where": {"colour": "red"}}, "$.where.colour: Product Viewed has no field 'colour'"),
        (
            {"did": "Product Viewed", "where": {"categry": "a"}},
            "$.where.categry: Product Viewed has no field 'categry'; di",
        ),
        ({"did": "Product Viewed", "where": {"category": 3}}, "$.where.category: text is wanted"),
        ({"did": "Product Viewed", "where": {"price": {"gte": "80"}}}, "$.where.price.gte: a number is wanted"),
        (
            {"did": "Product Viewed", "where": {"price": {"gte": 80}}, "within": "91d"},
            "$.within: `within` must be longer",
        ),
        ({"did": "Products Searched", "where": {"category": "a"}}, "$.where.category: Products Searched has no field"),
        ({"did": "Unsubscribed", "where": {"category": "a"}}, "$.where: `where` goes with Product Viewed,"),
        ({"where": {"category": "a"}}, "$.where: `where` belongs to"),
        ({"rfm": ["champion"]}, "$.rfm[0]: 'champion' is none of champions, loyal,"),
        ({"rfm": []}, "$.rfm: a comparison wants a list of values"),
        ({"stage": "dormant"}, "$.stage: 'dormant' is none of new, active"),
        ({"prediction": "dormancy_60d"}, "$.prediction: a comparison is missing beside it: gte, lte, gt, lt"),
        (
            {"prediction": "dormancy", "gte": 1},
            "$.prediction: there is no prediction 'dormancy'; did you mean 'dormancy_60",
        ),
        ({"prediction": "reorder:", "lte": 3}, "$.prediction: there is no prediction 'reorder:'"),
        ({"prediction": "dormancy_60d", "gte": "high"}, "$.gte: a number is wanted"),
        ({"prediction": "dormancy_60d", "in": [1]}, "$.prediction: a comparison is missing"),
        (
            {"prediction": "dormancy_60d", "diagnosis": "price", "gte": 1},
            "$.prediction: `prediction` and `diagnosis` need",
        ),
        ({"attribute": "occupation", "gte": 1}, "$.attribute: a comparison is missing beside it: eq, in, not_in"),
        ({"attribute": "", "eq": "nurse"}, "$.attribute: the name of an attribute is wanted"),
        ({"gte": 1}, "$.gte: `gte` compares what is named beside it"),
        ({"tag": "categories"}, "$.tag: there is no tag 'categories'; did you mean 'category'?"),
        ({"trait": "spend_band", "in": ["high"]}, "$.trait: write the trait's name as the key"),
        ({"segment": 3}, "$.segment: a segment's id is wanted"),
        ({"paid": 1}, "$.paid: true or false"),
        # what can never hold
        ({"orders_count": {"gte": 5, "lt": 3}}, "$.orders_count: this never holds: one excludes the other"),
        ({"orders_count": {"gt": 2, "lt": 3}}, "$.orders_count: this never holds: one excludes the other"),
        ({"spend": {"gt": 2, "lte": 2}}, "$.spend: this never holds: one excludes the other"),
        ({"orders_count": 2.5}, "$.orders_count: this never holds: it is a whole number, never below 0"),
        ({"age": {"in": [200, 300]}}, "$.age: this never holds: it is a whole number from 0 to 120"),
        ({"birthday_month": 13}, "$.birthday_month: this never holds: it is a whole number from 1 to 12"),
        ({"stage": {"in": ["new"], "not_in": ["new"]}}, "$.stage: this never holds: one excludes the other"),
        ({"prediction": "dormancy_60d", "gte": 60}, "$.prediction: this never holds: it is a number from 0 to 1"),
        ({"prediction": "best_hour", "gte": 24}, "$.prediction: this never holds: it is a whole number from 0 to 23"),
        ({"diagnosis": "price", "gt": 1}, "$.diagnosis: this never holds: it is a number from 0 to 1"),
        (
            {"all": [{"points": {"gte": 5}}, {"all": [{"points": {"lt": 3}}]}]},
            "$.all[1].all[0].points: this never holds together with $.all[0].points",
        ),
        (
            {"none": [{"prediction": "due_7d", "gte": 0.6, "all": [{"prediction": "due_7d", "lt": 0.5}]}]},
            "$.none[0].all[0].prediction: this never holds together with $.none[0].prediction",
        ),
        (
            {"country": ["US", "us"]},
            "$.country[1]: 'us' is no country: two capital letters of ISO 3166; did you mean 'US'",
        ),
        ({"country": "UK"}, "$.country: 'UK' is no country: two capital letters of ISO 3166; did you mean 'GB'?"),
        ({"country": {"in": ["Germany"]}}, "$.country.in[0]: 'Germany' is no country: two capital letters of ISO 3166"),
        (
            {"language": "zh_CN"},
            "$.language: 'zh_CN' is no language: written such as en or zh-CN; did you mean 'zh-CN'?",
        ),
        ({"language": "DE"}, "$.language: 'DE' is no language: written such as en or zh-CN; did you mean 'de'?"),
        ({"language": "jp"}, "$.language: 'jp' is no language: written such as en or zh-CN; did you mean 'ja'?"),
        ({"gender": "Male"}, "$.gender: 'Male' is never a gender: they are in small letters; did you mean 'male'?"),
        ({"gender": "femal"}, "$.gender: 'femal' is never a gender: they are in small letters; did you mean 'female'?"),
        ({"time_zone": "Europe/Berlni"}, "$.time_zone: 'Europe/Berlni' is not an IANA time zone"),
        ({"tag": "hour:evning"}, "$.tag: there is no hour 'evning'; known: night, morning, afternoon, evening"),
        ({"tag": "channel:fax"}, "$.tag: there is no channel 'fax'; known: email, sms"),
        ({"tag": "price:3-7"}, "$.tag: there is no price '3-7'; it is written 20-50: one of 0-1, 1-2, 2-5"),
        ({"tag": "price:20-500"}, "$.tag: there is no price '20-500'"),
        ({"tag": "age:from_35"}, "$.tag: there is no age 'from_35'; known: 0-17, 18-24"),
        ({"tag": "coupon:SAVE5"}, "$.tag: `coupon` is a tag without a value; write `tag: coupon`"),
        ({"tag": "category:"}, "$.tag: a value is missing behind `category:`"),
        # counts are kept by the day
        (
            {"did": "Product Viewed", "times": {"gte": 2}, "within": "36h"},
            "$.within: beside `times` whole days are counted",
        ),
    ],
)
def test_a_rule_that_cannot_mean_anything_is_refused_with_its_place(asked, complaint):
    found = rule.check(asked)
    assert found
    assert found[0].startswith(complaint)


def test_what_can_hold_is_not_refused():
    for asked in (
        {"country": ["XK", "NO", ""]},
        {"language": ["zh-Hant-TW", "fil", "pt-BR"]},
        {"gender": ["female", "nonbinary"]},
        {"did": "Product Viewed", "times": {"gte": 2}, "within": "24h"},
        {"did": "Product Viewed", "times": {"gte": 2}, "within": "1h", "where": {"category": "Shoes"}},
        {"orders_count": {"gte": 3, "lte": 3, "not_in": [2, 4]}},
        {"all": [{"spend": {"gte": 9, "currency": "EUR"}}, {"spend": {"lt": 9, "currency": "USD"}}]},
        {"any": [{"points": {"gte": 5}}, {"points": {"lt": 3}}]},
        {"prediction": "reorder:Coffee", "lte": -1},
        *(
            {"tag": tag}
            for tag in ("price:0-1", "price:1-2", "price:50-100", "price:2000-5000", "spends:500+", "hour:night")
        ),
        *(
            {"tag": tag}
            for tag in ("category:Kitchen", "likes:a:b", "city:tier_1", "email_hour:21-00", "gender:female")
        ),
    ):
        assert rule.check(asked) == [], asked


@given(
    st.lists(st.tuples(st.sampled_from(["eq", "gte", "lte", "gt", "lt"]), st.integers(-4, 18)), max_size=3),
    st.lists(st.integers(-2, 16), max_size=4),
)
def test_bounds_are_refused_exactly_where_no_value_meets_them(bounds, but):
    wanted = [{sign: Decimal(limit) / 2} for sign, limit in bounds] + ([{"not_in": but}] if but else [])
    bought = Values("number", bounds=(0, 7), whole=True)
    price = Values("money", bounds=(0, None))
    one_of = {None, *range(8)}
    some_of = {None, *(Decimal(each) / 4 for each in range(60))}
    for values, known in ((bought, one_of), (price, some_of)):
        assert can_hold(values, *wanted) is any(all(compare(each, one) for one in wanted) for each in known)


def test_conditions_on_an_order_are_refused_where_there_is_none():
    assert rule.check({"all": [{"paid": False}]}) == []
    assert rule.check({"all": [{"paid": False}]}, about_order=False) == [
        "$.all[0].paid: `paid` is about one order, and there is none here"
    ]


def test_an_unchecked_rule_raises_instead_of_holding():
    for asked in ({"order_count": 0}, {"orders_count": {"about": 1}}, {"spend_band": "high"}):
        with pytest.raises(BadPlaybook):
            rule.matches(asked, ANN, NOW)


def test_references_are_found_however_deep():
    assert rule.references({"all": [{"any": [{"segment": "a"}]}], "none": [{"segment": "b"}], "segment": "c"}) == set(
        "abc"
    )


# Random rules over random customers.

_numbers = st.integers(0, 4)
_signs = st.sampled_from(["eq", "gte", "lte", "gt", "lt"])
_events = st.sampled_from(["Product Viewed", "Order Completed", "Email Link Clicked", "Unsubscribed"])
_windows = st.sampled_from(["1d", "7d", "30d", "6mo"])


def _one(names, values):
    return st.builds(lambda name, wanted: {name: wanted}, names, values)


_conditions = st.one_of(
    _one(
        st.sampled_from([name for name, trait in TRAITS.items() if trait.kind == "number"]),
        _numbers | st.dictionaries(_signs, _numbers, min_size=1),
    ),
    _one(st.sampled_from(["spend", "average_order"]), st.dictionaries(_signs, st.integers(0, 300), min_size=1)),
    _one(st.just("spend_band"), st.sampled_from(["low", "mid", "high"]).map(lambda each: BANDS | {"eq": each})),
    _one(st.just("country"), st.sampled_from([{"in": ["US", "JP"]}, {"not_in": ["US"]}, "JP"])),
    _one(st.just("email_consent"), st.sampled_from(["never", "pending", "subscribed", "unsubscribed"])),
    _one(st.sampled_from(["has_coupon", "email_suppressed", "paid"]), st.booleans()),
    _one(st.just("order_total"), st.dictionaries(_signs, st.integers(0, 300), min_size=1)),
    _one(st.just("segment"), st.sampled_from(["active", "vip"])),
    _one(st.sampled_from(["did", "did_not"]), _events),
    st.builds(lambda name, within: {"did": name, "within": within}, _events, _windows),
    st.builds(lambda name, within: {"did_not": name, "within": within}, _events, _windows),
    st.builds(
        lambda name, n, within: {"did": name, "times": {"gte": n}, "within": within},
        _events,
        st.integers(1, 3),
        _windows,
    ),
).filter(lambda each: rule.check(each) == [])


def _group(inner):
    return st.dictionaries(st.sampled_from(["all", "any", "none"]), st.lists(inner, min_size=1, max_size=3), min_size=1)


_rules = st.recursive(_conditions, _group, max_leaves=8)
_people = st.builds(
    lambda told, did, orders, segments, consent, coupons: person(
        now=NOW, told=told, did=did, orders=orders, segments=segments, consent=consent, coupons=coupons
    ),
    st.sampled_from([{}, {"country": "US"}, {"country": "JP"}]),
    st.lists(st.tuples(_events, st.integers(0, 200)), max_size=5),
    st.lists(
        st.builds(
            lambda number, total, currency, stages: order(number, total, currency, **stages),
            st.integers(1, 3),
            st.integers(0, 40000),
            st.sampled_from(["USD", "EUR"]),
            st.dictionaries(st.sampled_from(["paid", "cancelled", "refunded"]), st.integers(0, 19)),
        ),
        max_size=3,
    ),
    st.lists(st.sampled_from(["active", "vip"]), unique=True),
    st.sampled_from(["", "signed_up", "told_yes", "withdrawn"]),
    st.sampled_from([(), (("CODE", NOW + timedelta(days=1)),), (("CODE", NOW),)]),
)


def _recombine(asked, verdicts):
    """What the rule amounts to by the verdicts in the explanation, one a condition, in order."""
    held = []
    for key, wanted in asked.items():
        if key in ("all", "any", "none"):
            inner = [_recombine(each, verdicts) for each in wanted]
            held.append({"all": all(inner), "any": any(inner), "none": not any(inner)}[key])
        elif key not in ("times", "within"):
            held.append(next(verdicts))
    return all(held)


@settings(max_examples=150, deadline=None)
@given(_rules, _people, st.sampled_from(["", "1", "2"]))
def test_explanations_agree_with_verdicts(asked, someone, order_id):
    verdict = rule.matches(asked, someone, NOW, order_id=order_id)
    lines = rule.explain(asked, someone, NOW, ENGLISH, order_id=order_id)
    said = iter(["— yes" in line for line in lines if " of these — " not in line])
    assert _recombine(asked, said) is verdict
    assert next(said, None) is None
    assert rule.matches(asked, someone, NOW, order_id=order_id) is verdict
    assert rule.matches({"none": [asked]}, someone, NOW, order_id=order_id) is not verdict


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        *(name for name in TRAITS if name != "spend_band"),
                        "all",
                        "any",
                        "none",
                        "did",
                        "did_not",
                        "within",
                        "times",
                        "segment",
                        "paid",
                        "order_total",
                        "gte",
                        "in",
                        "eq",
                        "thresholds",
                        "currency",
                        "?",
                    ]
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_passes_the_check_can_be_judged(asked):
    if not rule.check(asked):
        assert rule.matches(asked, ANN, NOW, order_id="3") in (True, False)
    assert all(complaint.startswith("$") for complaint in rule.check(asked))


def test_every_event_may_be_asked_about():
    assert all(rule.check({"did": name}) == [] for name in EVENTS)

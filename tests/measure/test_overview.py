"""What is folded so that nobody can be singled out, and what is said in both languages."""

from collections import Counter
from datetime import date, timedelta

from chalicelib.measure.days import Calendar, Row
from chalicelib.measure.overview import Numbers, build
from chalicelib.playbook.bundle import Bundle
from tests.measure.conftest import BUNDLE

TODAY = date(2026, 11, 22)


def published(rows, book=None):
    bundle = Bundle.from_json(BUNDLE)
    return build(Numbers(rows, book or {}, {}), bundle, Calendar("America/New_York"), TODAY, 120)


def test_definitions_with_few_recipients_are_shown_together():
    row = Row(
        definitions={
            "flow:welcome": Counter(sent=30, recipients=30),
            "flow:unpaid_order": Counter(sent=12, recipients=4),
            "campaign:teaser": Counter(sent=9, recipients=9),
        }
    )
    table = published({TODAY: row})["periods"]["7"]["current"]["definitions"]
    assert [(each["id"], each["kind"], each["sent"]) for each in table] == [
        ("flow:welcome", "flow", 30),
        ("other", "other", 21),
    ]
    assert all(set(each["name"]) == {"en", "zh-CN"} for each in table)


def test_a_reason_is_named_from_ten_answers_a_week_on():
    monday = date(2026, 11, 16)
    rows = {
        monday + timedelta(days=day): Row(reasons={"flow:welcome": Counter(too_many=5, prices=4)}) for day in range(2)
    }
    reasons = published(rows)["reasons"]
    counts = {"too_many": 10, "other": 8}
    assert reasons["weeks"][-1] == {"from": "2026-11-16", "counts": counts, "by_flow": {"flow:welcome": counts}}
    assert reasons["by_flow"] == {"flow:welcome": counts}
    assert {flow: names["zh-CN"] for flow, names in reasons["flows"].items()} == {
        "flow:welcome": "欢迎",
        "other": "其他或不足 10 人",
    }
    assert reasons["names"]["too_many"] == {"en": "Too many messages", "zh-CN": "邮件太多"}
    assert set(reasons["names"]) == {"too_many", "other"}


def test_a_flow_is_named_in_the_week_in_which_ten_left_from_it():
    early, late = date(2026, 6, 3), date(2026, 11, 18)
    rows = {
        early: Row(reasons={"campaign:teaser": Counter(prices=11), "flow:welcome": Counter(prices=3)}),
        late: Row(reasons={"campaign:teaser": Counter(too_many=4), "flow:welcome": Counter(too_many=15, prices=1)}),
    }
    reasons = published(rows)["reasons"]
    weeks = {week["from"]: week["by_flow"] for week in reasons["weeks"] if week["by_flow"]}
    assert weeks == {
        "2026-06-01": {"campaign:teaser": {"other": 11}, "other": {"other": 3}},
        "2026-11-16": {"flow:welcome": {"other": 16}, "other": {"other": 4}},
    }
    assert reasons["by_flow"] == {"flow:welcome": {"other": 1, "too_many": 15}}
    assert set(reasons["flows"]) == {"campaign:teaser", "flow:welcome", "other"}


def test_a_comparison_needs_ten_on_each_side():
    few = Row(flows={"welcome": [200, 20, 4000, 9, 1, 100], "campaign:teaser": [200, 20, 4000, 10, 1, 100]})
    (lift,) = published({TODAY: few})["periods"]["7"]["current"]["lift"]
    assert (lift["id"], lift["name"]["en"]) == ("campaign:teaser", "Teaser")


def test_a_definition_no_longer_in_the_playbook_is_called_by_its_id():
    table = published({TODAY: Row(definitions={"flow:gone": Counter(sent=10, recipients=10)})})
    assert table["periods"]["7"]["current"]["definitions"][0]["name"] == {"en": "gone", "zh-CN": "gone"}


def test_days_are_the_stores_and_periods_are_equal_and_adjacent():
    overview = published({})
    assert (overview["days"][0], overview["days"][-1], len(overview["days"])) == ("2026-05-27", "2026-11-22", 180)
    period = overview["periods"]["30"]
    assert (period["previous"]["from"], period["previous"]["to"]) == ("2026-09-24", "2026-10-23")
    assert (period["current"]["from"], period["current"]["to"]) == ("2026-10-24", "2026-11-22")

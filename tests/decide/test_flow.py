"""Definitions: what they mean, and which cannot mean anything."""

from datetime import time, timedelta

import pytest

from chalicelib.decide import campaign, flow
from chalicelib.decide.flow import Branch, Email, Ending, Wait
from chalicelib.errors import BadPlaybook
from tests.decide.shop import UNPAID, WELCOME, read_definitions


def test_a_definition_is_read_as_it_is_written():
    read = flow.parse("unpaid_order", UNPAID)
    assert read.enter == "Order Created"
    assert read.definition == "flow:unpaid_order"
    assert read.again_after == timedelta(days=1)
    assert [ending.event for ending in read.exits] == ["Order Completed", "Order Cancelled"]
    assert read.goal == Ending("Order Completed", timedelta(days=5))
    assert read.steps[0] == Wait(timedelta(days=1), time(10))
    assert read.steps[3] == Email("unpaid_2", "unpaid_2", "", 100, time(10))
    branch = read.steps[5]
    assert isinstance(branch, Branch)
    assert [steps[0].offer for _, steps in branch.choices] == ["save20", "save5"]
    assert [steps[0].until for _, steps in branch.choices] == [time(10), time(10)]


def test_a_path_leads_through_branches_and_out_of_them():
    deep = [{"branch": [{"else": True, "steps": [{"email": "b"}, {"email": "c"}]}]}]
    read = flow.parse(
        "f",
        {
            "enter": {"event": "Signed Up"},
            "steps": [
                {"email": "a"},
                {"branch": [{"if": {"orders_count": 1}, "steps": [{"email": "x"}]}, {"else": True, "steps": deep}]},
                {"email": "d"},
            ],
        },
    )
    walked, path = [], (0,)
    while (step := read.step_at(path)) is not None:
        if isinstance(step, Branch):
            path = (*path, len(step.choices) - 1, 0)
            continue
        walked.append(step.template)
        path = read.after(path)
    assert walked == ["a", "b", "c", "d"]
    assert read.after((1, 0, 0)) == (2,)
    assert read.step_at((0, 0, 0)) is None  # a shape the definition no longer has
    assert read.step_at((9,)) is None


def test_two_mails_of_one_template_that_a_run_could_both_reach_are_told_apart():
    steps = flow.parse_steps(
        [
            {"email": "news"},
            {
                "branch": [
                    {"if": {"orders_count": 1}, "steps": [{"email": "news"}]},
                    {"else": True, "steps": [{"email": "news"}]},
                ]
            },
            {"email": "news"},
        ],
        "steps",
    )
    assert [email.id for email in flow._emails(steps)] == ["news", "news-2", "news-2", "news-3"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"steps": []}, "flows.f.steps: a list of steps"),
        ({"steps": [{"mail": "x"}]}, "flows.f.steps[0]: not a step"),
        ({"steps": [{"wait": "1 day"}]}, "flows.f.steps[0].wait: not a duration"),
        ({"steps": [{"until": "25:00"}]}, "flows.f.steps[0].until: not a local time"),
        ({"steps": [{"until": 600}]}, "flows.f.steps[0].until: not a local time"),
        ({"steps": [{"email": ""}]}, "flows.f.steps[0].email: the id of a template"),
        ({"steps": [{"email": "a", "coupon": {"amount": 5}}]}, "flows.f.steps[0].coupon: the id of an offer"),
        ({"steps": [{"email": "a", "subject": "x"}]}, "flows.f.steps[0]: unknown key 'subject'"),
        ({"steps": [{"branch": [{"steps": [{"email": "a"}]}]}]}, "flows.f.steps[0].branch[0]: either if or else"),
        (
            {"steps": [{"branch": [{"else": True, "steps": [{"email": "a"}]}, {"if": {}, "steps": [{"email": "a"}]}]}]},
            "flows.f.steps[0].branch[0]: else comes last",
        ),
        ({"enter": {"event": "Order Made"}}, "flows.f.enter.event: unknown event 'Order Made'"),
        ({"exit": [{"event": "x"}]}, "flows.f.exit[0].event: unknown event"),
        ({"holdout": "105%"}, "flows.f.holdout: not a share"),
        ({"quiet": 1}, "flows.f: unknown key 'quiet'"),
    ],
)
def test_what_cannot_mean_anything_is_refused_at_its_place(change, said):
    good = {"enter": {"event": "Signed Up"}, "steps": [{"email": "a"}]}
    assert flow.parse("f", good)
    with pytest.raises(BadPlaybook) as refusal:
        flow.parse("f", good | change)
    assert str(refusal.value).startswith(said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"send": {"at": "soon"}}, "campaigns.c.send.at: not a day and local time"),
        ({"send": {"at": "2026-11-27"}}, "campaigns.c.send.at: not a local time"),
        ({"send": {"at": "2026-11-27 10:00", "timezone": "Mars/Base"}}, "campaigns.c.send.timezone: not an IANA"),
        ({"email": {"template": "news", "subject": {}}}, "campaigns.c.email: unknown key 'subject'"),
        ({"test": {}}, "campaigns.c: unknown key 'test'"),
    ],
)
def test_a_campaign_that_cannot_mean_anything_is_refused_at_its_place(change, said):
    good = {"send": {"at": "2026-11-27 10:00"}, "email": {"template": "news"}}
    assert campaign.parse("c", good).definition == "campaign:c"
    with pytest.raises(BadPlaybook) as refusal:
        campaign.parse("c", good | change)
    assert str(refusal.value).startswith(said)


def test_a_playbook_that_names_what_it_does_not_have_is_refused():
    with pytest.raises(BadPlaybook, match="flow:f: no template 'gone'"):
        read_definitions({"f": {"enter": {"event": "Signed Up"}, "steps": [{"email": "gone"}]}})
    with pytest.raises(BadPlaybook, match="flow:f: no offer 'gone'"):
        read_definitions({"f": {"enter": {"event": "Signed Up"}, "steps": [{"email": "news", "coupon": "gone"}]}})
    with pytest.raises(BadPlaybook, match=r"settings\.offers\.x: either amount or percent"):
        read_definitions({}, settings={"offers": {"x": {"code": "X", "expires": "1d"}}})


def test_only_what_asks_about_the_order_is_asked_again():
    who = {
        "all": [{"paid": False}, {"orders_count": 0}, {"any": [{"order_total": {"gte": 5}}, {"paid": True}]}],
        "none": [{"segment": "x"}],
        "order_total": {"gte": 1},
    }
    assert flow.order_part(who) == {
        "all": [{"paid": False}, {"any": [{"order_total": {"gte": 5}}, {"paid": True}]}],
        "order_total": {"gte": 1},
    }
    assert flow.parse("welcome", WELCOME).about_order == {}


def test_nobody_is_held_out_of_what_is_not_marketing():
    known = read_definitions(settings={"holdout": "5%"})
    shares = {name: known.settings.share_held_out(each) for name, each in known.flows.items()}
    assert shares == {"welcome": 0.05, "unpaid_order": 0.05, "confirm_subscription": 0.0}

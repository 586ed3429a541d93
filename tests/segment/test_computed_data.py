"""What is computed of a person is theirs too: exported and erased; and what an operator sees of a run."""

import json

import pytest
from click.testing import CliRunner

from chalicelib import ids
from chalicelib.aws.table import insights_key
from chalicelib.measure import erasure as numbers
from chalicelib.profile import erasure, export, whereabouts
from chalicelib.segment import daily, runs
from cli.main import dripline
from tests.segment.store_of import NOW, make
from tests.segment.test_daily import published, work_off
from tests.segment.test_segment_jobs import take

__all__ = ["published"]

EMAIL = "customer-3@mail.example"
HERS = ids.identity_key("email", EMAIL)


@pytest.fixture
def computed(published):
    make(published, 12)
    daily.begin(published, NOW, at_once=True)
    work_off(published, NOW)
    return published


def test_insights_are_exported_and_erased_with_the_person(computed):
    person = whereabouts.named(computed, [("email", EMAIL)])
    document = export.export(computed, person, NOW, numbers)
    assert {"insights", "profile"} <= {item["sk"] for item in document["profiles"]}
    asked = erasure.begin(computed, person, "test", NOW)
    erasure.look(computed, asked, NOW, numbers)
    assert computed.profiles.get(insights_key(HERS)) is None


def test_columns_that_hold_a_person_are_erased_and_never_handed_to_another(computed):
    later = NOW.replace(hour=13)
    daily.begin(computed, later, at_once=True)
    for body in take(computed.queue(daily.QUEUE)):
        daily.work(computed, body, later)
    held = list(computed.data.list("gathered/"))
    theirs = [key for key in held if HERS.encode() in computed.data.get(key)[0]]
    assert theirs
    person = whereabouts.named(computed, [("email", EMAIL)])
    assert not any(each["object"] in held for each in export.export(computed, person, later, numbers)["objects"])
    erasure.look(computed, erasure.begin(computed, person, "test", later), later, numbers)
    assert sorted(computed.data.list("gathered/")) == sorted(set(held) - set(theirs))
    work_off(computed, later)
    assert runs.newest(computed).status == "done"
    assert computed.profiles.get(insights_key(HERS)) is None


def test_an_operator_starts_a_run_and_sees_each_choice(published):
    make(published, 5)
    runner = CliRunner()
    assert "Nothing was computed yet" in runner.invoke(dripline, ["segment", "models"]).output
    assert "has begun" in runner.invoke(dripline, ["segment", "compute"]).output
    work_off(published, NOW)
    shown = runner.invoke(dripline, ["segment", "models"]).output
    assert "done" in shown
    assert "silence" in shown
    told = json.loads(runner.invoke(dripline, ["segment", "models", "--json"]).output)
    assert told["newest"]["status"] == "done"
    assert told["models"]["silence"]["blank"] == ["too_few_buyers_to_predict", {"have": 5, "need": 50, "days": 60}]

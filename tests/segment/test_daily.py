"""The daily computation over the real tables: any size of store, repetitions, crashes, overtaken runs."""

import json
import random
import re
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib.aws.services import Services
from chalicelib.aws.table import insight_run_key
from chalicelib.errors import Unavailable
from chalicelib.measure import customers
from chalicelib.measure.standing import Standing
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile import store, words
from chalicelib.profile.whereabouts import Person, Search
from chalicelib.segment import daily, runs
from cli.publish import release
from cli.publish.compile import bundle_of
from cli.publish.load import DEFAULT
from cli.publish.reasons import read_reasons
from tests.playbook.stand_in import render_names
from tests.segment.store_of import NOW, facets_of, make, put
from tests.segment.test_segment_jobs import take

NAMES = {
    *("dormancy_60d", "purchases_90d", "purchases_365d", "value_90d", "value_365d"),
    *("coupon_response", "best_hour", "days_to_reorder", "due_7d"),
}


@pytest.fixture
def published(cloud):
    settings = {"store": {"timezone": "America/New_York", "currency": "USD"}, "segments": {"slices": 4}}
    empty = {name: {} for name in ("segments", "flows", "campaigns", "templates", "pages", "sources")}
    release.publish(cloud.data, Bundle(version="v1", settings=settings, reasons=read_reasons(DEFAULT)[0], **empty), NOW)
    return cloud


def work_off(services, now, *, twice=False, pages=daily.PAGES_A_PART):
    """All that is in the queue, until nothing more comes; `twice` hands out each message again."""
    seen = []
    while bodies := take(services.queue(daily.QUEUE)):
        for body in bodies:
            for _ in range(1 + twice):
                daily.work(services, body, now, pages=pages)
            seen.append(body["step"])
    return seen


def stored(services):
    found, after = [], None
    while True:
        page, after = store.scan(services, after=after)
        found += page
        if after is None:
            return {customer.profile_id: customer.insights for customer in found}


def predictions(services):
    return {who: told.to_json().get("predictions") for who, told in stored(services).items()}


@pytest.mark.parametrize("number", [0, 1, 30])
def test_a_small_store_ends_well_with_blanks_and_reasons(published, number):
    make(published, number)
    assert daily.begin(published, NOW, at_once=True)
    steps = work_off(published, NOW)
    assert steps.count("learn") >= 1
    assert runs.newest(published).status == "done"
    cards = runs.read_cards(published)
    assert cards.keys() >= {"rfm", "stage", "value", "tags_coupon"}
    assert cards.keys() >= {"silence", "purchases", "refill", "refill_product", "response", "hours", "shelf"}
    assert "blank" in cards["silence"]
    for told in stored(published).values():
        assert told.predictions.keys() >= NAMES
        assert told.predictions["dormancy_60d"].value is None
        assert told.predictions["dormancy_60d"].why.key == "too_few_buyers_to_predict"
        assert bool(told.recommendations) != ("recommendations" in told.blanks)
    assert list(published.data.list("gathered/")) == []


def test_three_hundred_customers_are_told_of(published):
    make(published, 300)
    daily.begin(published, NOW, at_once=True)
    work_off(published, NOW, pages=1)
    cards = runs.read_cards(published)
    assert {name for name, card in cards.items() if "blank" not in card} >= {"silence", "purchases", "hours", "shelf"}
    every_name_has_words(cards)
    told = stored(published)
    assert len(told) == 300
    known = [each for each in told.values() if each.predictions["dormancy_60d"].value is not None]
    assert len(known) > 250
    assert cards["hours"]["chosen"] == "own"  # half of them read in the morning, half at night
    assert len({each.predictions["best_hour"].value for each in known}) == 2
    assert any(each.recommendations.get("new") for each in known)
    run, due = runs.read_due(published, 10_000)
    assert run == runs.newest(published).name
    assert due == sorted(due, key=lambda row: -row[0])
    assert len(due) > len({row.profile_id for row in due})  # some are due for several things
    for who, each in told.items():
        of_mine = [row for row in due if row.profile_id == who and row.unit == "category"]
        assert each.predictions["due_7d"].value == (of_mine[0].chance if of_mine else None)
    assert runs.read_due(published, 5)[1] == due[:5]
    assert {row.unit for row in due} == {"category", "product"}
    assert runs.read_due(published, 5, "product")[1] == [row for row in due if row.unit == "product"][:5]
    bodies = b"".join(published.data.get(key)[0] + b"\n" for key in published.data.list(runs.DUE))
    assert Search(Person(keys={due[-1].profile_id})).finds_in_body(bodies), "an erasure finds whom a row is about"
    for each in known:
        assert 0 <= each.predictions["dormancy_60d"].value <= 1
        assert each.predictions["dormancy_60d"].why.figures["orders"] > 0


def every_name_has_words(cards):
    """As the dashboard shows them: jobs, methods with their figures, measures, reasons."""
    reasons, _ = read_reasons(DEFAULT)
    parts = {part: {} for part in ("segments", "flows", "campaigns", "templates", "pages", "sources")}
    bundle = Bundle(version="v", settings={}, reasons=reasons, **parts)
    standing = Standing(cards=cards, run=NOW.isoformat())
    models = customers.build(standing, {}, bundle, NOW.date())["models"]
    assert {"silence", "purchases.order_value", "refill.due", "shelf.new", "value", "tags_coupon"} <= {
        each["id"] for each in models
    }
    named = [each["name"] for each in models] + [each["measure"] for each in models if each["measure"]]
    named += [candidate["name"] for each in models for candidate in each["candidates"]]
    named += [each["chosen"] for each in models if each["chosen"]]
    as_they_are = {"BG/NBD", "MBG/NBD"}
    assert not [each for each in named if each["en"] == each["zh-CN"] and each["en"] not in as_they_are]
    assert not [each for each in models if each["blank"] and each["blank"]["en"] == each["blank"]["zh-CN"]]


def test_every_message_twice_and_all_of_it_again_changes_nothing(published):
    make(published, 60)
    daily.begin(published, NOW, at_once=True)
    work_off(published, NOW, twice=True)
    once = stored(published)
    daily.begin(published, NOW + timedelta(minutes=1), at_once=True)
    work_off(published, NOW + timedelta(minutes=1))
    assert stored(published) == once
    assert len(list(published.data.list("models/"))) == 2 * 4 + 1


def test_a_crash_anywhere_is_made_good_by_the_next_delivery(published):
    make(published, 40)
    daily.begin(published, NOW, at_once=True)
    work_off(published, NOW)
    whole = predictions(published)
    later = NOW + timedelta(minutes=1)
    for who in whole:
        published.profiles.delete(store.insights_key(who))
    daily.begin(published, later, at_once=True)
    crashing = Crashing(published)
    bodies, crashes = take(published.queue(daily.QUEUE)), 0
    while bodies:
        body = bodies.pop(0)
        try:
            daily.work(crashing, body, later)
        except Unavailable:
            crashes += 1
            crashing.left = crashing.went = crashing.went + 3
            bodies.insert(0, body)
        else:
            crashing.left = crashing.went = 1
            bodies += take(published.queue(daily.QUEUE))
    assert crashes > 10
    assert runs.newest(published).status == "done"
    assert as_of_removed(predictions(published)) == as_of_removed(whole)


class Crashing(Services):
    """Fails at the first writes of a job, at later ones the next time."""

    def __init__(self, services):
        super().__init__(over_wire=False)
        self.left = self.went = 1
        self.__dict__ |= {name: Failing(getattr(services, name), self) for name in ("profiles", "catalog", "data")}
        self.__dict__["queue"] = lambda name: Failing(services.queue(name), self)


class Failing:
    def __init__(self, inner, crashing):
        self._inner, self._crashing = inner, crashing

    def __getattr__(self, name):
        found = getattr(self._inner, name)
        if name not in ("put", "put_json", "put_if_absent", "put_many", "update", "send", "delete", "delete_many"):
            return found

        def call(*arguments, **named):
            self._crashing.left -= 1
            if self._crashing.left <= 0:
                raise Unavailable("the machine is gone")
            return found(*arguments, **named)

        return call


def as_of_removed(told):
    return json.loads(json.dumps(told), object_hook=lambda each: {k: v for k, v in each.items() if k != "as_of"})


def test_a_run_begins_once_a_day_at_the_quiet_hour(published):
    early = NOW.replace(hour=7)  # 02:00 in New York
    assert daily.begin(published, early) == ""
    assert daily.begin(published, early.replace(hour=8)) != ""
    assert daily.begin(published, early.replace(hour=9)) == ""
    assert daily.begin(published, early.replace(hour=8) + timedelta(days=1)) != ""


def test_an_overtaken_run_ends_by_itself(published):
    make(published, 3)
    daily.begin(published, NOW, at_once=True)
    old = take(published.queue(daily.QUEUE))
    newer = daily.begin(published, NOW + timedelta(hours=1), at_once=True)
    for body in old:
        daily.work(published, body, NOW)
    assert {key.split("/")[1] for key in published.data.list("gathered/")} <= {newer}
    work_off(published, NOW)
    assert published.catalog.get(insight_run_key())["run"] == newer
    assert published.data.get_json(runs.CURRENT)["run"] == newer


def test_somebody_erased_between_gathering_and_applying_gets_nothing(published):
    from chalicelib.aws.table import profile_key

    gone, *_ = make(published, 3)
    daily.begin(published, NOW, at_once=True)
    bodies = take(published.queue(daily.QUEUE))
    while bodies and bodies[0]["step"] != "apply":
        daily.work(published, bodies.pop(0), NOW)
        bodies += take(published.queue(daily.QUEUE))
    published.profiles.delete(profile_key(gone))
    for body in bodies:
        daily.work(published, body, NOW)
    assert list(published.profiles.query(gone)) == []


def test_a_part_that_an_erasure_takes_away_hides_none_that_is_still_to_be_told_of(published):
    everybody = make(published, 12)
    run = daily.begin(published, NOW, at_once=True)
    bodies = take(published.queue(daily.QUEUE))
    while bodies[0]["step"] != "apply":
        daily.work(published, bodies.pop(0), NOW, pages=1)
        bodies += take(published.queue(daily.QUEUE))
    assert len(bodies) >= 3
    daily.work(published, bodies[0], NOW)
    published.data.delete(f"{runs.GATHERED}{run}/{bodies[0]['part']}.ledger")
    for body in bodies[1:]:
        daily.work(published, body, NOW)
    assert runs.newest(published).status == "done"
    assert [who for who, told in stored(published).items() if told is None] == []
    assert len(stored(published)) == len(everybody)


def test_every_reason_has_its_sentence_in_both_languages():
    sentences = bundle_of(DEFAULT, render_names).reasons
    sources = "".join(path.read_text() for path in (Path(words.__file__).parents[1] / "segment").rglob("*.py"))
    keys = set(re.findall(r'(?:Reason|unable)\("(\w+)"', sources))
    assert len(keys) > 15
    for language in words.LANGUAGES:
        assert keys <= sentences[language]["reasons"].keys()


def test_on_a_day_on_which_nobody_did_anything_only_who_changed_is_written(published, record_property):
    make(published, 200)
    daily.begin(published, NOW, at_once=True)
    work_off(published, NOW)
    before, learnt = stored(published), published.data.get_json(runs.CURRENT)
    tomorrow = NOW + timedelta(days=1)
    assert daily.begin(published, tomorrow)
    work_off(published, tomorrow)
    after = stored(published)
    assert published.data.get_json(runs.CURRENT) == learnt  # what was learnt yesterday still holds
    written = [who for who in after if after[who].as_of != before[who].as_of]
    record_property("written", f"{len(written)} of {len(after)}")
    assert 0 < len(written) < len(after) / 4
    for who, told in after.items():
        assert (told == before[who]) == (who not in written)
    moved = [who for who in after if after[who].stage.name != before[who].stage.name]
    assert moved
    assert set(moved) <= set(written)


def test_learnt_anew_after_a_week_when_the_store_grew_and_when_it_was_set_up_anew(published):
    def learns(days):
        at = NOW + timedelta(days=days)
        daily.begin(published, at)
        work_off(published, at)
        return published.data.get_json(runs.CURRENT)["run"] == runs.newest(published).name

    make(published, 5)
    assert learns(0)
    assert not learns(1)
    assert learns(7)
    put(published, 5, facets_of(5, random.Random(5)))
    assert not learns(8)  # a fifth more
    put(published, 6, facets_of(6, random.Random(6)))
    assert learns(9)
    assert not learns(10)
    daily.begin(published, NOW + timedelta(days=17))
    gathered = take(published.queue(daily.QUEUE))
    daily.work(published, gathered.pop(), NOW)
    settings = {"store": {"timezone": "America/New_York", "currency": "EUR"}, "segments": {"slices": 4}}
    empty = {name: {} for name in ("segments", "flows", "campaigns", "templates", "pages", "sources")}
    release.publish(published.data, Bundle(version="v2", settings=settings, **empty), NOW)
    for body in gathered:
        daily.work(published, body, NOW)
    work_off(published, NOW)
    assert published.data.get_json(runs.CURRENT)["run"] == runs.newest(published).name
    assert learns(18)  # the day before, part of the store was gathered in dollars
    assert not learns(19)

"""What the aggregation tells of machines: first hits too, each once, and raw beside human numbers."""

import json

from chalicelib import events, ids
from chalicelib.aws.table import shared_opens_key
from chalicelib.measure import jobs
from tests.measure.conftest import about, archive, at, read_overview, sent
from tests.measure.test_aggregate import series

SECOND = 1 / 3600


def facts_in_the_log(cloud):
    return [events.parse(json.loads(item["body"])) for item in cloud.events.scan().items]


def test_a_scanner_s_first_hits_are_taken_back_once(store, record_property):
    mail = sent("ann", at())
    delivered = about(mail, events.EmailDelivered, at(hours=SECOND))
    burst = [about(mail, events.EmailLinkClicked, at(hours=1 + link * SECOND / 4), link=link) for link in range(12)]
    pixel = about(mail, events.EmailOpened, at(hours=1))
    proxy = about(mail, events.EmailOpened, at(hours=2 * SECOND), agent="proxy")
    person = about(mail, events.EmailLinkClicked, at(hours=3), link=4)
    archive(store, [mail, delivered, pixel, *burst[:5], proxy, person])
    jobs.aggregate(store, at(hours=4))
    archive(store, burst[5:])
    jobs.aggregate(store, at(hours=5))
    jobs.aggregate(store, at(hours=6))
    raised = facts_in_the_log(store)
    assert sorted(hit for fact in raised for hit in fact.hits) == sorted(each.id for each in (pixel, *burst))
    assert {(fact.occurred_at, fact.who["profile"], fact.event) for fact in raised} == {
        (each.occurred_at, mail.who["profile"], each.name) for each in (pixel, *burst)
    }
    overview = read_overview(store)
    human, raw = (sum(series(overview, stage).values()) for stage in ("clicked", "clicked_raw"))
    assert (human, raw) == (1, 13)
    archive(store, raised)
    jobs.aggregate(store, at(hours=7))
    assert len(facts_in_the_log(store)) == 13
    assert sum(series(read_overview(store), "clicked").values()) == 1
    record_property(
        "promise", f"P22: of {raw} clicks on one mail {len(burst)} of 12 of the burst re-labelled, {human} human"
    )


def test_an_open_two_seconds_after_delivery_is_no_person_s(store):
    mail = sent("ann", at())
    archive(
        store, [mail, about(mail, events.EmailDelivered, at()), about(mail, events.EmailOpened, at(hours=2 * SECOND))]
    )
    jobs.aggregate(store, at(hours=1))
    overview = read_overview(store)
    assert sum(series(overview, "opened").values()) == 0
    assert sum(series(overview, "opened_raw").values()) == 1
    assert [fact.event for fact in facts_in_the_log(store)] == ["Email Opened"]


def test_opens_of_a_shared_pixel_are_raw_numbers_of_their_definition(store):
    archive(store, [sent("ann", at(), "campaign:teaser")])
    jobs.aggregate(store, at(hours=1))
    for shard in (0, 3):
        key = shared_opens_key(ids.definition_key("campaign:teaser"), f"{at():%Y-%m-%d}", shard)
        store.catalog.update(key, add={"opens": 5})
    assert jobs.aggregate(store, at(hours=2))["changed"]
    overview = read_overview(store)
    assert sum(series(overview, "opened_raw").values()) == 10
    assert sum(series(overview, "opened").values()) == 0
    assert not jobs.aggregate(store, at(hours=3))["changed"]

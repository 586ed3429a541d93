"""Whatever order SES tells things in, a message ends in the same state."""

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import events
from chalicelib.deliver.status import TRANSITIONS, UNSENT, News, Status, advance, news_in
from tests.deliver.people import NOW

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "material" / "ses"
NEWS_OF_SAMPLE = {
    "Send": News.ACCEPTED,
    "Delivery": News.DELIVERED,
    "DeliveryDelay": News.DELAYED,
    "Bounce": News.BOUNCED,
    "Complaint": News.COMPLAINED,
    "Reject": News.REJECTED,
    "Rendering Failure": News.REJECTED,
}


def run(status, news):
    for each in news:
        status = advance(status, each)
    return status


def test_the_table_answers_every_news_in_every_state():
    assert set(TRANSITIONS) == set(Status)
    assert all(set(row) == set(News) for row in TRANSITIONS.values())


@given(start=st.sampled_from(sorted(UNSENT | {Status.SENT})), news=st.lists(st.sampled_from(News)), seed=st.randoms())
def test_order_and_repetition_change_nothing(start, news, seed):
    shuffled = news + news[: len(news) // 2]
    seed.shuffle(shuffled)
    assert run(start, news) == run(start, shuffled)


@given(news=st.lists(st.sampled_from(News), min_size=1))
def test_no_news_brings_a_message_back_to_where_it_might_be_sent(news):
    for start in Status:
        assert run(start, news) not in UNSENT


@pytest.mark.parametrize(
    ("news", "end"),
    [
        ([News.COMPLAINED, News.ACCEPTED, News.DELIVERED], Status.COMPLAINED),
        ([News.DELIVERED, News.BOUNCED], Status.BOUNCED),
        ([News.BOUNCED, News.DELIVERED], Status.BOUNCED),
        ([News.DELIVERED, News.SOFT_BOUNCED], Status.DELIVERED),
        ([News.SOFT_BOUNCED, News.DELIVERED], Status.DELIVERED),
        ([News.DELAYED, News.DELAYED, News.SOFT_BOUNCED], Status.SOFT_BOUNCED),
        ([News.DELIVERED, News.DELIVERED, News.ACCEPTED], Status.DELIVERED),
    ],
)
def test_odd_orders_end_where_they_should(news, end):
    assert run(Status.UNKNOWN, news) is end


def test_every_order_of_the_sample_events_ends_in_one_state():
    if not SAMPLES.is_dir():
        pytest.skip(f"the SES samples are not at {SAMPLES}")
    kinds = []
    for path in sorted(SAMPLES.glob("*.json")):
        record = json.loads(path.read_text())
        kinds.append(record.get("eventType") or record.get("notificationType"))
    news = [NEWS_OF_SAMPLE[kind] for kind in kinds if kind in NEWS_OF_SAMPLE]
    assert len(news) == 7, kinds
    ends = {run(Status.SENT, order) for order in itertools.permutations(news)}
    assert ends == {Status.COMPLAINED}
    without_complaint = [each for each in news if each is not News.COMPLAINED]
    assert {run(Status.UNKNOWN, order) for order in itertools.permutations(without_complaint)} == {Status.BOUNCED}


def test_facts_speak_of_a_message_or_not():
    stem = {"id": "x", "who": {"profile": "p"}, "occurred_at": NOW, "received_at": NOW, "source": "ses"}
    said = [
        (events.EmailAccepted(message_id="m", **stem), News.ACCEPTED),
        (events.EmailDelivered(message_id="m", **stem), News.DELIVERED),
        (events.EmailDelayed(message_id="m", **stem), News.DELAYED),
        (events.EmailBounced(message_id="m", permanent=True, **stem), News.BOUNCED),
        (events.EmailBounced(message_id="m", permanent=False, **stem), News.SOFT_BOUNCED),
        (events.EmailMarkedAsSpam(message_id="m", **stem), News.COMPLAINED),
        (events.EmailRejected(message_id="m", **stem), News.REJECTED),
        (events.SmsDelivered(message_id="m", **stem), News.DELIVERED),
        (events.SmsFailed(message_id="m", permanent=True, **stem), News.BOUNCED),
        (events.SmsFailed(message_id="m", permanent=False, **stem), News.SOFT_BOUNCED),
        (events.EmailOpened(message_id="m", **stem), None),
        (events.OrderFulfilled(order_id="1", **stem), None),
    ]
    for fact, news in said:
        assert news_in(fact) is news

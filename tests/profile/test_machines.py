"""Scanners that call themselves browsers: judged by what lies beside a hit, first hits too, in any order."""

import copy
from datetime import timedelta
from itertools import permutations
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import clock, events
from chalicelib.profile import facets, fold, hits
from chalicelib.profile.machines import OPEN, Hit, judge
from tests.profile.facts import fact, message, on, sent

DELIVERED = 1_800_000_000_000
HOUR = 3_600_000


def clicks(*moments):
    return [Hit(f"hit{number}", DELIVERED + when, link) for number, (when, link) in enumerate(moments)]


def test_a_burst_over_twelve_links_is_a_machine_s_from_its_first_hit(record_property):
    right = made = wrong = 0
    for seed in range(200):
        dice = Random(seed)
        start = HOUR * dice.randrange(1, 48)
        burst = clicks(*((start + dice.randrange(3_000), link) for link in range(12)))
        person = Hit(
            "person", DELIVERED + start + dice.choice((-1, 1)) * dice.randrange(60_000, HOUR), dice.randrange(12)
        )
        judged = judge([*burst, person], DELIVERED)
        made += len(burst)
        right += len(judged & {hit.hit_id for hit in burst})
        wrong += "person" in judged
    assert (right, wrong) == (made, 0)
    record_property(
        "promise", f"P22: 12-link bursts: {right} of {made} hits re-labelled, {wrong} of 200 people's clicks"
    )


def test_people_click_as_fast_as_people_do():
    assert judge(clicks((HOUR, 0), (HOUR + 1_500, 1)), DELIVERED) == set()
    assert judge(clicks((HOUR, 0), (HOUR + 200, 0), (HOUR + 400, 0)), DELIVERED) == set(), "a double click"
    assert judge(clicks((HOUR, 0), (HOUR + 4_000, 1), (HOUR + 11_000, 2)), DELIVERED) == set()
    assert judge(clicks((HOUR, 0), (HOUR + 900, 1)), DELIVERED) == {"hit0", "hit1"}
    assert judge(clicks((HOUR, 0), (HOUR + 5_000, 1), (HOUR + 10_000, 2)), DELIVERED) == {"hit0", "hit1", "hit2"}


def test_hits_before_anybody_can_have_read_the_mail():
    early = clicks((-30_000, 0), (2_000, OPEN), (4_999, 3), (3_000, OPEN), (5_001, 3))
    assert judge(early, DELIVERED) == {"hit0", "hit1", "hit2"}
    assert judge(early) == set(), "no delivery is known: nothing is too soon"


def test_the_pixel_that_a_scanner_fetched_with_the_links_is_its_own():
    found = clicks((HOUR - 8_000, OPEN), (HOUR, 0), (HOUR + 300, 1), (HOUR + 60_000, OPEN))
    assert judge(found, DELIVERED) == {"hit0", "hit1", "hit2"}


hits_of_a_message = st.lists(st.tuples(st.integers(-5_000, 40_000), st.integers(OPEN, 4)), min_size=1, max_size=8).map(
    lambda moments: clicks(*moments)
)


@given(hits_of_a_message, st.integers(0, 20_000), st.randoms())
def test_more_facts_only_add_to_what_is_a_machine_s(found, sooner, dice):
    known = found[: dice.randrange(len(found) + 1)]
    assert judge(known, DELIVERED) <= judge(found, DELIVERED)
    mixed = found[:]
    dice.shuffle(mixed)
    assert judge(mixed, DELIVERED) == judge(found, DELIVERED)
    later = DELIVERED + sooner
    assert judge(found, DELIVERED) <= judge(found, later), "an earlier delivery excuses, a later one never does"


def relabelled(hit):
    return events.HitsRelabelled(
        id=f"re-{hit.id}", occurred_at=hit.occurred_at, received_at=hit.received_at + timedelta(minutes=15),
        source="machines", who=hit.who, message_id=hit.message_id, hits=(hit.id,), event=hit.name,
    )  # fmt: skip


def test_the_profile_takes_a_machine_s_hits_back_in_any_order():
    click = message(events.EmailLinkClicked, on(0, 2), link=1)
    facts = [
        message(events.MessageSent, on(0, 1), channel="email", definition="flow:welcome", template="welcome"),
        click,
        relabelled(click),
        message(events.EmailLinkClicked, on(1, 1), link=1),
    ]
    states = set()
    for order in permutations(facts):
        person = fold.fold_all("p" * 16, order).customer
        mail = person.messages[0]
        assert (mail.clicked_at, mail.opened_at) == (on(1, 1), None)
        assert person.count("Email Link Clicked", now=on(3)) == 1
        assert person.count("Email Link Clicked" + hits.BY_MACHINE, now=on(3)) == 1
        assert person.first("Email Link Clicked").date() == on(1, 1).date()
        profile = fold.Profile("p" * 16)
        for each in order:
            fold.fold(profile, each)
        fold.settle(profile)
        states.add(str(sorted(profile.to_item().items())))
    assert len(states) == 1


def test_a_burst_counts_for_nothing_before_the_aggregation_has_said_so():
    burst = [
        message(events.EmailLinkClicked, on(1, 9) + timedelta(milliseconds=200 * link), link=link) for link in range(12)
    ]
    sent = message(events.MessageSent, on(0, 9), channel="email", definition="flow:welcome", template="welcome")
    person = fold.fold_all("p" * 16, [sent, *burst]).customer
    assert person.messages[0].clicked_at is None
    assert (person.count("Email Link Clicked", now=on(3)), person.last("Email Link Clicked")) == (0, None)
    told = fold.fold_all("p" * 16, [sent, *burst, *map(relabelled, burst)]).customer
    assert (told.count("Email Link Clicked", now=on(3)), told.last("Email Link Clicked")) == (0, None)
    assert told.count("Email Link Clicked by Machine", now=on(3)) == 12


@st.composite
def scanned_mails(draw):
    """Hits of a mail as (mark, ms, link), those taken back, the person's: 200 or more are scanners', one a person's."""
    bursts = draw(st.lists(st.integers(0, 20 * HOUR), min_size=4, max_size=6, unique_by=lambda at: at // 5_000))
    human = draw(st.integers(0, 21 * HOUR).filter(lambda at: all(abs(at - burst) > 30_000 for burst in bursts)))
    pace, links = draw(st.integers(10, 190)), draw(st.sampled_from((3, 12, 50)))
    found = [
        (f"s{number:03}.{hit:03}", burst + hit * pace, hit % links if hit % 7 else OPEN)
        for number, burst in enumerate(bursts)
        for hit in range(50)  # over 10 seconds at most
    ]
    taken_back = draw(st.sets(st.sampled_from(found), max_size=60))
    person = ("person", human, draw(st.sampled_from((OPEN, 3))))
    return [*found, person], taken_back, person


def in_batches(notes, sizes):
    """What is kept of one mail, of notes folded in batches of these sizes."""
    state = {}
    while notes:
        size = sizes.pop() if sizes else len(notes)
        for each in notes[:size]:
            facets.merge(state, {"messages": {"m": copy.deepcopy(each)}, "last_day": 20_000})
        facets.trim(state)
        notes = notes[size:]
    return state


@settings(max_examples=20)
@given(scanned_mails(), st.lists(st.integers(1, 120), max_size=5), st.randoms())
def test_a_person_is_found_behind_any_burst_in_any_order(mail, sizes, dice):
    found, taken_back, (_, human, what) = mail
    said = [(hits.note(mark, text_of(when), link), text_of(when)) for mark, when, link in found]
    said += [
        (hits.note(mark, text_of(when), min(link, 0), taken_back=True), text_of(when))
        for mark, when, link in taken_back
    ]
    notes = [{"first": at, "hits": note} for note, at in said]
    whole = in_batches(notes, [])
    dice.shuffle(notes)
    half = dice.randrange(len(notes))
    mine, other = in_batches(notes[:half], sizes[:]), in_batches(notes[half:], sizes[::-1])
    facets.merge(mine, other)
    facets.trim(mine)
    assert in_batches(notes, sizes) == whole == mine, "rebuilt at once, bit by bit, and of two profiles"
    kept = whole["messages"]["m"]
    assert hits.human(kept) == [(text_of(human), what, "")]
    assert len(kept["hits"]) <= hits.MOST


def text_of(when):
    return clock.to_text(on() + timedelta(milliseconds=when))


def test_hits_without_end_keep_a_profile_small_and_lose_no_first_click():
    many = [message(events.EmailOpened, on(1) + timedelta(minutes=number)) for number in range(300)]
    many.insert(150, message(events.EmailLinkClicked, on(1, 2, 31), link=2))
    taken = [relabelled(each) for each in many[:3]]
    forth = fold.fold_all("p" * 16, [sent(on(0, 23)), *many, *taken])
    back = fold.fold_all("p" * 16, [*taken, *many[::-1], sent(on(0, 23))])
    bit_by_bit = fold.Profile("p" * 16)
    for each in [*taken, *many[::2], sent(on(0, 23)), *many[1::2]]:
        fold.fold(bit_by_bit, each)
        fold.settle(bit_by_bit)
    assert forth.facets == back.facets == bit_by_bit.facets
    (mail,) = forth.customer.messages
    assert (mail.opened_at, mail.clicked_at) == (many[3].occurred_at, on(1, 2, 31))
    assert hits.counts(forth.facets, many[150])
    assert len(forth.facets["messages"]["m1"]["hits"]) == 2 * hits.SPELLS + 1


def test_three_agreeing_clicks_are_evidence_of_a_zone():
    def click(day, **place):
        return message(events.EmailLinkClicked, on(day, 9), link=0, **place)

    tokyo, paris = {"time_zone": "Asia/Tokyo"}, {"country": "FR"}

    def zone(*facts):
        return fold.fold_all("p" * 16, facts).customer.zone

    assert zone(click(1, **tokyo), click(2, **tokyo)) is None
    found = zone(click(1, **paris), click(2, **tokyo), click(3, **tokyo), click(4, **tokyo))
    assert (found.name, found.source) == ("Asia/Tokyo", "clicks")
    assert zone(click(1, **tokyo), click(2, **paris), click(3, **tokyo)) is None
    assert zone(*(click(day, **paris) for day in (1, 2, 3))).name == "Europe/Paris", "a country of one zone says it"
    assert zone(*(click(day, country="US") for day in (1, 2, 3))) is None
    assert zone(*(click(day, time_zone="Etc/UTC") for day in (1, 2, 3))) is None
    machine = click(2, **tokyo)
    assert zone(click(1, **tokyo), machine, click(3, **tokyo), relabelled(machine)) is None


def test_how_long_a_mail_was_read_is_the_longest_that_is_known():
    sent = message(events.MessageSent, on(0, 9), channel="email", definition="flow:welcome", template="welcome")
    marks = [
        message(events.EmailRead, on(1, 9), seconds=seconds, depth=depth)
        for seconds, depth in ((8, "read"), (0, "glanced"), (2, "skimmed"))
    ]
    assert fold.fold_all("p" * 16, [sent, *marks]).customer.messages[0].read_seconds == 8
    assert fold.fold_all("p" * 16, [sent]).customer.messages[0].read_seconds is None


def test_a_number_that_cannot_be_reached_is_texted_no_more():
    told = fact(events.CustomerUpdated, on(0), phone="+14255550182")
    failed = message(events.SmsFailed, on(1), permanent=True, kind="INVALID")
    assert fold.fold_all("p" * 16, [told, failed]).customer.suppressed == {"sms": "unreachable"}
    soft = message(events.SmsFailed, on(1), kind="UNREACHABLE")
    assert fold.fold_all("p" * 16, [told, soft]).customer.suppressed == {}

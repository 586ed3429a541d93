"""A person's opens and clicks as a profile keeps them: a message's hits that called themselves a person's.

They are kept under the beginning of their fact's id, as [at, link, taken back,
zone]: which of them were a machine's may be known only later, by the hits
beside them or by a `Hits Relabelled` fact, and in any order. So nothing is
written down as opened or clicked: it is worked out when asked, and which hits
are kept of very many depends on when they were made, never on whose they seem.
Refuses to judge by itself; see machines.py.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib import clock
from chalicelib.events import Event
from chalicelib.profile import machines
from chalicelib.profile.machines import OPEN, Hit

KEPT = 40
"""Of one message: three scanners that follow every link of an ordinary mail, and the reader behind them."""
SPELL = len("2026-11-23T08:42:0")
"""So much of a time tells its ten seconds."""
EACH, SPELLS = 5, 8
MOST = 2 * 2 * SPELLS * EACH
"""Of a message with more: opens and clicks, the earliest and the newest spells, of each its first hits."""
MARK = 8
AGREEING = 3

OPENED, CLICKED = "Email Opened", "Email Link Clicked"
NAMES = frozenset((OPENED, CLICKED))
BY_MACHINE = " by Machine"
"""Behind the name under which opens and clicks of proxies and scanners are counted."""

Record = Mapping[str, Any]


def greatest(mine: list[Any], other: list[Any]) -> list[Any]:
    """Merges two notes of the same hit: what either knows."""
    return [max(pair) for pair in zip(mine, other, strict=True)]


def note(event_id: str, at: str, link: int = OPEN, *, taken_back: bool = False, zone: str = "") -> dict[str, list[Any]]:
    """The facet of one hit."""
    return {event_id[:MARK]: [at, link, int(taken_back), zone]}


def trim(message: dict[str, Any]) -> None:
    """Of more hits than KEPT, for good: each ten seconds' first, of the earliest and of the newest that have any.

    A burst thus leaves a few hits, enough to be judged by, and cannot hide who came before or after it. Nothing here
    looks at what may be learnt later, so what is left does not depend on the order in which the hits came.
    """
    hits = message.get("hits")
    if not hits or (len(hits) <= KEPT and "crowded" not in message):
        return
    spells: dict[bool, dict[str, list[str]]] = {True: {}, False: {}}
    for mark in sorted(hits, key=lambda mark: (hits[mark][0], mark)):
        at, link = hits[mark][:2]
        spells[link == OPEN].setdefault(at[:SPELL], []).append(mark)
    kept = [mark for found in spells.values() for spell in _ends(list(found.values())) for mark in spell[:EACH]]
    message["hits"] = {mark: hits[mark] for mark in kept}
    message["crowded"] = 1


def _ends(spells: list[list[str]]) -> list[list[str]]:
    return spells if len(spells) <= 2 * SPELLS else spells[:SPELLS] + spells[-SPELLS:]


def human(message: Record) -> list[tuple[str, int, str]]:
    """(at, link or OPEN, zone) of the hits of one message that were a person's, earliest first."""
    machine = _machines(message)
    hits: Record = message.get("hits", {})
    return sorted(
        (at, link, zone)
        for mark, (at, link, taken_back, zone) in hits.items()
        if not taken_back and mark not in machine
    )


def first_times(message: Record) -> tuple[datetime | None, datetime | None]:
    """When a person first opened and first clicked one message; None for not."""
    opened = clicked = None
    for at, link, _ in human(message) if "hits" in message else ():
        if link == OPEN:
            opened = opened or clock.parse(at)
        else:
            clicked = clicked or clock.parse(at)
    return opened, clicked


def not_yet_taken_back(facets: Record) -> dict[str, Counter[str]]:
    """Name → UTC day → hits that are counted under the name as a person's and judged a machine's."""
    days: dict[str, Counter[str]] = {}
    for message in facets.get("messages", {}).values():
        hits = message.get("hits")
        for mark in _machines(message) if hits else ():
            at, link, taken_back, _ = hits[mark]
            if not taken_back:
                of_name = days.setdefault(OPENED if link == OPEN else CLICKED, Counter())
                of_name[str(int(clock.parse(at).timestamp()) // 86_400)] += 1
    return days


def zone_of_clicks(facets: Record) -> str:
    """The zone on which a person's newest three clicks agree, of those whose place is known; '' for none."""
    clicks = [
        (at, zone)
        for message in facets.get("messages", {}).values()
        if "hits" in message
        for at, link, zone in human(message)
        if link != OPEN and zone
    ]
    newest = [zone for _, zone in sorted(clicks)[-AGREEING:]]
    return newest[0] if len(newest) == AGREEING and len(set(newest)) == 1 else ""


def counts(facets: Record, event: Event) -> bool:
    """Whether something may follow from a fact: it may not from a hit that is a machine's, as far as is known now.

    A hit on a message that the profile has forgotten can only be believed.
    """
    if event.name not in NAMES:
        return True
    message = facets.get("messages", {}).get(getattr(event, "message_id", ""))
    if getattr(event, "agent", "person") != "person" or not message:
        return getattr(event, "agent", "person") == "person"
    mark = event.id[:MARK]
    hit = message.get("hits", {}).get(mark)
    return hit is not None and not hit[2] and mark not in _machines(message)


def _machines(message: Record) -> set[str]:
    hits: Record = message.get("hits", {})
    if not hits:
        return set()
    delivered = message.get("delivered")
    return machines.judge(
        (Hit(mark, _milliseconds(hit[0]), hit[1]) for mark, hit in hits.items()),
        _milliseconds(delivered) if delivered else 0,
    )


def _milliseconds(text: str) -> int:
    return round(clock.parse(text).timestamp() * 1000)

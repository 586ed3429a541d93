"""What became of the messages of each day: sent, delivered, opened, clicked, ordered, and how they failed.

A message counts on the day it was sent, whatever the day of its opening, so a
stage is never larger than the one before. A person's click proves an opening
and an opening a delivery; a bounce after a delivery takes it back; an
out-of-office "bounce" of a delivered mail is none. Unique numbers count
messages, raw numbers count hits, machines included. Refuses to keep who it was
beyond counting recipients.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from chalicelib.measure.attribution import Click, without_bursts
from chalicelib.measure.facts import Fact

KINDS = frozenset(("sent", "delivered", "bounced", "complained", "opened", "clicked", "left"))
STAGES = (
    "sent",
    "delivered",
    "opened",
    "opened_raw",
    "clicked",
    "clicked_raw",
    "ordered",
    "bounced",
    "complained",
    "unsubscribed",
    "recipients",
)

DELIVERED, OPENED, BOUNCED, RETURNED, COMPLAINED, UNSUBSCRIBED = (1 << bit for bit in range(6))
_SIMPLE = {"delivered": DELIVERED, "complained": COMPLAINED, "left": UNSUBSCRIBED}


@dataclass(slots=True)
class Message:
    """One message: what happened to it as flags, raw hits as counts, a person's clicks as (ms, link)."""

    sent: int = 0
    definition: str = ""
    profile_id: str = ""
    flags: int = 0
    opened_raw: int = 0
    clicked_raw: int = 0
    clicks: list[tuple[int, int]] | None = field(default=None)


Messages = dict[str, Message]


def take(messages: Messages, fact: Fact) -> None:
    """Merge one message fact; the order of facts does not matter."""
    kind, when, profile_id, message_id = fact[:4]
    if not message_id:
        return
    message = messages.get(message_id)
    if message is None:
        message = messages[message_id] = Message()
    if kind == "sent":
        message.sent = min(message.sent or when, when)
        message.definition, message.profile_id = fact[4], profile_id
    elif kind == "bounced":
        message.flags |= BOUNCED if fact[4] else RETURNED
    elif kind == "opened":
        message.opened_raw += 1
        if fact[4]:
            message.flags |= OPENED
    elif kind == "clicked":
        message.clicked_raw += 1
        if fact[4]:
            message.clicks = [*(message.clicks or ()), (when, fact[5])]
    else:
        message.flags |= _SIMPLE[kind]


def person_clicks(messages: Mapping[str, Message]) -> Iterator[tuple[str, Click]]:
    """`(profile id, click)` of every click by a person, scanners' bursts taken out."""
    for message_id, message in messages.items():
        if not message.clicks:
            continue
        for when, link in without_bursts(message.clicks):
            yield message.profile_id, Click(when, message_id, message.definition, link)


def count(
    messages: Messages, ordered: set[str], day_of: Callable[[int], date], first: date
) -> dict[date, dict[str, Counter[str]]]:
    """Day → definition → stage → number, for messages sent on `first` or later.

    `ordered` holds the ids of messages that an order is owed to. `recipients` counts, in the
    messages given, each person once a definition, on the day of the first message.
    """
    days: dict[date, dict[str, Counter[str]]] = {}
    known: set[tuple[str, str]] = set()
    for message_id, message in sorted(messages.items(), key=lambda entry: (entry[1].sent, entry[0])):
        if not message.sent:
            continue
        person = (message.definition, message.profile_id)
        day = day_of(message.sent)
        if day >= first:
            stages = days.setdefault(day, {}).setdefault(message.definition, Counter())
            _add(stages, message, message_id in ordered)
            stages["recipients"] += person not in known
        known.add(person)
    return days


def _add(stages: Counter[str], message: Message, ordered: bool) -> None:
    flags = message.flags
    clicked = bool(message.clicks and without_bursts(message.clicks))
    opened = clicked or bool(flags & OPENED)
    seen = opened or bool(flags & DELIVERED)
    bounced = bool(flags & BOUNCED) or (bool(flags & RETURNED) and not seen)
    arrived = seen and not bounced
    stages["sent"] += 1
    stages["delivered"] += arrived
    stages["opened"] += arrived and opened
    stages["opened_raw"] += message.opened_raw
    stages["clicked"] += arrived and clicked
    stages["clicked_raw"] += message.clicked_raw
    stages["ordered"] += arrived and clicked and ordered
    stages["bounced"] += bounced
    stages["complained"] += bool(flags & COMPLAINED)
    stages["unsubscribed"] += bool(flags & UNSUBSCRIBED)

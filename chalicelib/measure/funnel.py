"""What became of the messages of each day: sent, delivered, opened, clicked, ordered, and how they failed.

A message counts on the day it was sent, whatever the day of its opening, so a
stage is never larger than the one before. A person's click proves an opening
and an opening a delivery; a bounce after a delivery takes it back; an
out-of-office "bounce" of a delivered mail is none. Unique numbers count
messages, raw numbers count hits, machines included; what is a machine's is said
by `profile/machines.py`, here as in a profile. Refuses to keep who it was
beyond counting recipients.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from chalicelib.measure.attribution import Click
from chalicelib.measure.facts import Fact
from chalicelib.profile.machines import OPEN, Hit, judge

KINDS = frozenset(("sent", "delivered", "bounced", "complained", "opened", "clicked", "relabelled", "left", "read"))
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

DELIVERED, BOUNCED, RETURNED, COMPLAINED, UNSUBSCRIBED = (1 << bit for bit in range(5))
DEPTHS = ("glanced", "skimmed", "read")
"""How long a mail was read, as its marks tell; the longest counts."""
_SIMPLE = {"delivered": DELIVERED, "complained": COMPLAINED, "left": UNSUBSCRIBED}


@dataclass(slots=True)
class Message:
    """One message: what happened to it as flags, raw hits as counts, and the hits that call themselves a person's.

    `places` holds the country of each hit, '' where it is not known; `depth` counts from 1, 0 = no mark came.
    """

    sent: int = 0
    definition: str = ""
    profile_id: str = ""
    flags: int = 0
    delivered: int = 0
    opened_raw: int = 0
    clicked_raw: int = 0
    hits: list[Hit] | None = field(default=None)
    places: list[str] | None = field(default=None)
    relabelled: set[str] | None = field(default=None)
    depth: int = 0

    def machines(self) -> set[str]:
        """Ids of hits that were a machine's after all: those a fact took back, and those judged so now."""
        if not self.hits:
            return set()
        return judge(self.hits, self.delivered) | (self.relabelled or set())

    def human(self) -> list[Hit]:
        machine = self.machines()
        return [hit for hit in self.hits or () if hit.hit_id not in machine]

    def countries(self) -> set[str]:
        """Where people opened or followed it, as far as it is known."""
        if not self.hits or not self.places or not any(self.places):
            return set()
        machine = self.machines()
        told = zip(self.hits, self.places, strict=True)
        return {place for hit, place in told if place and hit.hit_id not in machine}


Messages = dict[str, Message]


def take(messages: Messages, fact: Fact) -> None:
    """Merge one message fact; the order of facts does not matter."""
    kind, when, profile_id, message_id = fact[:4]
    if not message_id:
        return
    message = messages.get(message_id)
    if message is None:
        message = messages[message_id] = Message(profile_id=profile_id)
    if kind == "sent":
        message.sent = min(message.sent or when, when)
        message.definition, message.profile_id = fact[4], profile_id
    elif kind == "bounced":
        message.flags |= BOUNCED if fact[4] else RETURNED
    elif kind == "relabelled":
        message.relabelled = {*(message.relabelled or ()), *fact[4:]}
    elif kind == "read":
        message.depth = max(message.depth, 1 + DEPTHS.index(fact[4]) if fact[4] in DEPTHS else 0)
    elif kind in ("opened", "clicked"):
        _take_hit(message, kind, when, fact)
    else:
        message.flags |= _SIMPLE[kind]
        if kind == "delivered":
            message.delivered = min(message.delivered or when, when)


def _take_hit(message: Message, kind: str, when: int, fact: Fact) -> None:
    if kind == "opened":
        message.opened_raw += 1
    else:
        message.clicked_raw += 1
    if fact[4]:
        link = OPEN if kind == "opened" else fact[5]
        message.hits = [*(message.hits or ()), Hit(fact[6] if len(fact) > 6 else f"{when}.{link}", when, link)]
        message.places = [*(message.places or ()), fact[7] if len(fact) > 7 else ""]


def person_clicks(messages: Mapping[str, Message]) -> Iterator[tuple[str, Click]]:
    """`(profile id, click)` of every click by a person."""
    for message_id, message in messages.items():
        for hit in message.human():
            if hit.link != OPEN:
                yield message.profile_id, Click(hit.when, message_id, message.definition, hit.link)


def to_relabel(messages: Mapping[str, Message]) -> Iterator[tuple[str, Message, Hit]]:
    """`(message id, message, hit)` of every hit that is a machine's and of which no fact says so yet."""
    for message_id, message in messages.items():
        unsaid = message.machines() - (message.relabelled or set())
        for hit in (message.hits or ()) if unsaid else ():
            if hit.hit_id in unsaid:
                yield message_id, message, hit


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
    human = message.human() if message.hits else ()
    clicked = any(hit.link != OPEN for hit in human)
    opened = bool(human)
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

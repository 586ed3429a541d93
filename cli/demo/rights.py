"""Two customers' rights, simulated: one asks for their data, one is erased in the demo's last hours.

Both are asked for by the shop's signed webhooks, as Shopify does. The schedule
that works off such requests runs once a day in the demo; while an erasure is
at work it is run as often as it has to look, so that the proof is there at the
end.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from chalicelib import ids
from cli.demo.people import Person
from cli.demo.storefront import Post, privacy_webhook
from cli.demo.timeline import Timeline
from cli.local.cloud import LocalCloud

BEFORE_THE_END = timedelta(hours=11)
LOOKS = tuple(timedelta(minutes=minutes) for minutes in (20, 160, 300, 440))
"""After the request: the first look, and those that follow two hours apart until one finds nothing."""


def plan(
    cloud: LocalCloud,
    timeline: Timeline,
    people: dict[str, Person],
    send: Callable[[Post], object],
    seed: int,
    end: datetime,
) -> None:
    """Both requests and the looks; who is erased leaves `people` then."""
    chosen = _draw(people.values(), seed)
    at = end - BEFORE_THE_END

    def ask(now: datetime) -> None:
        for topic, person in zip(("customers/redact", "customers/data_request"), chosen, strict=False):
            send(privacy_webhook(topic, person))
        for person in chosen[:1]:
            people.pop(person.email, None)

    timeline.at(at, ask)
    for look in LOOKS:
        timeline.at(at + look, lambda now: cloud.run("work_off_privacy"))


def _draw(people: Iterable[Person], seed: int) -> list[Person]:
    """Two customers of the Shopify shop."""
    of_shopify = [person for person in people if person.platform == "shopify"]
    return sorted(of_shopify, key=lambda person: ids.share("rights", str(seed), str(person.number)))[:2]

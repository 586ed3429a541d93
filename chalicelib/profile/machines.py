"""Whether a hit on a message's pixel or links was a machine's, judged over all hits of the message together.

What a hit says of itself (agent, network) is judged when it comes, by
`collect/agents.py`; this is about scanners that call themselves browsers and
come from anywhere. Two signs, each with a bound that people do not reach:

    timing   a pixel fetched less than 3 s, a link followed less than 5 s after the recipient's server took
             the mail, or before it did: a gateway looks before it lets a mail in
    burst    2 different links within 1 s, or 3 within 10 s; all hits of those seconds count as the
             machine's, its first as well, and so does a pixel fetched in the same ten seconds

More hits only ever add to what is a machine's, and the verdict does not depend
on the order in which they came. Both the profile and the numbers judge with
this; it refuses to look at more than one message.
"""

from collections.abc import Iterable
from typing import NamedTuple

OPEN = -1
"""The `link` of a hit on the pixel."""

OPENED_TOO_SOON = 3_000
CLICKED_TOO_SOON = 5_000
BURSTS = ((2, 1_000), (3, 10_000))
"""(different links, milliseconds within which nobody follows that many)."""
AROUND = 10_000


class Hit(NamedTuple):
    """One hit that called itself a person's: when in ms since 1970, and the link's number or OPEN."""

    hit_id: str
    when: int
    link: int = OPEN


def judge(hits: Iterable[Hit], delivered: int = 0) -> set[str]:
    """Ids of the hits of one message that were a machine's. `delivered` in ms, 0 = not known."""
    ordered = sorted(hits, key=lambda hit: (hit.when, hit.hit_id))
    machine = {hit.hit_id for hit in ordered if delivered and hit.when < delivered + _soon(hit)}
    clicks = [hit for hit in ordered if hit.link != OPEN]
    in_burst: list[Hit] = []
    for links, within in BURSTS:
        in_burst += _bursts(clicks, links, within)
    machine.update(hit.hit_id for hit in in_burst)
    for hit in ordered:
        if hit.link == OPEN and any(abs(hit.when - each.when) <= AROUND for each in in_burst):
            machine.add(hit.hit_id)
    return machine


def _soon(hit: Hit) -> int:
    return OPENED_TOO_SOON if hit.link == OPEN else CLICKED_TOO_SOON


def _bursts(clicks: list[Hit], links: int, within: int) -> list[Hit]:
    """The clicks that lie in some stretch of `within` ms with at least so many different links."""
    found: dict[str, Hit] = {}
    start = 0
    for end, last in enumerate(clicks):
        while clicks[start].when < last.when - within:
            start += 1
        stretch = clicks[start : end + 1]
        if len({hit.link for hit in stretch}) >= links:
            found |= {hit.hit_id: hit for hit in stretch}
    return list(found.values())

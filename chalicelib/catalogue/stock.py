"""How many of a product there are, from two kinds of news: of the whole product, and of one piece in one place.

Pure. `whole` tells all pieces (variants) at once, each as the sum of its places;
a level tells one piece in one place. So what there is now is the last whole, and
for each place what changed there since: its newest level less the one it had
then. Where a place told no level from before the whole, what it had then is not
known, and neither is the sum, unless nothing is left that it could have had.

A whole does not say as of which moment it was counted, only from when on (its
time) and until when (when it had been read). Of a level told between the two it
is not known whether the whole holds it already: both are tried, and the sum is
known where they come to the same, or where only one leaves the places that told
nothing with no less than nothing.
Refuses to guess: `of_state` answers the true sum or None, never a part of it,
because a part would be read as low or sold out. A level of no place ('') is of
the whole piece and counts as that.

Of each place the newest KEPT levels are held, and the one it had at the last
whole; what lay between is marked as lost. So a whole that comes later than KEPT
changes of a place leaves the sum unknown until the next, and every other order
of arrival gives the same state.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.catalogue.registers import Register, newest, rank

KEPT = 5
LEVELS = 2_000
"""A product holds at most so many levels, so that it stays one item whatever is told of it."""
LOST = "lost"
"""The quantity of a level that stands for those no longer held, from its time to the next one's."""
READINGS = 1_000
WHOLE = ""
"""The place of a level that is of all places."""

Levels = Mapping[str, Mapping[str, list[Register]]]
"""Piece → place → levels, oldest first."""


def newest_whole(held: Register | None, news: Register) -> Register:
    """The newer of two wholes; of the same one, told again, the one that was read first."""
    if held is not None and rank(held) == rank(news):
        return min(held, news, key=_read_at)
    return newest(held, news)


def _read_at(whole: Register) -> str:
    return str(whole[3] if len(whole) > 3 else whole[0])


def with_level(levels: Levels, piece: str, place: str, news: Register, since: str) -> dict[str, Any]:
    """The levels with one more; `since` is the time of the last whole, '' for none."""
    held = levels.get(piece, {}).get(place, [])
    older = [each for each in held if rank(each) < rank(news)]
    newer = [each for each in held[len(older) :] if each != news]
    if older and older[-1][2] == LOST:
        return dict(levels)  # one of those no longer held: what came after it is not known
    told = _thinned([*older, news, *newer], since)
    return _bounded({**levels, piece: {**levels.get(piece, {}), place: told}})


def since_whole(levels: Levels, since: str) -> dict[str, Any]:
    """The levels without what is not needed after a whole of that time."""
    return {piece: {place: _thinned(told, since) for place, told in places.items()} for piece, places in levels.items()}


def _thinned(told: list[Register], since: str) -> list[Register]:
    """What a place had at the whole, its newest KEPT levels, and before those one mark where others were."""
    before = [each for each in told if each[0] <= since]
    after = [each for each in told if each[0] > since]
    if len(after) - (after[0][2] == LOST if after else 0) > KEPT:
        after = [[after[0][0], "", LOST], *after[-KEPT:]]
    return [*before[-1:], *after]


def _bounded(levels: dict[str, Any]) -> dict[str, Any]:
    """The newest LEVELS of all."""
    if sum(len(told) for places in levels.values() for told in places.values()) <= LEVELS:
        return levels
    kept: dict[str, Any] = {}
    for piece, place, level in sorted(each_of(levels), key=lambda each: (rank(each[2]), each[:2]))[-LEVELS:]:
        kept.setdefault(piece, {}).setdefault(place, []).append(level)
    return kept


def each_of(levels: Levels) -> Iterator[tuple[str, str, Register]]:
    """(piece, place, level) of all that is held."""
    for piece, places in levels.items():
        for place, told in places.items():
            for each in told:
                yield piece, place, each


def of_state(whole: Register | None, levels: Levels) -> int | None:
    """Pieces that can be sold; None where that is not known, or where one of them is sold without being counted.

    What is oversold takes nothing from another piece. A piece that the whole does not name is no longer the product's.
    """
    whole = whole or ["", "", dict.fromkeys(levels), ""]
    since, pieces = whole[0], whole[2]
    if not pieces:
        return None
    total = 0
    for piece in pieces:
        number = _of_piece(since, _read_at(whole), pieces[piece], levels.get(piece, {}))
        if number is None:
            return None
        total += max(0, number)
    return total


def is_uncounted(whole: Register | None, levels: Levels) -> bool:
    """Whether a piece is sold without being counted, by the newest news of it: then it can be had, however many."""
    since, pieces = (whole[0], whole[2]) if whole else ("", dict.fromkeys(levels, 0))
    return any(_is_uncounted(since, number, levels.get(piece, {})) for piece, number in pieces.items())


def _is_uncounted(since: str, number: int | None, places: Mapping[str, list[Register]]) -> bool:
    of_all = [each for each in places.get(WHOLE, ()) if each[0] > since]
    if of_all:
        since, _, number = of_all[-1]
    elsewhere = (told[-1] for place, told in places.items() if place != WHOLE)
    return number is None or any(at > since and quantity is None for at, _, quantity in elsewhere)


def _of_piece(since: str, read: str, number: int | None, places: Mapping[str, list[Register]]) -> int | None:
    of_all = [each for each in places.get(WHOLE, ()) if each[0] > since]
    if of_all:
        since, _, number = of_all[-1]
        read = since
    if number is None:
        return None
    held, here = {0}, 0  # what the places that told have in the number, together: one sum for each way to read it
    is_known = True
    for place, told in places.items():
        if place == WHOLE:
            continue
        then = next((each[2] for each in reversed(told) if each[0] <= since), LOST)
        now = told[-1][2]
        if now is None and told[-1][0] > since:
            return None
        either = {then, *(each[2] for each in told if since < each[0] <= read)}
        if all(isinstance(each, int) for each in either):
            held = {one + another for one in held for another in either}
        elif told[-1][0] > since:
            is_known = False
        else:
            continue
        here += now
        if len(held) > READINGS:
            return None
    if len(held) > 1:
        held = {each for each in held if each <= number}
    if len(held) != 1:
        return None
    elsewhere = number - held.pop()
    most = elsewhere + here
    if elsewhere < 0 <= number != most:
        return None  # more was told of the places than there was in all: a level of theirs never came
    return most if is_known or elsewhere == 0 or most <= 0 <= elsewhere else None

"""Numbers of people in tens, and none below ten: neither a number nor a difference between two is about few.

Every number of people that is published through here is a multiple of ten, or
is not there. So whatever is subtracted from whatever, a group from all, a day
from the next, the answer is a multiple of ten as well, and which of several
true differences it stands for cannot be told. Refuses to say 0 where it may be
nine.
"""

from collections.abc import Mapping

from chalicelib.measure.reasons import FEWEST, OTHER


def shown(people: int | None) -> int | None:
    """To the nearest ten; None below ten, and where nothing was counted."""
    return None if people is None or people < FEWEST else (people + FEWEST // 2) // FEWEST * FEWEST


def folded(counts: Mapping[str, int]) -> dict[str, int]:
    """Largest first; what is about fewer than ten stands together under "other", which is left out below ten too."""
    named = {name: number for name, number in counts.items() if number >= FEWEST and name != OTHER}
    rest = sum(counts.values()) - sum(named.values())
    ordered = [*sorted(named.items(), key=lambda entry: (-entry[1], entry[0])), (OTHER, rest)]
    return {name: number for name, people in ordered if (number := shown(people)) is not None}

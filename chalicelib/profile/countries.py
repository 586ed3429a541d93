"""Which countries there are: ISO 3166 alpha-2 as tzdata lists it, and XK, which stores use for Kosovo.

`UK` and `EL` are read as what they mean, GB and GR. Refuses other pairs of letters.
"""

from functools import cache
from importlib.resources import files

_MEANT = {"UK": "GB", "EL": "GR"}


@cache
def codes() -> frozenset[str]:
    lines = files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text("utf-8").splitlines()
    return frozenset([*(line.split("\t")[0] for line in lines if line and not line.startswith("#")), "XK"])


def code_of(text: str) -> str:
    """Two capital letters, or '' where the text names no country by its two letters."""
    found = text.strip().upper()
    found = _MEANT.get(found, found)
    return found if found in codes() else ""

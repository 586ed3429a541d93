"""JSON by the page: for scheduled work that reads a million profiles, never for the web path.

orjson reads a page of profiles about twice as fast as the standard library (see
docs/decisions/0010-profiles-are-read-as-one-text.md); it is imported when the
first large text is read. What it does not take (a lone surrogate that a sender
wrote) the standard library reads.
"""

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LARGE = 64 * 1024
"""Bytes of an answer from which on it pays to import orjson for it."""


def read(text: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError for what is none."""
    import orjson

    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


YOUNG = 200_000
"""Values that may be made before garbage is looked for; a page of 400 profiles has about 60,000."""


@contextmanager
def without_collecting() -> Iterator[None]:
    """While a page is made into values nothing of it can be garbage, and looking for some costs a fifth.

    Nor is there afterwards: a page goes as its last name does. So from the first page on a process looks less often;
    else the whole page would be looked through as soon as it is made.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
        if collecting:
            gc.enable()

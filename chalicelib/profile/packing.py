"""The facets of a profile as one attribute of its item: readable JSON while small, compressed once that saves money.

DynamoDB charges a write for each kilobyte of the item, and the same keys and
times again and again compress to a fifth. Equal facets always give equal
attributes. Refuses anything else than JSON.
"""

import json
import zlib
from collections.abc import Callable
from typing import Any

PLAIN = 4096
"""Bytes up to which JSON stays readable in the table."""
_LEVEL = 6


def pack(facets: dict[str, Any]) -> str | bytes:
    text = json.dumps(facets, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    raw = text.encode("utf-8", "surrogatepass")
    return text if len(raw) <= PLAIN else zlib.compress(raw, _LEVEL)


def unpack(body: str | bytes, read: Callable[[str], Any] = json.loads) -> dict[str, Any]:
    """The facets; `read` is another reader of JSON for those who read very many."""
    if not isinstance(body, str):
        body = zlib.decompress(bytes(body)).decode("utf-8", "surrogatepass")
    facets: dict[str, Any] = read(body)
    return facets

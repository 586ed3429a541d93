"""What a person's device says of where and in which language they live: weaker than what they say themselves."""

from typing import Any

from chalicelib.profile.facets import Facets
from chalicelib.profile.timezone import is_evidence


def with_device(fragment: Facets, event: Any, at: str, zone: str, language: str) -> Facets:
    """The fragment, in place, with a device's zone and language beside what it holds already."""
    if is_evidence(zone):
        fragment.setdefault("zones", {})["browser"] = [at, event.id, zone]
    if language:
        fragment.setdefault("told", {})["language_of_browser"] = [at, event.id, language[:35]]
    return fragment

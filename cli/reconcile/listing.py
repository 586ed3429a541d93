"""The lists in a shop's JSON answers.

Refuses to take anything else for an empty list: a shop that answers otherwise
is told of, because nothing lost would be found in what was never listed.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.collect import strict_json
from chalicelib.errors import BadJson, DriplineError
from cli.reconcile.web import Answer


def data_of(answer: Answer, part: str) -> Any:
    """What a good answer says. Raises DriplineError for any other."""
    if answer.status in (401, 403):
        raise DriplineError(f"the shop refused the credential; it must be allowed to read {part}")
    if answer.status != 200:
        raise DriplineError(f"the shop answered {answer.status} to the question for its {part}")
    try:
        return strict_json.read(answer.body)
    except BadJson:
        raise DriplineError("the shop's answer is not JSON: is this the shop's own address?") from None


def listed(data: Any, part: str, name: str = "") -> list[Mapping[str, Any]]:
    """The things of a list, or of the list of that name. Raises DriplineError where there is none."""
    found = data.get(name) if name and isinstance(data, dict) else None if name else data
    if not isinstance(found, list):
        raise DriplineError(f"the shop's answer holds no list of {part}")
    return [each for each in found if isinstance(each, dict)]


class Onward:
    """The pages of a list that were asked for. Raises DriplineError where a shop leads to one of them again."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._seen: set[Any] = set()

    def to(self, page: Any) -> Any:
        if page in self._seen:
            raise DriplineError(f"the shop gives the same page of {self._part} again, whichever page is asked for")
        self._seen.add(page)
        return page

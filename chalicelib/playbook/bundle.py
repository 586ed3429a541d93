"""The published playbook, as Lambdas read it: one versioned JSON bundle in S3 and a pointer to it.

The pointer is swapped last and is the rollback. A warm process looks at the
pointer at most once a minute, by ETag. This module refuses to compile: YAML,
MJML and schemas belong to `dripline publish`.
"""

from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from chalicelib.aws.bucket import Bucket
from chalicelib.errors import BadPlaybook, Unavailable

POINTER = "playbook/current.json"
_FRESH = timedelta(minutes=1)


def bundle_object(version: str) -> str:
    return f"playbook/bundles/{version}.json"


@dataclass(frozen=True)
class Bundle:
    """Definitions by kind and id, as plain JSON; their shapes are the schemas in `playbook/schemas/`."""

    version: str
    settings: dict[str, Any]
    segments: dict[str, Any]
    flows: dict[str, Any]
    campaigns: dict[str, Any]
    templates: dict[str, Any]
    pages: dict[str, Any]
    sources: dict[str, Any]
    surveys: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def languages(self) -> list[str]:
        """Languages the store writes in; the first is its own."""
        return list(self.settings["store"]["languages"])

    def language_for(self, wanted: str) -> str:
        """The store's language nearest to `wanted` (`zh` → `zh-CN`, `en-GB` → `en`), else its first."""
        wanted = wanted.replace("_", "-")
        for language in self.languages:
            if language.lower() == wanted.lower():
                return language
        primary = wanted.split("-")[0].lower()
        return next((each for each in self.languages if each.split("-")[0].lower() == primary), self.languages[0])

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Bundle":
        """What was published; a part that came later than the bundle is empty."""
        late = {each.name for each in fields(cls) if each.default_factory is not MISSING}
        return cls(**{each.name: data[each.name] for each in fields(cls) if each.name in data or each.name not in late})


_held: dict[str, tuple[datetime, str, Bundle]] = {}


def load(bucket: Bucket, now: datetime) -> Bundle:
    """The bundle the pointer names. Raises BadPlaybook when nothing was ever published."""
    held = _held.get(bucket.name)
    if held and timedelta(0) <= now - held[0] < _FRESH:
        return held[2]
    try:
        found = bucket.get(POINTER, unless_etag=held[1] if held else "")
    except Unavailable:
        if held is None:
            raise
        found = None  # what this process holds is better than no answer
    if found is None:
        if held is None:
            raise BadPlaybook("no playbook is published yet; run `dripline publish`")
        _held[bucket.name] = (now, held[1], held[2])
        return held[2]
    import json

    version = json.loads(found[0])["version"]
    data = bucket.get_json(bundle_object(version))
    if data is None:
        raise BadPlaybook(f"the pointer names bundle {version}, which is not there")
    bundle = Bundle.from_json(data)
    _held[bucket.name] = (now, found[1], bundle)
    return bundle


def forget() -> None:
    """Drop what this process holds (between tests, after a publish in the same process)."""
    _held.clear()

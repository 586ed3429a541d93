"""Puts a finished set of numbers before the dashboard's readers, all of it or none.

Each set lies under its own version; `manifest.json` names the one to read and is
swapped last, so a crash in between leaves the previous set whole. A reader who
holds the previous manifest still finds its files: the newest three sets are
kept. Refuses a document that does not have the promised shape.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib import clock, ids
from chalicelib.aws.bucket import Bucket
from chalicelib.measure import schema

MANIFEST = "manifest.json"
KEPT = 3
_FOR_EVER = "public, max-age=31536000, immutable"


Documents = Mapping[str, dict[str, Any]]
"""`schema.FILES` → what stands in it."""


def version_of(documents: Documents, now: datetime) -> str:
    """Sorts as time does; two runs at one instant with other numbers have other names."""
    stamp = clock.to_text(now)[:19].replace("-", "").replace(":", "")
    return f"{stamp}Z-{ids.digest(*(repr(sorted(each.items())) for each in documents.values()))[:6]}"


def publish(bucket: Bucket, documents: Documents, now: datetime) -> str:
    """Write the files, then the manifest, then remove sets nobody reads any more; the version."""
    version = version_of(documents, now)
    for name, document in documents.items():
        schema.check(name, document)
    for name, document in documents.items():
        bucket.put_json(_object(version, name), document, cache=_FOR_EVER)
    confirm(bucket, version, now)
    clean(bucket, version)
    return version


def confirm(bucket: Bucket, version: str, now: datetime, *, generated: datetime | None = None) -> None:
    """Point the manifest at a version that is whole, and say that it is true as of `now`."""
    manifest = {
        "version": version,
        "generated_at": clock.to_text(generated or now),
        "data_as_of": clock.to_text(now),
        "files": {name: _object(version, name) for name in schema.FILES},
    }
    bucket.put_json(MANIFEST, manifest)


def _object(version: str, name: str) -> str:
    return f"metrics/{version}/{name}.json"


def clean(bucket: Bucket, current: str) -> None:
    """Delete all but the newest three versions; never the current one."""
    keys = list(bucket.list("metrics/"))
    versions = sorted({key.split("/")[1] for key in keys})
    kept = {*versions[-KEPT:], current}
    for key in keys:
        if key.split("/")[1] not in kept:
            bucket.delete(key)

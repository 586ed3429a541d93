"""Where a hit came from and on what, as the edge says it: country, time zone, kind of device, scanner's network.

API Gateway's own edge adds the country and the kind of device; the time zone
comes with a CloudFront distribution of the store's in front (docs/deploy.md).
Refuses to keep the address or anything nearer than a country: the address is
looked up among the networks of scanners and dropped.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from chalicelib.collect.networks import network_of

PHONE, TABLET, DESKTOP, TELEVISION = "phone", "tablet", "desktop", "television"

_COUNTRY = re.compile(r"[A-Z]{2}")
_ZONE = re.compile(r"[A-Z][A-Za-z_]+(?:/[A-Za-z0-9_+-]+){1,2}")
_TOLD = {
    "cloudfront-is-smarttv-viewer": TELEVISION,
    "cloudfront-is-tablet-viewer": TABLET,
    "cloudfront-is-mobile-viewer": PHONE,
    "cloudfront-is-desktop-viewer": DESKTOP,
}
_SAID = (
    (re.compile(r"iPad|Tablet|Kindle|Silk/|Android(?!.*Mobile)"), TABLET),
    (re.compile(r"iPhone|iPod|Android|Mobile|Outlook-iOS"), PHONE),
    (re.compile(r"Windows|Macintosh|Mac OS X|X11|CrOS|Linux"), DESKTOP),
)


class Place(NamedTuple):
    """Each '' where it is not known. `country` is ISO 3166 alpha-2, `time_zone` looks like an IANA name."""

    country: str = ""
    time_zone: str = ""
    device: str = ""
    network: str = ""


NOWHERE = Place()


def read_place(headers: Mapping[str, str], address: str) -> Place:
    """The place of one request; header names in lower case."""
    country = headers.get("cloudfront-viewer-country", "")
    zone = headers.get("cloudfront-viewer-time-zone", "")
    return Place(
        country if _COUNTRY.fullmatch(country) else "",
        zone if len(zone) <= 40 and _ZONE.fullmatch(zone) else "",
        _device(headers),
        network_of(address),
    )


def _device(headers: Mapping[str, str]) -> str:
    told = [device for name, device in _TOLD.items() if headers.get(name) == "true"]
    if told:
        return told[0]
    agent = headers.get("user-agent", "")[:500]
    return next((device for pattern, device in _SAID if pattern.search(agent)), "")

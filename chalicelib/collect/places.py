"""Where a hit came from and on what, as the edge says it: country, time zone, kind of device, scanner's network.

API Gateway's own edge adds the country and the kind of device; the time zone
comes with a CloudFront distribution of the store's in front (docs/deploy.md).
That distribution also hides visitors' addresses behind its own; it is believed
about them when it proves itself by the secret `edge_key`, and nobody else is.
Refuses to keep the address or anything nearer than a country: the address is
looked up among the networks of scanners and dropped.
"""

import hmac
import ipaddress
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


EDGE = "x-dripline-edge"
"""The header in which the store's own distribution says its secret."""


def visitor_address(headers: Mapping[str, str], peer: str, edge_key: str) -> str:
    """Who asked, by a distribution that knows `edge_key`; else who is connected, `peer`. Header names in lower case."""
    if not edge_key or not hmac.compare_digest(headers.get(EDGE, "").encode(), edge_key.encode()):
        return peer
    told = headers.get("cloudfront-viewer-address", "").rpartition(":")[0].strip("[]")
    try:
        return str(ipaddress.ip_address(told))
    except ValueError:
        return peer


def _device(headers: Mapping[str, str]) -> str:
    told = [device for name, device in _TOLD.items() if headers.get(name) == "true"]
    if told:
        return told[0]
    agent = headers.get("user-agent", "")[:500]
    return next((device for pattern, device in _SAID if pattern.search(agent)), "")

"""Whose key a request names, and from which pages it may be used.

Server keys lie in the deployment's secret, browser keys in the playbook. A key
that is in neither is nobody's.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from chalicelib.collect import fields
from chalicelib.collect.api.message import SOURCE, Key, Shop
from chalicelib.collect.api.names import normalise


def key_in(headers: Mapping[str, str], data: Mapping[str, Any]) -> str:
    """The key as the client gave it: Basic's user name, else `writeKey` of the body; '' for none."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            named = base64.b64decode(given.strip(), validate=True).decode("utf-8").partition(":")[0]
        except (binascii.Error, ValueError):
            named = ""
        if named:
            return named
    found = data.get("writeKey")
    return found if isinstance(found, str) else ""


def find_server_key(given: str, keys: Mapping[str, str]) -> Key | None:
    """The server key of that value. Compares every one, each in constant time."""
    said = given.encode("utf-8", "surrogatepass")
    found = [name for name, value in sorted(keys.items()) if hmac.compare_digest(value.encode(), said)]
    # The one that replaces another counts as it, so that a message is the same under both.
    return Key(found[0].removesuffix("_new"), public=False) if found else None


def find_browser_key(given: str, settings: Mapping[str, Any]) -> Key | None:
    keys = fields.part(settings, "api", "browser_keys")
    for name, told in keys.items():
        if given and told["key"] == given:
            return Key(f"browser:{name}", public=True, origins=_origins(told, settings))
    return None


def allowed_origins(settings: Mapping[str, Any]) -> set[str]:
    """The origins of all browser keys: whom a preflight, which names no key, may be answered."""
    keys = fields.part(settings, "api", "browser_keys")
    return {origin for told in keys.values() for origin in _origins(told, settings)}


def _origins(told: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[str, ...]:
    hosts = fields.part(settings, "store").get("hosts") or ()
    return tuple(told.get("origins") or (f"https://{host}" for host in hosts))


def origin_of(url: str) -> str:
    """`https://host:port` of an address, as a browser writes an origin."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def shop_of(settings: Mapping[str, Any]) -> Shop:
    """What messages leave open; before the first publish, nothing is known."""
    return Shop(
        currency=fields.part(settings, "store").get("currency", ""),
        ids_of=fields.part(settings, "api").get("ids_of", SOURCE),
        custom_events=frozenset(map(normalise, settings.get("custom_events") or ())),
    )

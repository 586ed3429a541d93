"""Names of things: identity keys, idempotency keys, message ids, signed link tokens.

Everything here is a deterministic hash, so the same fact gets the same name on
every delivery. A token holds no address and no URL: a purpose byte, the id of
the key that signed it, a customer, a message and a link number, and
HMAC-SHA256 over these cut to 128 bits. Tokens do not expire (an unsubscribe
link must work for months); a key can be retired instead. The exception is the
token of an arrival, which the shop's address shows: it ends with its hour or
the next, and is veiled, because a customer's id is a hash of their address.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

from chalicelib.errors import BadToken

_BYTES = 10  # 80 bits: at ten million customers the chance of one collision is about 4e-11


def digest(*parts: str) -> str:
    """16 characters of base32 naming the tuple `parts` (length-prefixed, so no two tuples share one)."""
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    return _to_text(hashlib.sha256(joined.encode("utf-8", "surrogatepass")).digest()[:_BYTES])


def _to_text(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").lower()


def identity_key(kind: str, value: str) -> str:
    """The partition of the log and the alias of a profile: one identifier, without showing it.

    Kinds: `email`, `customer`, `phone`, `anonymous`, `order`; and `profile`, whose
    value already is such a key.
    """
    return value if kind == "profile" else digest("identity", kind, value)


def event_id(source: str, *parts: str) -> str:
    """The idempotency key of a fact: what makes it the same fact when it arrives again."""
    return digest("event", source, *parts)


def message_id(profile_id: str, *parts: str) -> str:
    """The name of one message to one customer: definition, step, occurrence."""
    return digest("message", profile_id, *parts)


def definition_key(definition: str) -> str:
    """What a flow or campaign is called in a token that all its recipients share."""
    return digest("definition", definition)


def share(*parts: str) -> float:
    """A number in [0, 1) that is always the same for `parts`: who is held out, which arm."""
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:7], "big") / 2**56


class Purpose(IntEnum):
    """What a token may be used for; one made for opening does not unsubscribe."""

    OPEN = 1
    CLICK = 2
    UNSUBSCRIBE = 3
    CONFIRM = 4
    PREFERENCES = 5
    SURVEY = 6
    READ = 7  # `link` is the number of a mark of reading time
    COUNT = 8  # a pixel that all recipients share: it names a flow or campaign, and nobody
    ARRIVAL = 9  # whose click led to the shop: in place of the message stands the hour, and only we can read it


class Token(NamedTuple):
    purpose: Purpose
    profile_id: str
    message_id: str
    link: int = 0


_MAC_BYTES = 16
_PAYLOAD_BYTES = 2 + _BYTES + _BYTES + 1
_TEXT_LENGTH = (_PAYLOAD_BYTES + _MAC_BYTES) * 4 // 3


def sign_token(token: Token, keys: Mapping[int, bytes]) -> str:
    """52 URL-safe characters, signed with the newest (highest) of `keys`."""
    key_id = max(keys)
    payload = (
        bytes((token.purpose, key_id))
        + base64.b32decode(token.profile_id.upper())
        + base64.b32decode(token.message_id.upper())
        + bytes((token.link,))
    )
    mac = _mac(payload, keys[key_id])
    return base64.urlsafe_b64encode(_veil(payload, mac, keys[key_id]) + mac).decode("ascii")


def read_token(text: str, purpose: Purpose | Collection[Purpose], keys: Mapping[int, bytes]) -> Token:
    """The signed contents; raises BadToken, always for the same reason, for anything not ours or for other purposes."""
    allowed = (purpose,) if isinstance(purpose, Purpose) else purpose
    if len(text) != _TEXT_LENGTH:
        raise BadToken("not a token of ours")
    try:
        raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        raise BadToken("not a token of ours") from None
    shown, mac = raw[:_PAYLOAD_BYTES], raw[_PAYLOAD_BYTES:]
    key = keys.get(shown[1])
    if key is None:
        raise BadToken("not a token of ours")
    payload = _veil(shown, mac, key)
    if not hmac.compare_digest(_mac(payload, key), mac) or payload[0] not in allowed:
        raise BadToken("not a token of ours")
    return Token(Purpose(payload[0]), _to_text(payload[2:12]), _to_text(payload[12:22]), payload[22])


def sign_arrival(profile_id: str, now: datetime, keys: Mapping[int, bytes]) -> str:
    """The token that a click takes along to the shop: another each hour, good until the next one is over."""
    return sign_token(Token(Purpose.ARRIVAL, profile_id, _hour(now)), keys)


def read_arrival(text: str, now: datetime, keys: Mapping[int, bytes]) -> str:
    """The profile id in a token of this hour or the one before; raises BadToken for every other."""
    token = read_token(text, Purpose.ARRIVAL, keys)
    if token.message_id not in (_hour(now), _hour(now - timedelta(hours=1))):
        raise BadToken("not a token of ours")
    return token.profile_id


def _hour(at: datetime) -> str:
    return digest("hour", str(int(at.timestamp()) // 3600))


def _veil(payload: bytes, mac: bytes, key: bytes) -> bytes:
    """Covers what an arrival's token names, or uncovers it: the cover follows from the signature and our key."""
    if payload[0] != Purpose.ARRIVAL:
        return payload
    cover = hmac.digest(key, b"dripline-veil" + mac, "sha256")
    return payload[:2] + bytes(one ^ other for one, other in zip(payload[2:], cover, strict=False))


def _mac(payload: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"dripline-link" + payload, "sha256")[:_MAC_BYTES]

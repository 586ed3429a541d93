"""Whether a secret of ours signed these very bytes. Constant time, every secret tried, no secret no trust."""

import base64
import hmac
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

FRESH = timedelta(seconds=300)
_STAMPED = re.compile(r"t=([0-9]{1,12})((?:,v1=[0-9a-f]{64}){1,5})")


def is_signed_base64(body: bytes, given: str, secrets: Iterable[bytes]) -> bool:
    """Shopify's and WooCommerce's way: the header is base64 of HMAC-SHA256 over the body, in that spelling."""
    said = given.encode("utf-8", "surrogatepass")
    matches = [
        hmac.compare_digest(base64.b64encode(hmac.digest(secret, body, "sha256")), said) for secret in secrets if secret
    ]
    return any(matches)


def is_signed_hex(body: bytes, given: str, secrets: Iterable[bytes]) -> bool:
    """The same digest spelled in small hex letters, as SHOPLINE's own library writes it."""
    said = given.encode("utf-8", "surrogatepass")
    matches = [
        hmac.compare_digest(hmac.digest(secret, body, "sha256").hex().encode(), said) for secret in secrets if secret
    ]
    return any(matches)


def is_signed_standard(
    body: bytes, message: str, stamp: str, given: str, secrets: Iterable[bytes], now: datetime
) -> bool:
    """Standard Webhooks: base64 of HMAC-SHA256 over `id.timestamp.body`, several `v1,…` with spaces between.

    A secret is `whsec_` and base64; one of another spelling signs nothing.
    """
    if not message or not re.fullmatch(r"[0-9]{1,12}", stamp) or not stamp.isascii():
        return False
    told = [each.removeprefix("v1,") for each in given.split(" ")[:10] if each.startswith("v1,")]
    signed = f"{message}.{stamp}.".encode("utf-8", "surrogatepass") + body
    matches = [
        hmac.compare_digest(base64.b64encode(hmac.digest(key, signed, "sha256")), each.encode("utf-8", "surrogatepass"))
        for key in map(_read_standard_secret, secrets)
        if key
        for each in told
    ]
    return any(matches) and abs(now.timestamp() - int(stamp)) <= FRESH.total_seconds()


def _read_standard_secret(secret: bytes) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(b"whsec_"), validate=True)
    except ValueError:
        return b""


def is_signed_with_time(body: bytes, given: str, secrets: Iterable[bytes], now: datetime) -> bool:
    """Our own way, as Stripe's: `t=<unix seconds>,v1=<hex>` over `t.body`, at most five minutes off."""
    found = _STAMPED.fullmatch(given)
    if not found:
        return False
    stamp, signatures = found.group(1), found.group(2).split(",v1=")[1:]
    matches = [
        hmac.compare_digest(hmac.new(secret, f"{stamp}.".encode() + body, "sha256").hexdigest(), signature)
        for secret in secrets
        if secret
        for signature in signatures
    ]
    return any(matches) and abs(now.timestamp() - int(stamp)) <= FRESH.total_seconds()


def decode_wordpress(secrets: Sequence[bytes]) -> list[bytes]:
    """WordPress signs with the secret after undoing five HTML entities; as typed it is accepted too."""
    found = list(secrets)
    for secret in secrets:
        decoded = secret
        for entity, letter in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#039;", "'"), ("&amp;", "&")):
            decoded = decoded.replace(entity.encode(), letter.encode())
        if decoded != secret:
            found.append(decoded)
    return found

"""What a page or a mail program posted, as names and values; broken forms are empty ones."""

from urllib.parse import parse_qsl

BODY_LIMIT = 64 * 1024
_FIELDS = 500


def read_form(content_type: str, body: bytes) -> dict[str, str]:
    """The first value of each name in a urlencoded or multipart body."""
    if len(body) > BODY_LIMIT:
        return {}
    pairs = _read_parts(content_type, body) if content_type.lower().startswith("multipart/") else _read_pairs(body)
    found: dict[str, str] = {}
    for name, value in pairs[:_FIELDS]:
        found.setdefault(name, value)
    return found


def _read_pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        text = body.decode("utf-8", "replace").strip()
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:
        return []


def _read_parts(content_type: str, body: bytes) -> list[tuple[str, str]]:
    from email.parser import BytesParser
    from email.policy import HTTP

    head = content_type.replace("\r", "").replace("\n", "").encode("ascii", "replace")
    try:
        message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + head + b"\r\n\r\n" + body)
        pairs = []
        for part in message.iter_parts() if message.is_multipart() else ():
            name = part.get_param("name", header="content-disposition")
            value = part.get_payload(decode=True)
            if isinstance(name, str) and isinstance(value, bytes):
                pairs.append((name, value.decode("utf-8", "replace").strip("\r\n")))
        return pairs
    except (ValueError, LookupError, AttributeError, KeyError, IndexError):
        return []

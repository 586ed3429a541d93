"""A rendered mail as an RFC 5322 message: two parts, text and HTML, both UTF-8.

Laid out by hand from the standard library's encoders, because its
EmailMessage takes three times as long. Refuses nothing: every value is made
one line and encoded, so no name or subject can begin a header. SES replaces
Date and Message-ID with its own.
"""

import quopri
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr
from typing import Any

from chalicelib import ids
from chalicelib.deliver.address import to_sendable
from chalicelib.deliver.render import Rendered
from chalicelib.errors import BadPlaybook

CRLF = "\r\n"


def compose(
    rendered: Rendered, sender: Mapping[str, Any], recipient: str, *, tag: str, now: datetime
) -> tuple[str, bytes]:
    """The sender's bare address and the message. `recipient` is what `to_sendable` gave.

    `sender` is the playbook's {name, address, reply_to}; BadPlaybook when an address in it is none.
    """
    address = to_sendable(sender["address"])
    reply_to = to_sendable(sender.get("reply_to") or sender["address"])
    if address is None or reply_to is None:
        raise BadPlaybook("the sender's address is not one that SES can send from")
    boundary = f"=_{ids.digest('boundary', tag)}"
    head = {
        "From": _encode_mailbox(sender["name"], address),
        "To": recipient,
        "Reply-To": reply_to,
        "Subject": _encode_text(rendered.subject, "Subject"),
        "Date": format_datetime(now),
        "Message-ID": f"<{tag}@{address.rpartition('@')[2]}>",
        "Content-Language": rendered.language,
        **rendered.headers,
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{boundary}"',
    }
    parts = [CRLF.join(f"{name}: {value}" for name, value in head.items()).encode("ascii"), b""]
    for kind, body in (("plain", rendered.text), ("html", rendered.html)):
        parts += [
            f"--{boundary}".encode(),
            f"Content-Type: text/{kind}; charset=utf-8".encode(),
            b"Content-Transfer-Encoding: quoted-printable",
            b"",
            _encode_body(body),
        ]
    return address, b"\r\n".join([*parts, f"--{boundary}--".encode(), b""])


def _encode_body(text: str) -> bytes:
    """Quoted-printable with CRLF line ends; no line over 76 characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return quopri.encodestring(lines.encode("utf-8", "replace")).replace(b"\n", b"\r\n")


def _one_line(text: str) -> str:
    return " ".join(
        "".join(" " if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") else letter for letter in text).split()
    )


def _encode_text(text: str, header: str) -> str:
    """RFC 2047 where needed, folded; plain ASCII stays readable unless a reader would take it for encoded."""
    line = _one_line(text)
    charset = "us-ascii" if line.isascii() and "=?" not in line else "utf-8"
    return Header(line, charset, header_name=header, maxlinelen=76).encode(linesep=CRLF)


def _encode_mailbox(name: str, address: str) -> str:
    line = _one_line(name)
    if line.isascii() and "=?" not in line:
        return formataddr((line, address))
    return f"{_encode_text(line, 'From')}{CRLF} <{address}>"

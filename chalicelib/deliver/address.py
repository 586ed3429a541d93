"""Which text is an address that SES can send to; refuses the legal forms that no mail provider hands out.

Quoted local parts, comments, address literals and domains without a dot are
refused. A domain in another script becomes its ASCII form as IDNA 2008 has it;
a local part in another script needs SMTPUTF8, which SES lacks.
"""

import re
import unicodedata

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def to_sendable(text: str) -> str | None:
    """The address in ASCII, its domain in lower case; None when SES would refuse or mistake it."""
    local, at, domain = text.strip(" ").rpartition("@")
    if not at or len(local) > 64 or not _LOCAL.fullmatch(local):
        return None
    ascii_domain = _to_ascii(domain)
    if ascii_domain is None or len(local) + 1 + len(ascii_domain) > 254:
        return None
    return f"{local}@{ascii_domain}"


def _to_ascii(domain: str) -> str | None:
    labels = [_label_to_ascii(label) for label in unicodedata.normalize("NFC", domain.lower()).split(".")]
    if len(labels) < 2 or any(label is None for label in labels):
        return None
    if labels[-1] is None or labels[-1].isdigit():  # an IPv4 address is not a domain
        return None
    return ".".join(label for label in labels if label)


def _label_to_ascii(label: str) -> str | None:
    """One label; `encode("idna")` is not used because it is IDNA 2003, which turns ß into ss: another domain."""
    if not label.isascii():
        if not all(unicodedata.category(letter)[0] in "LMN" or letter == "-" for letter in label):
            return None
        label = "xn--" + label.encode("punycode").decode("ascii")
    return label if _LABEL.fullmatch(label) else None

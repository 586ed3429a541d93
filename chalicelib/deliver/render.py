"""One person's mail from a compiled template: subject, HTML, text, links, headers.

Pure. Refuses to know how a mail is sent, and to send anything that is not
HTML-escaped, within its limits and, for marketing, with a way out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from chalicelib.deliver import content, language, reading
from chalicelib.deliver.gate import SkipReason, is_marketing
from chalicelib.deliver.links import Links
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile.customer import Customer
from chalicelib.profile.tracking import pixel_mode

SUBJECT_LIMIT = 200
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")
_LIST_ID = re.compile(r"[^A-Za-z0-9-]+")


@dataclass(frozen=True)
class Rendered:
    """`links[n]` is the page that click link n leads to; `headers` are those of RFC 2369, 2919 and 8058."""

    subject: str
    html: str
    text: str
    language: str
    links: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)


def zone_of(customer: Customer, settings: Mapping[str, Any]) -> str:
    """The recipient's zone, the store's where it is not known."""
    return customer.zone.name if customer.zone else str(settings["store"]["timezone"])


def render(
    message: Mapping[str, Any],
    customer: Customer,
    bundle: Bundle,
    *,
    keys: Mapping[int, bytes],
    public_url: str,
    strict: bool = False,
) -> Rendered | SkipReason:
    """The mail, or why there cannot be one. `strict` raises TemplateFault instead, as publishing wants it."""
    settings = bundle.settings
    locales = bundle.templates[message["template"]]["locales"]
    spoken = bundle.language_for(customer.language)
    spoken = spoken if spoken in locales else next(iter(locales))
    copy = locales[spoken]
    links = Links(
        message["pk"],
        message["message_id"],
        message["definition"],
        settings["store"],
        keys=keys,
        public_url=public_url,
        mode=pixel_mode(customer, settings),
    )
    values = content.describe(message, customer, settings, zone_of(customer, settings), copy["formats"])
    values |= {
        "unsubscribe_url": links.unsubscribe,
        "preferences_url": links.preferences,
        "survey_url": links.survey,
        "confirm_url": links.confirm,
        "pixel_url": links.pixel,
    }
    try:
        subject = language.fill(copy["subject"], values, links, escaped=False, strict=strict)
        text = language.fill(copy["text"], values, links, escaped=False, strict=strict)
        html = language.fill(copy["html"], values, links, escaped=True, strict=strict)
    except language.TemplateFault:
        if strict:
            raise
        return SkipReason.UNRENDERABLE
    if links.marks and _measures_reading(message["definition"], bundle):
        html = reading.add_marks(html, links.marks)
    headers = _list_headers(message["definition"], settings, links) if is_marketing(message, bundle) else {}
    return Rendered(
        subject=content.to_line(subject, SUBJECT_LIMIT),
        html=html,
        text=_BLANK_LINES.sub("\n\n", text).strip() + "\n",
        language=spoken,
        links=links.targets,
        headers=headers,
    )


def _measures_reading(definition: str, bundle: Bundle) -> bool:
    """Whether the flow or campaign asked for it: `reading_time: true`."""
    kind, _, name = definition.partition(":")
    known = bundle.campaigns if kind == "campaign" else bundle.flows
    return bool((known.get(name) or {}).get("reading_time"))


def _list_headers(definition: str, settings: Mapping[str, Any], links: Links) -> dict[str, str]:
    """RFC 8058 asks for an https address; the local cloud's plain one gets no one-click header."""
    domain = settings["sender"]["address"].rpartition("@")[2]
    headers = {
        "List-ID": f"<{_LIST_ID.sub('-', definition).strip('-')}.{domain}>",
        "List-Unsubscribe": f"<{links.unsubscribe}>",
    }
    if urlsplit(links.unsubscribe).scheme == "https":
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers

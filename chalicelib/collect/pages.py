"""The public pages as HTML: one frame, a few parts, every word escaped.

A page loads nothing from anywhere: its style, and on the sign-up page a script
of one line, are named by their hashes in a strict Content-Security-Policy, and
it works without either. Words come from the playbook's strings; a key that is
missing there is shown as words rather than failing somebody's unsubscribe.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from chalicelib import clock

_STYLE = (
    ":root{color-scheme:light dark;--paper:#f4f6f5;--card:#fff;--ink:#17211d;--soft:#4d5a54;--line:#7b8781;"
    "--accent:#0b6b4f;--on:#fff;--wrong:#b3261e}"
    "@media(prefers-color-scheme:dark){:root{--paper:#101513;--card:#1a211e;--ink:#edf2ef;--soft:#b4c0ba;"
    "--line:#7f8c86;--accent:#5fd0a5;--on:#06261b;--wrong:#ffb4ab}}"
    "*{box-sizing:border-box}"
    "body{margin:0;min-height:100vh;display:flex;flex-direction:column;align-items:center;justify-content:center;"
    "padding:24px 16px;background:var(--paper);color:var(--ink);"
    "font:17px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'PingFang SC','Microsoft YaHei',sans-serif}"
    "main{width:100%;max-width:30rem;background:var(--card);border-radius:16px;padding:32px 28px;"
    "box-shadow:0 1px 2px rgba(0,0,0,.08),0 12px 32px rgba(0,0,0,.08);overflow-wrap:anywhere}"
    "header{margin:0 0 20px;font-weight:600;color:var(--soft)}"
    "h1{font-size:1.6rem;line-height:1.25;margin:0 0 12px}h2{font-size:1.1rem;margin:32px 0 4px}"
    "p{margin:0 0 16px}.soft{color:var(--soft);font-size:.94rem}"
    "label{display:block;font-weight:600;margin:16px 0 6px}"
    "input[type=text],input[type=email],input[type=number],input[type=date],select,textarea{width:100%;font:inherit;color:inherit;background:transparent;"
    "border:1px solid var(--line);border-radius:10px;padding:11px 12px}"
    "select,input[type=date]{min-height:48px}.hint{margin:0 0 6px}"
    ".note{border-left:4px solid var(--accent);padding:4px 0 4px 14px}"
    ".code{font:700 1.5rem/1.3 ui-monospace,Menlo,Consolas,monospace;letter-spacing:.06em;"
    "border:2px dashed var(--accent);"
    "border-radius:10px;padding:12px;text-align:center;margin:0 0 8px}"
    "fieldset{border:0;min-width:0;margin:0;padding:0}legend{padding:0}"
    ".choice{display:flex;gap:10px;align-items:center;font-weight:400;margin:0;padding:8px 0;min-height:44px}"
    ".choice input{width:20px;height:20px;margin:0;accent-color:var(--accent);flex:none}"
    "button{font:inherit;font-weight:600;min-height:48px;width:100%;margin:20px 0 0;padding:10px 20px;"
    "border:1px solid var(--accent);border-radius:10px;background:var(--accent);color:var(--on);cursor:pointer}"
    "button.quiet{background:transparent;color:var(--accent)}"
    "a{color:var(--accent)}"
    ":focus-visible{outline:3px solid var(--accent);outline-offset:3px}"
    ".wrong{color:var(--wrong);font-weight:600;margin:6px 0 0}[aria-invalid=true]{border-color:var(--wrong)}"
    ".agreed{margin:20px 0 0}"
    ".aside{position:absolute;left:-10000px;width:1px;height:1px;overflow:hidden}"
    "footer{margin:20px 0 0;font-size:.94rem;color:var(--soft)}footer a{display:inline-block;padding:10px 8px}"
)
_ZONE_SCRIPT = 'document.getElementById("time_zone").value=Intl.DateTimeFormat().resolvedOptions().timeZone||"";'


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii") + "'"


HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {_hash(_ZONE_SCRIPT)}; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True)
class Words:
    """The playbook's strings for the pages in one language, and the store they speak of."""

    language: str
    strings: Mapping[str, Any]
    store: str = ""
    store_url: str = ""

    def raw(self, key: str) -> str:
        found = self.strings.get(key)
        words = found if isinstance(found, str) and found else key.replace("_", " ").capitalize()
        return words.replace("{store}", self.store)

    def fill(self, key: str, **blanks: str) -> str:
        """The escaped words of a key with its blanks filled in."""
        words = self.raw(key)
        for name, value in blanks.items():
            words = words.replace(f"{{{name}}}", value)
        return escape(words)

    def day(self, instant: datetime, zone: str = "UTC") -> str:
        """The day there in words of the language."""
        day = clock.local_day(instant, zone)
        formats = self.strings.get("formats") or {}
        if not formats:
            return day.isoformat()
        name = formats["months"][day.month - 1]
        number = formats.get("first", 1) if day.day == 1 else day.day
        return str(formats["day"]).format(year=day.year, month=day.month, day=number, name=name)

    def __call__(self, key: str) -> str:
        """The escaped words of a key; `{store}` is the store's name."""
        return escape(self.raw(key))


NO_WORDS = Words(
    "en",
    {
        "unsubscribe_ask": "Would you like to stop receiving offers and news?",
        "unsubscribe_note": "Messages about an order you place will still reach you.",
        "unsubscribe_button": "Unsubscribe",
        "unsubscribe_title": "Unsubscribe",
        "unsubscribed_title": "You are unsubscribed",
        "unsubscribed_text": "You will be sent no more offers and news.",
        "undo_title": "Unsubscribed by mistake?",
        "undo_button": "Subscribe me again",
        "reason_thanks": "Thank you for telling us.",
        "resubscribed_title": "Welcome back",
        "resubscribed_text": "You are subscribed again.",
        "confirm_title": "Confirm your subscription",
        "confirm_text": "Press the button to receive offers and news.",
        "confirm_button": "Confirm",
        "confirmed_title": "Thank you",
        "confirmed_text": "You are subscribed.",
        "refused_title": "This link does not work",
        "refused_text": "It may have been cut off on the way. Please open it again from the email.",
        "unavailable_title": "Please try again in a moment",
        "unavailable_text": "Something on our side did not answer. Nothing was changed.",
    },
)
"""For the moment in which the playbook cannot be read: enough to leave, to join and to understand."""


def document(
    words: Words, title: str, parts: Iterable[str], *, scripted: bool = False, foot: str = "", literal: bool = False
) -> str:
    """A whole page; `title` is a key, or (`literal`) its words, `parts` are HTML made by the functions below."""
    name = escape(title) if literal else words(title)
    head = f"<header>{escape(words.store)}</header>" if words.store else ""
    script = f"<script>{_ZONE_SCRIPT}</script>" if scripted else ""
    return (
        f'<!doctype html><html lang="{escape(words.language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{name}</title><style>{_STYLE}</style></head>"
        f"<body><main>{head}<h1>{name}</h1>{''.join(parts)}</main>{foot}{script}</body></html>"
    )


def paragraph(html: str, *, soft: bool = False, note: bool = False, alert: bool = False) -> str:
    """Already escaped words as a paragraph; `alert` is read out at once by a screen reader."""
    attributes = (' class="soft"' if soft else ' class="note"' if note else "") + (' role="status"' if alert else "")
    return f"<p{attributes}>{html}</p>"


def form(action: str, label: str, *parts: str, quiet: bool = False) -> str:
    """A form that posts to the page's own address; `action` is sent along, `label` is on its button."""
    look = ' class="quiet"' if quiet else ""
    return (
        f'<form method="post"><input type="hidden" name="action" value="{escape(action)}">'
        f'{"".join(parts)}<button type="submit"{look}>{label}</button></form>'
    )


def text_field(
    name: str, label: str, *, kind: str = "text", value: str = "", fill: str = "", wrong: str = "", needed: bool = False
) -> str:
    """A labelled input; `fill` is its autocomplete token, `wrong` an escaped message tied to it."""
    tie = f' aria-invalid="true" aria-describedby="{name}_wrong"' if wrong else ""
    message = f'<p class="wrong" id="{name}_wrong" role="alert">{wrong}</p>' if wrong else ""
    return (
        f'<label for="{name}">{label}</label>'
        f'<input id="{name}" name="{name}" type="{kind}" value="{escape(value)}" autocomplete="{fill or "off"}"'
        f' maxlength="{320 if kind == "email" else 80}"{" required" if needed else ""}{tie}>{message}'
    )


def text_area(name: str, label: str) -> str:
    return (
        f'<label for="{name}">{label}</label><textarea id="{name}" name="{name}" rows="3" maxlength="500"></textarea>'
    )


def hidden(name: str, value: str = "") -> str:
    return f'<input type="hidden" id="{name}" name="{name}" value="{escape(value)}">'


def trap(name: str, label: str) -> str:
    """A field that people neither see nor reach, for programs that fill in everything."""
    return (
        f'<div class="aside" aria-hidden="true"><label for="{name}">{label}</label>'
        f'<input id="{name}" name="{name}" type="text" tabindex="-1" autocomplete="off"></div>'
    )


def link(url: str, label: str) -> str:
    return f'<p><a href="{escape(url)}" rel="noreferrer">{label}</a></p>'


def languages(names: Mapping[str, str], label: str) -> str:
    """Links to the same page in other languages, each in its own words."""
    links = "".join(
        f'<a href="?lang={escape(tag)}" lang="{escape(tag)}" hreflang="{escape(tag)}">{escape(name)}</a>'
        for tag, name in names.items()
    )
    return f'<footer><nav aria-label="{label}">{links}</nav></footer>' if links else ""


def refused(words: Words) -> str:
    """For a link that nobody here signed."""
    parts = [paragraph(words("refused_text"))]
    if words.store_url:
        parts.append(link(words.store_url, words("to_store")))
    return document(words, "refused_title", parts)


def unavailable(words: Words) -> str:
    """For a moment in which AWS does not answer; nothing was changed."""
    return document(words, "unavailable_title", [paragraph(words("unavailable_text"))])

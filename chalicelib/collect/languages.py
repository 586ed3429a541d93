"""Which of the store's languages a page is written in, and what languages call themselves."""

import re

from chalicelib.playbook.bundle import Bundle

_ITEM = re.compile(r"([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3})(?:\s*;\s*q=([01](?:\.[0-9]{1,3})?))?")

OWN_NAMES = {
    "en": "English",
    "zh-CN": "简体中文",
    "zh-TW": "繁體中文",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "it": "Italiano",
    "pt": "Português",
    "nl": "Nederlands",
    "ja": "日本語",
    "ko": "한국어",
}


def choose(bundle: Bundle, *wishes: str, accept: str = "") -> str:
    """The store's language nearest to the first wish that has one, then to Accept-Language, then its own."""
    for wish in (*wishes, *_read_accept(accept)):
        found = bundle.language_for(wish) if wish else ""
        if found and found.split("-")[0].lower() == wish.replace("_", "-").split("-")[0].lower():
            return found
    return bundle.languages[0]


def _read_accept(header: str) -> list[str]:
    found: list[tuple[float, int, str]] = []
    for item in header[:500].split(","):
        match = _ITEM.fullmatch(item.strip())
        if match and float(match.group(2) or 1) > 0:
            found.append((-float(match.group(2) or 1), len(found), match.group(1)))
    return [tag for _, _, tag in sorted(found)]

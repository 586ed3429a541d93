"""Which language a customer reads, believed from evidence, strongest first.

    chosen     on a form, a sign-up page or in the preferences
    store      the store's or an import's record of them
    browser    the language their browser asks for
    country    the language that most people of the country read

Places of clicks say nothing here that the country does not say better. For a
country of several languages, none of which most people read, nothing is
believed. Refuses to translate a tag: which of the store's languages is nearest
to the belief is the playbook's to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class LanguageBelief:
    """`source` is chosen, store, browser or country; `confidence` is certain, likely or guess."""

    name: str
    source: str
    confidence: str


_OF_COUNTRIES = {
    "ar": "AE BH DZ EG IQ JO KW LB LY MA OM QA SA SY TN YE",
    "cs": "CZ",
    "da": "DK",
    "de": "AT DE LI",
    "el": "CY GR",
    "en": "AU CA GB IE NZ US",
    "es": "AR BO CL CO CR CU DO EC ES GT HN MX NI PA PE PY SV UY VE",
    "fi": "FI",
    "fr": "FR MC",
    "he": "IL",
    "hu": "HU",
    "id": "ID",
    "it": "IT SM",
    "ja": "JP",
    "ko": "KR",
    "nb": "NO",
    "nl": "NL",
    "pl": "PL",
    "pt": "AO BR MZ PT",
    "ro": "MD RO",
    "ru": "BY RU",
    "sv": "SE",
    "th": "TH",
    "tr": "TR",
    "uk": "UA",
    "vi": "VN",
    "zh-CN": "CN",
    "zh-TW": "HK MO TW",
}
LANGUAGE_OF = {country: language for language, countries in _OF_COUNTRIES.items() for country in countries.split()}

_TOLD = (
    ("language_chosen", "chosen", "certain"),
    ("language_of_store", "store", "likely"),
    ("language_of_browser", "browser", "likely"),
)


@lru_cache(maxsize=1024)
def spelt(tag: str) -> str:
    """A tag in the letters of BCP 47, however it was told: `zh_cn` → `zh-CN`, `ZH-hant-tw` → `zh-Hant-TW`."""
    first, *others = tag.replace("_", "-").split("-")
    by_length = {2: str.upper, 4: str.title}
    return "-".join([first.lower(), *(by_length.get(len(each), str.lower)(each) for each in others)])


def believe(told: Mapping[str, Any], country: str) -> LanguageBelief | None:
    """The belief that `told` (name → [at, event id, language]) and a country amount to."""
    for name, source, confidence in _TOLD:
        if name in told:
            return LanguageBelief(spelt(told[name][2]), source, confidence)
    language = LANGUAGE_OF.get(country)
    return LanguageBelief(language, "country", "guess") if language else None

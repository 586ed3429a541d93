"""Reasons and names of what is known of a customer, in words: sentences from the playbook, filled with figures.

A sentence is a text, or a list of clauses of which those are left out whose
figures are all nothing; it says `{days}`, a share as `{share:%}`, and one and
many as `{orders|order|orders}`. Refuses to know any sentence itself, and to fail
for one that is missing: then the key and the figures are shown.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.profile.comparison import SIGNS, comparisons
from chalicelib.profile.insights import Figures, Reason

NAMED = {
    "rfm": "group",
    "rfm_before": "group",
    "stage": "stage",
    "engagement": "tier",
    "email_consent": "consent",
    "spend_band": "band",
}
"""Trait → the kind of name that its values have."""

LANGUAGES = ("en", "zh-CN")
"""The operator's; customers never see a reason."""

PLACE = re.compile(r"\{(\w+)(?::(%)|\|([^|{}]*)\|([^|{}]*))?\}")

Sentences = Mapping[str, Any]
"""`reasons`: key → sentence; `names`: kind → value → name; `join`: what stands between clauses."""


@dataclass(frozen=True)
class Speech:
    """A language, and the sentences in which the conditions of rules are explained."""

    language: str
    sentences: Sentences

    def say(self, key: str, **figures: float | int | str) -> str:
        return say(Reason(key, figures), self.sentences)

    def word(self, word: str) -> str:
        return name("word", word, self.sentences)

    def shown(self, value: Any, trait: str = "") -> str:
        if value is None or value == "":
            return self.word("not known")
        if isinstance(value, bool):
            return self.word("true" if value else "false")
        return name(NAMED[trait], str(value), self.sentences) if trait in NAMED else str(value)

    def span(self, written: str) -> str:
        """A duration as rules write it, `7d` or `6mo`, in words."""
        number = written.strip().rstrip("mohdw")
        return self.say(f"span_{written.strip().removeprefix(number)}", number=int(number))

    def wanted(self, wanted: Any, trait: str = "") -> str:
        """What is wanted: `≥ 80 USD`, `one of US, CA`."""
        parts = []
        for sign, value in comparisons(wanted):
            lead = SIGNS[sign]
            if sign in ("in", "not_in"):
                lead = self.say("condition_in" if sign == "in" else "condition_not_in")
            listed = value if isinstance(value, list | tuple) else [value]
            parts.append(lead + ", ".join(self.shown(each, trait) for each in listed))
        of_currency = isinstance(wanted, Mapping) and "currency" in wanted and "thresholds" not in wanted
        return f" {self.word('and')} ".join(parts) + (f" {wanted['currency']}" if of_currency else "")


def say(reason: Reason, sentences: Sentences, today: date | None = None) -> str:
    """The reason in the language of the sentences. A figure `on` is a day, from which `{days}` are counted to `today`;
    without one the sentence has the day itself."""
    figures = dict(reason.figures)
    if "on" in figures:
        days = (today - date.fromisoformat(str(figures["on"]))).days if today else None
        figures["days"] = figures["on"] if days is None else max(days, 0)
    sentence = sentences.get("reasons", {}).get(reason.key)
    if sentence is None:
        return ", ".join([reason.key, *(f"{name} {_number(value)}" for name, value in figures.items())])
    clauses = [sentence] if isinstance(sentence, str) else list(sentence)
    told = [_fill(each, figures, sentences) for each in clauses if len(clauses) == 1 or _says(each, figures)]
    return str(sentences.get("join", "; ")).join(told)


def name(kind: str, value: str, sentences: Sentences) -> str:
    """What a group, stage, tier, tag or diagnosis is called; the value itself where it has no name, such as a brand."""
    named = sentences.get("names", {}).get(kind, {})
    if kind == "tag":
        of_kind, _, told = value.partition(":")
        called = str(named.get(of_kind, value))
        return called.replace("{value}", name(of_kind, told, sentences)) if told else called
    return str(named.get(value, value))


def places(sentence: str | Sequence[str]) -> set[str]:
    """Names of the figures that a sentence asks for."""
    clauses = [sentence] if isinstance(sentence, str) else sentence
    return {found[1] for each in clauses for found in PLACE.finditer(each)}


def _says(clause: str, figures: Figures) -> bool:
    asked = places(clause)
    return not asked or any(figures.get(each) for each in asked)


def _fill(clause: str, figures: Figures, sentences: Sentences) -> str:
    def put(found: re.Match[str]) -> str:
        value = figures.get(found[1], "")
        if found[2] and not isinstance(value, str):
            return f"{value:.0%}"
        if found[3] is not None:
            return f"{_number(value)} {found[3] if value == 1 else found[4]}"
        return name(found[1], value, sentences) if isinstance(value, str) else _number(value)

    return PLACE.sub(put, clause)


def _number(value: float | int | str) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")

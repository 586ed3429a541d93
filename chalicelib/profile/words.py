"""Reasons and names of what is known of a customer, in words: sentences from the playbook, filled with figures.

A sentence is a text, or a list of clauses of which those are left out whose
figures are all nothing; it says `{days}`, a share as `{share:%}`, and one and
many as `{orders|order|orders}`. Refuses to know any sentence itself, and to fail
for one that is missing: then the key and the figures are shown.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chalicelib.profile.comparison import comparisons
from chalicelib.profile.insights import Figures, Reason

NAMED = {
    "rfm": "group",
    "rfm_before": "group",
    "stage": "stage",
    "engagement": "tier",
    "email_consent": "consent",
    "spend_band": "band",
    "gender": "gender",
}
"""Trait → the kind of name that its values have."""

SHARES = ("dormancy_60d", "coupon_response", "due_7d", "diagnosis")
"""Predictions whose value is a chance, said in percent, and every diagnosis."""

LANGUAGES = ("en", "zh-CN")
"""The operator's; customers never see a reason."""

PLACE = re.compile(r"\{(\w+)(?::(%)|\|([^|{}]*)\|([^|{}]*))?\}")

Sentences = Mapping[str, Any]
"""`reasons`: key → sentence; `names`: kind → value → name; `join`: what stands between clauses."""


@dataclass(frozen=True)
class Speech:
    """A language and its sentences; `segments` are definitions, for what segments are called."""

    language: str
    sentences: Sentences
    segments: Mapping[str, Any] = field(default_factory=dict)

    def say(self, key: str, **figures: float | int | str) -> str:
        return say(Reason(key, figures), self.sentences)

    def name(self, kind: str, value: str) -> str:
        return name(kind, value, self.sentences)

    def word(self, word: str) -> str:
        return self.name("word", word)

    def segment(self, segment: str) -> str:
        return str(self.segments.get(segment, {}).get("name", {}).get(self.language, segment))

    def shown(self, value: Any, of: str = "") -> str:
        """A value of the trait or prediction `of`."""
        if value is None or value == "":
            return self.word("not known")
        if isinstance(value, bool):
            return self.word("yes" if value else "no")
        if of in SHARES:
            return f"{round(100 * float(value), 1):g}%"
        return self.name(NAMED[of], str(value)) if of in NAMED else str(value)

    def span(self, written: str) -> str:
        """A duration as rules write it, `7d` or `6mo`, in words."""
        number = written.strip().rstrip("mohdw")
        return self.say(f"span_{written.strip().removeprefix(number)}", number=int(number))

    def wanted(self, wanted: Any, of: str = "") -> str:
        """What is wanted: `at least 80 USD`, `US, CA or MX`."""
        money = isinstance(wanted, Mapping) and "currency" in wanted and "thresholds" not in wanted
        unit = f" {wanted['currency']}" if money else ""
        parts = []
        for sign, value in comparisons(wanted):
            each = [self.shown(one, of) + unit for one in (value if isinstance(value, list | tuple) else [value])]
            listed = self.word("comma").join(each[:-1])
            told = f"{listed}{self.word('or')}{each[-1]}" if listed else each[-1]
            parts.append(told if sign in ("eq", "in") else self.say(f"wanted_{sign}", wanted=told))
        return self.word("and").join(parts)


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
    """What a group, stage, tier, tag or measure is called; the value itself where it has no name, such as a brand.

    `category:Kitchen` has the name of `category` with Kitchen in it; `category` alone that of the kind.
    """
    names = sentences.get("names", {})
    named = names.get(kind, {})
    of_kind, _, told = value.partition(":")
    if value in named or of_kind not in named:
        called = str(named.get(value, value))
        return str(names.get("kind", {}).get(value, called)) if "{value}" in called else called
    return str(named[of_kind]).replace("{value}", name(of_kind, told, sentences))


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

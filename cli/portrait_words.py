"""The operator's words for what is shown of customers and segments, in one language: labels, names, times, answers.

Sentences and names are the published playbook's; so are what topics, segments
and the answers of surveys are called. Refuses to fail for a word that is
missing: then its key is shown.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from unicodedata import east_asian_width

from chalicelib import clock
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile.words import Speech, name


class Words:
    def __init__(self, bundle: Bundle, language: str) -> None:
        self.language = language
        self.speech = Speech(language, bundle.reasons.get(language, {}), bundle.segments)
        self.currency = str(bundle.settings.get("store", {}).get("currency", ""))
        self._bundle = bundle

    def say(self, key: str, **figures: float | int | str) -> str:
        return self.speech.say(key, **figures)

    def name(self, kind: str, value: str) -> str:
        return name(kind, value, self.speech.sentences)

    def label(self, label: str) -> str:
        return self.name("label", label)

    def labels(self, *labels: str) -> tuple[str, ...]:
        return tuple(map(self.label, labels))

    def pair(self, what: str, told: str) -> str:
        return self.say("show_pair", what=what, told=told)

    def aside(self, *told: str) -> str:
        """In brackets; nothing for nothing."""
        listed = self.besides(*told)
        return self.say("actual", actual=listed) if listed else ""

    def joined(self, *told: str) -> str:
        """Things of a kind."""
        return self.name("word", "comma").join(filter(None, told))

    def besides(self, *told: str) -> str:
        """What is said of one thing."""
        return self.name("word", "besides").join(filter(None, told))

    def clauses(self, *told: str) -> str:
        return str(self.speech.sentences.get("join", "; ")).join(filter(None, told))

    def topic(self, topic: str) -> str:
        return self._called(self._bundle.settings.get("topics", {}).get(topic), topic)

    def parting(self, reason: str) -> str:
        """A reason for unsubscribing, as the store words it."""
        return self._called(self._bundle.settings.get("unsubscribe_reasons", {}).get(reason), reason)

    def question(self, question: str) -> str:
        """What was asked in a survey; an attribute is called by its name."""
        named = self.speech.sentences.get("names", {}).get("attribute", {}).get(question)
        return str(named or self._called(self._asked(question).get("ask"), question))

    def answer(self, question: str, answer: str) -> str:
        """The choices of a survey as it words them, anything else as it was told."""
        choices = self._asked(question).get("choices") or {}
        given = [each.strip() for each in answer.split(",")]
        if all(each in choices for each in given):
            return self.joined(*(self._called(choices[each], each) for each in given))
        return self.name("gender", answer) if question == "gender" else answer

    def tag(self, tag: Mapping[str, Any]) -> str:
        """What a tag is called; of an age, what it is the age of."""
        called = tag["name"][self.language]
        return started(self.pair(self.question("age_band"), called) if tag["tag"].startswith("age:") else called)

    def survey(self, survey: str) -> str:
        return self._called(self._bundle.surveys.get(survey, {}).get("title"), survey)

    def about(self, detail: Mapping[str, Any]) -> str:
        """What a fact is about; '' when it says nothing of that."""
        subject = next((each for each in SUBJECTS if detail.get(each)), "")
        told = str(detail.get(subject, ""))
        return self.speech.segment(told) if subject == "segment" else told

    def measure(self, each: Mapping[str, Any], place: str) -> str:
        """A measure's figure, `value` or `before`, with its unit."""
        number, _, unit = str(each[place]).partition(" ")
        units = {"days": "show_days", "s": "show_seconds"}
        return self.say(units[unit], number=int(number)) if unit in units else str(each[place])

    def _asked(self, question: str) -> Mapping[str, Any]:
        surveys = self._bundle.surveys.values()
        found = (each for survey in surveys for each in survey["questions"] if each["key"] == question)
        return next(found, {})

    def _called(self, names: Mapping[str, str] | None, otherwise: str) -> str:
        return str(names.get(self.language) or next(iter(names.values()), otherwise)) if names else otherwise


SUBJECTS = ("segment", "flow", "campaign", "title", "query", "subject", "code", "number", "order_id", "product_id")
"""Of a fact's details the first that there is says what it is about."""


def started(told: str) -> str:
    """With a capital at its beginning, where the script has them."""
    return told[:1].upper() + told[1:]


def moment(at: str | datetime) -> str:
    """An instant as it is read: `2026-11-23 09:00 UTC`; '' for none."""
    return f"{clock.parse(at) if isinstance(at, str) else at:%Y-%m-%d %H:%M} UTC" if at else ""


def padded(text: str, width: int) -> str:
    """To the left of so many columns; Chinese letters take two."""
    return text + " " * (width - _wide(text))


def aligned(text: str, width: int) -> str:
    """To the right of so many columns."""
    return " " * (width - _wide(text)) + text


def _wide(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)

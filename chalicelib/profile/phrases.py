"""What a rule asks for, as a sentence for people: `Paid for an order at least 2 times in the last 90 days`.

Knows no customer: the same words stand in a preview and beside what is so of
somebody. Refuses to know any sentence itself, and to judge.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.profile.comparison import comparisons
from chalicelib.profile.conditions import DETAILS, EVENT_KEYS, NAMED_KEYS, tag_id
from chalicelib.profile.rule import GROUPS

if TYPE_CHECKING:
    from chalicelib.profile.words import Speech


def sentence(key: str, rule: Mapping[str, Any], speech: "Speech") -> str:
    """One condition of a rule, or what a group asks of the conditions below it."""
    told = speech.say(f"condition_{key}") if key in GROUPS else _condition(key, rule, speech)
    return told[:1].upper() + told[1:]


def line(rule: Mapping[str, Any], speech: "Speech") -> str:
    """A whole rule in one line, its groups in brackets."""
    told = _line(rule, speech)
    return told[:1].upper() + told[1:]


def _line(rule: Mapping[str, Any], speech: "Speech") -> str:
    parts = []
    for key in rule:
        if key in GROUPS:
            listed = speech.sentences.get("join", "; ").join(_line(each, speech) for each in rule[key])
            parts.append(speech.say(f"condition_{key}") + speech.say("actual", actual=listed))
        elif key not in DETAILS:
            parts.append(_condition(key, rule, speech))
    return str(speech.sentences.get("join", "; ")).join(parts)


def _condition(key: str, rule: Mapping[str, Any], speech: "Speech") -> str:
    wanted = rule[key]
    if key in EVENT_KEYS:
        return _event(key, rule, speech)
    if key == "segment":
        return speech.say("condition_segment", segment=speech.segment(wanted))
    if key == "tag":
        return speech.say("condition_tag", tag=tag_id(wanted))
    if key in NAMED_KEYS:
        asked = {sign: rule[sign] for sign in NAMED_KEYS[key] if sign in rule}
        told = speech.wanted(asked, "diagnosis" if key == "diagnosis" else wanted)
        return speech.say(f"condition_{key}", **{key: wanted}, wanted=told)
    if isinstance(flag := wanted.get("eq") if isinstance(wanted, Mapping) else wanted, bool):
        return speech.say("condition_flag" if flag else "condition_no_flag", trait=key)
    return speech.say("condition_trait", trait=key, wanted=speech.wanted(wanted, key))


def _event(key: str, rule: Mapping[str, Any], speech: "Speech") -> str:
    within, where, times = rule.get("within"), rule.get("where"), rule.get("times")
    by_days = times is not None and not where  # counts are kept by the day
    during = (
        speech.say("condition_within_days" if by_days else "condition_within", span=speech.span(within))
        if within
        else ""
    )
    such = often = ""
    if where:
        told = (
            speech.say("condition_trait", trait=speech.name("field", field), wanted=speech.wanted(value))
            for field, value in where.items()
        )
        such = speech.say("actual", actual=str(speech.sentences.get("join", "; ")).join(told))
    if times is not None:
        is_one = all(str(value) == "1" for _, value in comparisons(times))
        often = speech.say("condition_once" if is_one else "condition_times", wanted=speech.wanted(times))
    return speech.say(f"condition_{key}", event=rule[key], such=such, often=often, during=during)

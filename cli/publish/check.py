"""Finds every mistake in a playbook before it is published, each as file:line:column and a sentence.

First the shape of each file, then, where the shape is right, what it refers
to: segments, offers, templates, events, times, languages. Refuses to guess: a
key that nothing reads is a mistake here, not a setting without effect.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib import clock
from chalicelib.profile import rulecheck
from chalicelib.profile.facets import SEGMENTS_KEPT
from chalicelib.profile.rule import references
from cli.publish.check_flow import flow_problems
from cli.publish.check_source import source_problems
from cli.publish.check_survey import survey_problems
from cli.publish.check_template import Templates, template_problems
from cli.publish.load import Document, Playbook, Problem, Where
from cli.publish.wording import nearest, shape_problems

MOST_SEGMENTS = SEGMENTS_KEPT // 2
"""Half of what a profile keeps, for it also remembers those that were left or taken out of the playbook."""
_KIND_OF = {"segments": "segment", "flows": "flow", "campaigns": "campaign", "sources": "source", "surveys": "survey"}
DASHBOARD = ("en", "zh-CN")
"""The operator's languages: in these a definition has a name; customers never see it."""


def check(playbook: Playbook, templates: Templates | None) -> list[Problem]:
    """All problems, by file and line. `templates` are those compiled, by id; None when they could not be."""
    found = list(playbook.problems)
    if not any(problem.file == playbook.settings.file for problem in playbook.problems):
        in_settings = shape_problems(playbook.settings, "settings") or list(_settings(playbook.settings))
        found += in_settings
        if in_settings:  # without languages, offers and bands the rest cannot be judged
            return sorted(found)
    else:
        return sorted(found)
    for folder, kind in _KIND_OF.items():
        for name, document in playbook.of(folder).items():
            found += shape_problems(document, kind) or [
                *_named(document, name, kind),
                *_content(document, kind, playbook, templates),
            ]
    found += _signup(playbook)
    found += circles(playbook.segments)
    for document in list(playbook.segments.values())[MOST_SEGMENTS:]:
        found.append(document.problem(("id",), f"at most {MOST_SEGMENTS} segments; a profile remembers no more"))
    return sorted(set(found))


def segment_problems(document: Document, name: str, segments: Collection[str]) -> list[Problem]:
    """All that is wrong with the file of one segment, of the name that its file has; `segments` are those it may ask
    about. Circles are `circles`'s to find."""
    return shape_problems(document, "segment") or [*_named(document, name, "segment"), *_who(document, segments)]


def circles(segments: Mapping[str, Document], asks: Mapping[str, set[str]] | None = None) -> list[Problem]:
    """A problem for each segment that, by its references, asks about itself; `asks` are references of others."""
    known = {name: _references_of(document) for name, document in segments.items()}
    known = {**(asks or {}), **known}
    found = []
    for name, document in segments.items():
        seen: set[str] = set()
        waiting = set(known[name])
        while waiting:
            other = waiting.pop()
            seen.add(other)
            waiting |= known.get(other, set()) - seen
        if name in seen:
            message = f"segment {name!r} asks about itself, by way of others too"
            found.append(document.problem(("who",), message))
    return found


def rule_problems(
    document: Document, rule: Any, where: Where, segments: Collection[str], *, about_order: bool
) -> list[Problem]:
    """What is wrong with a rule of a file, its references to `segments` included."""
    found = list(rulecheck.problems(rule, about_order, where))
    if not found:
        for path, segment in _segment_references(rule, where):
            if segment not in segments:
                found.append((path, f"there is no segment {segment!r}{nearest(segment, segments)}"))
    return [document.problem(path, message) for path, message in found]


def _named(document: Document, name: str, kind: str) -> Iterator[Problem]:
    if document.data["id"] != name:
        yield document.problem(("id",), f"the id must be the file's name, {name!r}")
    if kind not in ("source", "survey"):
        yield from _localised(document, document.data["name"], DASHBOARD, ("name",))


def _who(document: Document, segments: Collection[str]) -> list[Problem]:
    return rule_problems(document, document.data["who"], ("who",), segments, about_order=False)


def _content(document: Document, kind: str, playbook: Playbook, templates: Templates | None) -> list[Problem]:
    if kind == "segment":
        return _who(document, playbook.segments)
    if kind == "flow":
        return list(flow_problems(document, playbook, templates, rule_problems))
    if kind == "campaign":
        return list(_campaign(document, playbook, templates))
    if kind == "survey":
        return list(survey_problems(document, playbook, _localised))
    return list(source_problems(document))


def _localised(document: Document, texts: dict[str, str], languages: Sequence[str], where: Where) -> list[Problem]:
    missing = [language for language in languages if language not in texts]
    strange = [language for language in texts if language not in languages]
    return [document.problem(where, f"the text in {language} is missing") for language in missing] + [
        document.problem((*where, language), f"{language} is not one of {', '.join(languages)}") for language in strange
    ]


def _settings(document: Document) -> Iterator[Problem]:
    data = document.data
    store = data["store"]
    if not clock.is_zone(store["timezone"]):
        yield document.problem(("store", "timezone"), f"{store['timezone']!r} is not an IANA time zone")
    if store["url"].removeprefix("https://").split(":")[0] not in store["hosts"]:
        yield document.problem(("store", "hosts"), "the host of the store's url is not among them")
    if data["spend_bands"]["mid"] >= data["spend_bands"]["high"]:
        yield document.problem(("spend_bands",), "`mid` must be below `high`")
    if store["currency"] in data.get("currencies", {}):
        yield document.problem(("currencies", store["currency"]), "this is the store's own; name others")
    every, retry = (clock.parse_duration(data["caps"]["email"][key]) for key in ("every", "retry"))
    if retry < every:
        yield document.problem(
            ("caps", "email", "retry"), "`retry` must be at least `every`, or nothing is tried again"
        )
    for offer, terms in data["offers"].items():
        if ("amount" in terms) == ("percent" in terms):
            yield document.problem(("offers", offer), "an offer has either `amount` or `percent`")
    if not data["consent_wording"]:
        yield document.problem(("consent_wording",), "the sign-up page needs a wording")
    known: dict[str, str] = {}
    for name, told in (data.get("api") or {}).get("browser_keys", {}).items():
        if known.setdefault(told["key"], name) != name:
            message = f"the same key as {known[told['key']]!r}: only the first of the two would count"
            yield document.problem(("api", "browser_keys", name), message)
    for number, wording in enumerate(data["tracking"]["wordings"]):
        if wording not in data["consent_wording"]:
            yield document.problem(("tracking", "wordings", number), f"there is no consent_wording {wording!r}")
    for group in ("unsubscribe_reasons", "consent_wording", "topics"):
        for key, texts in data.get(group, {}).items():
            yield from _localised(document, texts, store["languages"], (group, key))


def _signup(playbook: Playbook) -> Iterator[Problem]:
    """What the sign-up page leads to must be there."""
    named = playbook.settings.data.get("signup", {})
    for key, known in (("reward", playbook.settings.data["offers"]), ("survey", playbook.surveys)):
        if key in named and named[key] not in known:
            what = "offer" if key == "reward" else key
            message = f"there is no {what} {named[key]!r}{nearest(named[key], known)}"
            yield playbook.settings.problem(("signup", key), message)


def _campaign(document: Document, playbook: Playbook, templates: Templates | None) -> Iterator[Problem]:
    data = document.data
    for side in ("in", "not_in"):
        for number, segment in enumerate(data["audience"].get(side, ())):
            if segment not in playbook.segments:
                message = f"there is no segment {segment!r}{nearest(segment, playbook.segments)}"
                yield document.problem(("audience", side, number), message)
    try:
        datetime.strptime(data["send"]["at"], "%Y-%m-%d %H:%M")
    except ValueError:
        yield document.problem(("send", "at"), f"{data['send']['at']!r} is not in the calendar")
    for key in ("timezone", "fallback"):
        zone = data["send"].get(key, "UTC")
        if not clock.is_zone(zone) and (key, zone) != ("timezone", "recipient"):
            yield document.problem(("send", key), f"{zone!r} is not an IANA time zone")
    topics = playbook.settings.data.get("topics", {})
    for number, topic in enumerate(data.get("topics", ())):
        if topic not in topics:
            yield document.problem(("topics", number), f"there is no topic {topic!r}{nearest(topic, topics)}")
    template = data["email"]["template"]
    if templates is not None:
        for message in template_problems(template, templates, started_by=""):
            yield document.problem(("email", "template"), message)


def _segment_references(rule: dict[str, Any], where: Where) -> Iterator[tuple[Where, str]]:
    for key, wanted in rule.items():
        if key == "segment":
            yield (*where, key), wanted
        elif key in ("all", "any", "none"):
            for number, each in enumerate(wanted):
                yield from _segment_references(each, (*where, key, number))


def _references_of(document: Document) -> set[str]:
    try:
        return references(document.data["who"])
    except (TypeError, KeyError, AttributeError):  # its shape was found wrong
        return set()

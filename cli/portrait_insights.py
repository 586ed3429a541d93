"""What was computed of a customer, for the portrait: each with its name and its reason in the operator's languages.

As it was last computed and as rules see it, with the day; a part that could not
be computed is listed with why.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from chalicelib import clock
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile import words
from chalicelib.profile.customer import Customer
from chalicelib.profile.insights import Insights, Reason

CHANCES = ("dormancy_60d", "coupon_response", "due_7d")


def computed(
    customer: Customer, bundle: Bundle, today: date, titles: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """JSON-ready; `as_of` is '' while nothing was computed. Days are counted to `today`. `titles` are of products."""
    insights = customer.insights
    if insights is None:
        return {"as_of": "", "found": [], "blanks": [], "recommendations": {}, "suggested": []}
    return {
        "as_of": clock.to_text(insights.as_of),
        "found": list(_found(insights, bundle, today)),
        "blanks": [
            {"about": name, "name": _name(*_about(name), bundle), "why": _why(why, bundle, today)}
            for name, why in insights.blanks.items()
        ],
        "recommendations": {kind: list(products) for kind, products in insights.recommendations.items()},
        "suggested": [
            {"name": _name("suggestion", kind, bundle), "titles": [(titles or {}).get(each, each) for each in products]}
            for kind, products in insights.recommendations.items()
        ],
    }


def lines(told: dict[str, Any], *, why: bool, language: str = "en") -> Iterator[str]:
    """For the terminal; `why` adds what is blank."""
    if not told["as_of"]:
        yield "insights: none computed yet"
        return
    yield f"insights as of {told['as_of']}"
    for each in told["found"]:
        value = f" {figure(each)}".rstrip()
        since = f", since {each['since'][:10]}" if each["since"] else ""
        before = f", before that {each['before'][language]}" if each["before"] else ""
        yield f"  {each['called'][language]}: {each['name'][language]}{value}{since}{before}"
        yield f"    {each['why'][language]}"
    for each in told["suggested"]:
        yield f"  {each['name'][language]}: {', '.join(each['titles'])}"
    for each in told["blanks"] if why else ():
        yield f"  no {each['name'][language]}: {each['why'][language]}"


def figure(each: dict[str, Any]) -> str:
    """The value of something found as text; '' for none."""
    if each["value"] is None:
        return ""
    if each["kind"] in ("tag", "diagnosis") or each["id"] in CHANCES:
        return f"{each['value']:.0%}"
    return f"{each['value']:.0f}:00" if each["id"] == "best_hour" else f"{each['value']:g}"


def _found(insights: Insights, bundle: Bundle, today: date) -> Iterator[dict[str, Any]]:
    def told(kind: str, name: str, part: Any, *, value: float | None = None, before: str = "") -> dict[str, Any]:
        return {
            "kind": kind,
            "called": _name("insight", kind, bundle),
            "id": name,
            "name": _name(kind, name, bundle),
            "value": value,
            "since": clock.to_text(part.since) if hasattr(part, "since") else "",
            "before": _name(kind, before, bundle) if before else None,
            "why": _why(part.why, bundle, today),
        }

    if insights.rfm:
        yield told("group", insights.rfm.group, insights.rfm, before=insights.rfm.moved_from)
    if insights.stage:
        yield told("stage", insights.stage.name, insights.stage)
    if insights.value:
        yield told("value", "top" if insights.value.is_top else "other", insights.value, value=insights.value.spent)
    if insights.engagement:
        yield told("tier", insights.engagement.tier, insights.engagement)
    for name, tag in insights.tags.items():
        yield told("tag", name, tag, value=tag.score)
    for name, explained in insights.diagnosis.items():
        yield told("diagnosis", name, explained, value=explained.score)
    for name, prediction in insights.predictions.items():
        yield told("prediction", name, prediction, value=prediction.value)


def _about(blank: str) -> tuple[str, str]:
    """Kind and name under which a part that is blank is called something."""
    part, _, kind = blank.partition(".")
    return ("kind", kind) if part == "tags" else ("part", part)


def _name(kind: str, value: str, bundle: Bundle) -> dict[str, str]:
    return {language: words.name(kind, value, bundle.reasons.get(language, {})) for language in words.LANGUAGES}


def _why(reason: Reason, bundle: Bundle, today: date) -> dict[str, str]:
    return {language: words.say(reason, bundle.reasons.get(language, {}), today) for language in words.LANGUAGES}

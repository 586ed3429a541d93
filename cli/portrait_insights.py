"""What was computed of a customer, for the portrait: each with its name and its reason in the operator's languages.

As it was last computed and as rules see it, with the day; a part that could not
be computed is listed with why.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chalicelib import clock
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile.customer import Customer
from chalicelib.profile.insights import Insights, Prediction, Reason
from chalicelib.profile.words import LANGUAGES, SHARES, name, say
from chalicelib.segment.models import purchases
from cli.portrait_words import Words, moment, started

LEAVING = ("at_risk", "churned")
OF_PRODUCT = "reorder_product"


def computed(
    customer: Customer, bundle: Bundle, today: date, titles: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """JSON-ready; `as_of` is '' while nothing was computed. Days are counted to `today`. `titles` are of products."""
    insights = customer.insights
    if insights is None:
        return {"as_of": "", "found": [], "blanks": [], "recommendations": {}, "suggested": []}
    return {
        "as_of": clock.to_text(insights.as_of),
        "found": list(_found(insights, bundle, today, titles or {})),
        "blanks": [
            {"about": part, "name": _name(*_about(part), bundle), "why": _why(why, bundle, today)}
            for part, why in insights.blanks.items()
        ],
        "recommendations": {kind: list(products) for kind, products in insights.recommendations.items()},
        "suggested": [
            {"name": _name("suggestion", kind, bundle), "titles": [(titles or {}).get(each, each) for each in products]}
            for kind, products in insights.recommendations.items()
        ],
    }


def lines(told: dict[str, Any], words: Words, *, why: bool) -> Iterator[str]:
    """For the terminal; `why` adds all that is blank."""
    if not told["as_of"]:
        yield words.pair(words.label("insights"), words.say("show_not_computed"))
        return
    yield words.label("insights") + words.aside(words.say("show_as_of", at=moment(told["as_of"])))
    for each in shown(told, words):
        if each.is_prediction:
            yield f"  {words.pair(each.found, each.figure)}"
        else:
            yield f"  {words.pair(each.what, words.besides(each.found + words.aside(each.figure), each.since))}"
        yield f"    {each.why}"
    for each in told["suggested"]:
        yield f"  {words.pair(each['name'][words.language], words.joined(*each['titles']))}"
    for called, reason in blank(told, words, every=why):
        yield f"  {words.say('show_none_of', what=called, why=reason)}"


@dataclass(frozen=True)
class Shown:
    """Something found, in words."""

    is_prediction: bool
    what: str
    found: str
    figure: str
    since: str
    why: str


def shown(told: dict[str, Any], words: Words) -> Iterator[Shown]:
    """What was found, without the predictions that are blank."""
    for each in told["found"]:
        if each["kind"] == "prediction" and each["value"] is None:
            continue
        since = words.say("show_since", at=each["since"][:10]) if each["since"] else ""
        before = words.say("show_before", told=each["before"][words.language]) if each["before"] else ""
        called = started(each["called"][words.language])
        since = words.besides(since, before)
        is_prediction, found = each["kind"] == "prediction", each["name"][words.language]
        told_by = words.aside(each["basis"][words.language] if each["basis"] else "")
        value = figure(each, words.currency) + told_by
        yield Shown(is_prediction, called, found, value, since, each["why"][words.language])


def blank(told: dict[str, Any], words: Words, *, every: bool = True) -> Iterator[tuple[str, str]]:
    """(name, why) of predictions without a value, and with `every` of all else that is blank."""
    empty = [each for each in told["found"] if each["kind"] == "prediction" and each["value"] is None]
    for each in (*empty, *(told["blanks"] if every else ())):
        part, _, kind = each.get("about", "").partition(".")
        called = words.name("job", f"{part}_{kind}") if part == "tags" else each["name"][words.language]
        yield called, each["why"][words.language]


def figure(each: dict[str, Any], currency: str) -> str:
    """The value of something found as text; '' for none."""
    if each["value"] is None:
        return ""
    if each["kind"] in ("tag", "diagnosis") or each["id"] in SHARES:
        return f"{each['value']:.0%}"
    if each["kind"] == "value" or each["id"].startswith("value_"):
        return f"{each['value']:g} {currency}".rstrip()
    return f"{each['value']:.0f}:00" if each["id"] == "best_hour" else f"{each['value']:g}"


def _found(insights: Insights, bundle: Bundle, today: date, titles: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    def told(
        kind: str, name: str, part: Any, *, value: float | None = None, before: str = "", called: str = ""
    ) -> dict[str, Any]:
        return {
            "kind": kind,
            "called": _name("insight", kind, bundle),
            "id": name,
            "name": _name(kind, called or name, bundle),
            "value": value,
            "since": clock.to_text(part.since) if hasattr(part, "since") else "",
            "before": _name(kind, before, bundle) if before else None,
            "basis": _name("method", part.basis, bundle) if isinstance(part, Prediction) and part.basis else None,
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
    for tag_id, tag in insights.tags.items():
        currency = f" {bundle.settings['store']['currency']}" if tag_id.startswith("price:") else ""
        yield told("tag", tag_id, tag, value=tag.score, called=tag_id + currency)
    for cause, explained in insights.diagnosis.items():
        yield told("diagnosis", cause, explained, value=explained.score)
    for about, prediction in insights.predictions.items():
        what, _, product_id = about.partition(":")
        called = f"{what}:{titles[product_id]}" if what == OF_PRODUCT and product_id in titles else about
        said = _by_title(_as_reckoned(prediction, insights), titles)
        yield told("prediction", about, said, value=prediction.value, called=called)


def _by_title(prediction: Prediction, titles: Mapping[str, str]) -> Prediction:
    """What is bought again by its title, where it is a product."""
    figures: dict[str, float | int | str] = dict(prediction.why.figures)
    figures |= {key: titles[str(figures[key])] for key in ("item", "category") if str(figures.get(key)) in titles}
    return replace(prediction, why=Reason(prediction.why.key, figures))


def _as_reckoned(prediction: Prediction, insights: Insights) -> Prediction:
    """A number of purchases that rests on the plain way says so, and why it may not fit the stage beside it."""
    if prediction.basis != purchases.FALLBACK or prediction.why.key != "purchases":
        return prediction
    figures: dict[str, float | int | str] = dict(prediction.why.figures) | {"weeks": purchases.SILENT_WEEKS}
    if not prediction.value:
        return replace(prediction, why=Reason("purchases_silent", figures))
    stage = insights.stage.name if insights.stage and insights.stage.name in LEAVING else ""
    return replace(prediction, why=Reason("purchases_own_rate", figures | {"stage": stage}))


def _about(blank: str) -> tuple[str, str]:
    """Kind and name under which a part that is blank is called something."""
    part, _, kind = blank.partition(".")
    return ("kind", kind) if part == "tags" else ("part", part)


def _name(kind: str, value: str, bundle: Bundle) -> dict[str, str]:
    return {language: name(kind, value, bundle.reasons.get(language, {})) for language in LANGUAGES}


def _why(reason: Reason, bundle: Bundle, today: date) -> dict[str, str]:
    return {language: say(reason, bundle.reasons.get(language, {}), today) for language in LANGUAGES}

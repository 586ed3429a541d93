"""`dripline segment compute` and `models`: have everybody computed now, and see what the store's past chose."""

import json
import re
from typing import Any

import click

from chalicelib import clock
from chalicelib.playbook import bundle
from chalicelib.profile.insights import Reason
from chalicelib.profile.words import say
from chalicelib.segment import daily, runs
from cli.commands.segment import segment_group
from cli.deployment import STACK_HELP, connect, stack_option
from cli.options import json_option, language_option
from cli.portrait_words import Words, moment


@segment_group.command("compute", epilog=STACK_HELP)
@stack_option
def compute(stack: str) -> None:
    """Start the daily computation now: groups, stages, tags, predictions and recommendations of everybody.

    It runs in the deployment, slice by slice; a run that is at work already is overtaken. `dripline segment
    models` shows how far it is and what it came to.
    """
    run = daily.begin(connect(stack), clock.now(), at_once=True)
    click.echo(f"run {run} has begun" if run else "another run began at the same time")


@segment_group.command("models", epilog=STACK_HELP)
@stack_option
@language_option
@json_option
def models(stack: str, language: str, as_json: bool) -> None:
    """Show the newest run and each model: what was chosen, against which fallback, and the evidence."""
    services = connect(stack)
    newest, cards = runs.newest(services), runs.read_cards(services)
    if as_json:
        told = {"run": newest.name, "status": newest.status} if newest else None
        click.echo(json.dumps({"newest": told, "models": cards}, ensure_ascii=False))
        return
    words = Words(bundle.load(services.data, clock.now()), language)
    if newest is None:
        click.echo(words.say("show_not_computed"))
    else:
        click.echo(words.say("models_run", at=moment(newest.name), run=newest.status))
    for name, card in cards.items():
        for line in lines_of(name, card, words):
            click.echo(line)


def lines_of(name: str, card: dict[str, Any], words: Words) -> list[str]:
    """A model's own card and those of its parts, a line each."""
    found = []
    called = words.name("job", name) + words.aside(name)
    if "candidates" in card:
        chosen, fallback = (card["candidates"][card[each]]["figure"] for each in ("chosen", "fallback"))
        beside = words.say("models_fallback")
        if card["chosen"] != card["fallback"]:
            beside = words.pair(method(card["fallback"], words), f"{fallback:g}")
        rows = words.say("models_rows", rows=card["rows"]) if "rows" in card else ""
        days = (
            words.say("models_days", on=card["judged_on"][0], until=card["judged_on"][1]) if "judged_on" in card else ""
        )
        told = words.pair(method(card["chosen"], words), f"{chosen:g}")
        measure = words.name("measure", card["measure"])
        found.append(words.pair(called, words.clauses(told, beside)))
        found.append(f"  {measure}{words.aside(rows, days)}")
    elif "blank" in card:
        why = say(Reason.from_json(card["blank"]), words.speech.sentences)
        chosen = method(card["chosen"], words) if "chosen" in card else words.label("blank model")
        found.append(words.pair(called, words.clauses(chosen, why)))
    elif learnt := figures_of(name, card, words):
        found.append(words.pair(called, learnt))
    if card.get("unpriced"):
        found.append(f"  {words.say('models_unpriced', unpriced=card['unpriced'])}")
    if card.get("dated"):
        figures = {key: card[key] for key in ("dated", "in_time", "promised")}
        found.append(f"  {words.say('models_dated', **figures)}")
    if card.get("season"):
        found.append(f"  {words.say('models_season', times=card['season'])}")
    for part, inner in card.items():
        if isinstance(inner, dict) and ("candidates" in inner or "blank" in inner):
            found += lines_of(f"{name}.{part}", inner, words)
    return found


def figures_of(name: str, card: dict[str, Any], words: Words) -> str:
    """What was learnt where nothing had to be chosen: thirds, days of the stages, tags; '' for anything else."""

    def span(values: list[float]) -> str:
        return "–".join(dict.fromkeys(f"{each:.0f}" for each in values))

    if name == "rfm" and "amount" in card:
        ends = {key: " / ".join(f"{each:g}" for each in card[key]) for key in ("days", "orders", "amount")}
        return words.clauses(words.say("models_thirds", **ends), words.say("models_buyers", rows=card["rows"]))
    if name == "stage" and "ranges" in card:
        days = dict(zip(("nurture", "at_risk", "churned"), map(span, card["ranges"]), strict=True))
        return words.clauses(words.say("models_waits", **days), words.say("models_returns", rows=card["rows"]))
    if "shown" in card:
        return words.say("models_tags", shown=card["shown"], reliability=f"{card['reliability']:.2f}")
    return ""


def method(name: str, words: Words) -> str:
    """What a method is called; its figure stands in the name as {n}."""
    figure = re.search(r"\d+(\.\d+)?", name)
    if figure is None or words.name("method", name) != name:
        return words.name("method", name)
    return words.name("method", name.replace(figure[0], "{n}", 1)).replace("{n}", figure[0])


commands: list[click.Command] = []
"""None of their own: they belong to `dripline segment`."""

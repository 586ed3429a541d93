"""`dripline segment compute` and `models`: have everybody computed now, and see what the store's past chose."""

import json
from typing import Any

import click

from chalicelib import clock
from chalicelib.playbook import bundle
from chalicelib.profile import words
from chalicelib.profile.insights import Reason
from chalicelib.segment import daily, runs
from cli.commands.segment import segment_group
from cli.deployment import STACK_HELP, connect, stack_option
from cli.options import json_option, language_option


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
    click.echo(f"newest run {newest.name}: {newest.status}" if newest else "nothing was computed yet")
    sentences = bundle.load(services.data, clock.now()).reasons.get(language, {})
    for name, card in cards.items():
        for line in lines_of(name, card, sentences):
            click.echo(line)


def lines_of(name: str, card: dict[str, Any], sentences: words.Sentences) -> list[str]:
    """A model's own card and those of its parts, a line each."""
    found = []
    if "candidates" in card:
        chosen, fallback = (card["candidates"][card[each]]["figure"] for each in ("chosen", "fallback"))
        beside = f", {card['fallback']} {fallback}" if card["chosen"] != card["fallback"] else ", the fallback"
        about = [f"{card['rows']} rows"] if "rows" in card else []
        about += [" to ".join(card["judged_on"])] if "judged_on" in card else []
        on = f" ({', '.join(about)})" if about else ""
        found.append(f"{name:16} {card['chosen']}: {card['measure']} {chosen}{beside}{on}")
    elif "blank" in card:
        why = words.say(Reason.from_json(card["blank"]), sentences)
        found.append(f"{name:16} {card.get('chosen', 'blank')}: {why}")
    if card.get("unpriced"):
        told = f"{card['unpriced']} orders are in a currency without a rate: they count, and their amount does not"
        found.append(f"{name:16} {told}; state `currencies` in dripline.yaml")
    if card.get("season"):
        told = f"a year ago the 90 days from here had {card['season']} times the purchases of the 90 before"
        found.append(f"{'':16} {told}; no model here foretells a season")
    for part, inner in card.items():
        if isinstance(inner, dict) and ("candidates" in inner or "blank" in inner):
            found += lines_of(f"{name}.{part}", inner, sentences)
    return found


commands: list[click.Command] = []
"""None of their own: they belong to `dripline segment`."""

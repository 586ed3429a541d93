"""`dripline segment`: which there are, what one would be, why somebody is in or out, how large it was.

Exit codes as of every command. Refuses to write anything to the store.
"""

import json
from dataclasses import replace
from typing import Any

import click

from chalicelib import clock
from chalicelib.errors import DriplineError
from chalicelib.playbook import bundle
from chalicelib.profile import phrases, store
from chalicelib.segment import membership, sizes
from cli import portrait, segments
from cli.deployment import STACK_HELP, connect, stack_option
from cli.options import json_option, language_option
from cli.portrait_words import Words, moment

NEWEST = 3
"""Days back that `list` looks for the last count."""


@click.group("segment")
def segment_group() -> None:
    """Look at segments: those published, or one that is still a file."""


@segment_group.command("list", epilog=STACK_HELP)
@stack_option
@language_option
@json_option
def list_segments(stack: str, language: str, as_json: bool) -> None:
    """List every published segment, with its size when segments were last computed."""
    services, now = connect(stack), clock.now()
    published = bundle.load(services.data, now)
    counted = sizes.read(services, now, NEWEST)
    newest = counted[-1] if counted else None
    rows = [
        {"segment": segment, "name": each["name"], "size": newest.sizes.get(segment) if newest else None}
        for segment, each in sorted(published.segments.items())
    ]
    if as_json:
        _print(
            {
                "counted": newest.run if newest else None,
                "customers": newest.customers if newest else None,
                "segments": rows,
            }
        )
        return
    words = Words(published, language)
    width = max((len(row["segment"]) for row in rows), default=0)
    for row in rows:
        size = "–" if row["size"] is None else f"{row['size']:,}"
        click.echo(f"{size:>10}  {row['segment']:{width}}  {words.speech.segment(row['segment'])}")
    if newest is None:
        click.echo(words.say("segment_not_counted"))
    else:
        at = f"{newest.run.replace('T', ' ')}:00 UTC"
        click.echo(words.say("segment_counted", customers=newest.customers, at=at) + _partly(newest, words))


@segment_group.command("preview", epilog=STACK_HELP)
@click.argument("segment", metavar="ID|FILE")
@stack_option
@click.option("--sample", default=10, show_default=True, type=click.IntRange(0, 1000), help="How many to name.")
@click.option("--show", is_flag=True, help="Name the sample's mail addresses, not only ids: personal data.")
@language_option
@json_option
def preview(segment: str, stack: str, sample: int, show: bool, language: str, as_json: bool) -> None:
    """Say how many are in a segment and meet each condition, whom it reaches, and what it shares with others.

    With a sample of who is in it: their ids, and with --show their mail addresses.

    Reads every customer once and writes nothing, so a file costs nothing before it is published but its reading.
    """
    services, now = connect(stack), clock.now()
    published = bundle.load(services.data, now)
    asked = segments.find(published, segment)
    found = segments.preview(services, asked, now, most=sample)
    told = found.to_json() | {"published": asked.published}
    named = store.load_many(services, found.sample) if show else {}
    if show:
        told["shown"] = {profile: named[profile].email for profile in found.sample if profile in named}
    if as_json:
        _print(told)
        return
    words = Words(published, language)
    speech = replace(words.speech, segments=asked.definitions)
    share = f"{found.size / found.customers:.1%}" if found.customers else ""
    called = speech.segment(asked.segment) + words.aside(asked.segment)
    size = words.say("segment_size", segment=called, size=found.size, customers=found.customers)
    click.echo(words.besides(size, share))
    for condition in found.conditions.values():
        met = words.say("segment_meet", condition=phrases.line(condition.rule, speech))
        untold = segments.untold(condition, speech)
        click.echo(f"  {condition.size:>8,}  {words.clauses(met, untold)}")
    click.echo(words.say("segment_reach", **found.reach, none=found.unreachable))
    for profile in found.sample:
        click.echo(f"  {profile}  {named[profile].email if profile in named else ''}".rstrip())
    shared = [(both, other) for other, both in found.overlap.items() if both]
    if shared:
        click.echo(words.say("segment_shared"))
    for both, other in sorted(shared, key=lambda each: (-each[0], each[1])):
        called = speech.segment(other) + words.aside(words.say("segment_of", customers=found.others[other]))
        click.echo(f"  {both:>8,}  {both / found.size:4.0%}  {called}")


@segment_group.command("why", epilog=STACK_HELP)
@click.argument("who", metavar="EMAIL|PHONE|ID")
@click.argument("segment", metavar="ID|FILE")
@stack_option
@language_option
@json_option
def why(who: str, segment: str, stack: str, language: str, as_json: bool) -> None:
    """Say why a customer is in a segment or not: each condition, whether it holds, and what is so of them."""
    services, now = connect(stack), clock.now()
    published = bundle.load(services.data, now)
    asked = segments.find(published, segment)
    customer = portrait.find(services, who)
    if customer is None:
        raise DriplineError("no such customer")
    words = Words(published, language)
    *lines, verdict = membership.explain(asked.definitions, customer, asked.segment, now, words.speech)
    since = customer.segments.get(asked.segment) if asked.published else None
    order = membership.arrange(asked.definitions)
    inside = asked.segment in membership.memberships(asked.definitions, order, customer, now)
    if as_json:
        told = {"segment": asked.segment, "profile_id": customer.profile_id, "inside": inside, "why": lines}
        _print(told | {"since": clock.to_text(since) if since else None})
        return
    for line in lines:
        click.echo(line)
    click.echo(words.besides(verdict, words.say("show_since", at=moment(since)) if since and inside else ""))
    if asked.published and inside != (since is not None):
        click.echo(words.say("segment_otherwise"))


@segment_group.command("history", epilog=STACK_HELP)
@click.argument("segment", metavar="ID")
@stack_option
@click.option(
    "--days", default=30, show_default=True, type=click.IntRange(1, 400), help="How far to look back, in days."
)
@language_option
@json_option
def history(segment: str, stack: str, days: int, language: str, as_json: bool) -> None:
    """Say how many customers were in a segment, day by day, as the day's last computation found."""
    services, now = connect(stack), clock.now()
    published = bundle.load(services.data, now)
    found = [day for day in sizes.read(services, now, days) if segment in day.sizes]
    if not found and segment not in published.segments:
        raise DriplineError(f"there is no segment {segment!r}, and none was counted in the last {days} days")
    if as_json:
        rows = [
            {"day": str(day.day), "size": day.sizes[segment], "customers": day.customers, "complete": day.complete}
            for day in found
        ]
        _print({"segment": segment, "days": rows})
        return
    words = Words(published, language)
    if not found:
        click.echo(words.say("segment_not_computed", segment=words.speech.segment(segment)))
    before = None
    for day in found:
        size = day.sizes[segment]
        change = "" if before is None else f"{size - before:+,}"
        of = words.say("segment_of", customers=day.customers)
        click.echo(f"{day.day}  {size:>10,}  {change:>8}  {of}{_partly(day, words)}")
        before = size


def _partly(day: sizes.Day, words: Words) -> str:
    return "" if day.complete else words.aside(words.say("segment_partly"))


def _print(told: dict[str, Any]) -> None:
    click.echo(json.dumps(told, ensure_ascii=False))


commands: list[click.Command] = [segment_group]

"""`dripline segment`: which there are, what one would be, why somebody is in or out, how large it was.

Exit codes as of every command. Refuses to write anything to the store.
"""

import json
from typing import Any

import click

from chalicelib import clock
from chalicelib.errors import DriplineError
from chalicelib.playbook import bundle
from chalicelib.profile import store, words
from chalicelib.segment import membership, sizes
from cli import portrait, segments
from cli.deployment import STACK_HELP, connect, stack_option
from cli.options import json_option, language_option

NEWEST = 3
"""Days back that `list` looks for the last count."""


@click.group("segment")
def segment_group() -> None:
    """Look at segments: those published, or one that is still a file."""


@segment_group.command("list", epilog=STACK_HELP)
@stack_option
@json_option
def list_segments(stack: str, as_json: bool) -> None:
    """Every published segment, with its size when segments were last computed."""
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
    width = max((len(row["segment"]) for row in rows), default=0)
    for row in rows:
        size = "–" if row["size"] is None else f"{row['size']:,}"
        click.echo(f"{size:>10}  {row['segment']:{width}}  {row['name']['en']}")
    if newest is None:
        click.echo("sizes: not computed yet; segments are computed every hour")
    else:
        click.echo(f"of {newest.customers:,} customers, counted {newest.run}:00Z{_partly(newest)}")


@segment_group.command("preview", epilog=STACK_HELP)
@click.argument("segment", metavar="ID|FILE")
@stack_option
@click.option("--sample", default=10, show_default=True, type=click.IntRange(0, 1000), help="How many to name.")
@click.option("--show", is_flag=True, help="Name the sample's mail addresses, not only ids: personal data.")
@json_option
def preview(segment: str, stack: str, sample: int, show: bool, as_json: bool) -> None:
    """Size, each condition's size, a sample, whom it reaches by mail and text message, and what it shares with others.

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
    share = f", {found.size / found.customers:.1%}" if found.customers else ""
    click.echo(f"{asked.segment}: {found.size:,} of {found.customers:,} customers{share}")
    for text, condition in found.conditions.items():
        untold = segments.untold(condition, published.reasons.get("en", {}))
        click.echo(f"  {condition.size:>8,}  meet {text}" + (f"; {untold}" if untold else ""))
    click.echo(
        f"reached by mail {found.reach['email']:,}, by text message {found.reach['sms']:,}, "
        f"by neither {found.unreachable:,}"
    )
    for profile in found.sample:
        click.echo(f"  {profile}  {named[profile].email if profile in named else ''}".rstrip())
    shared = [(both, other) for other, both in found.overlap.items() if both]
    if shared:
        click.echo("also in")
    for both, other in sorted(shared, key=lambda each: (-each[0], each[1])):
        click.echo(f"  {both:>8,}  {both / found.size:4.0%}  {other} ({found.others[other]:,})")


@segment_group.command("why", epilog=STACK_HELP)
@click.argument("who", metavar="EMAIL|ID")
@click.argument("segment", metavar="ID|FILE")
@stack_option
@language_option
@json_option
def why(who: str, segment: str, stack: str, language: str, as_json: bool) -> None:
    """Condition by condition, what is known of a customer, what was wanted, and so whether they are in or out."""
    services, now = connect(stack), clock.now()
    published = bundle.load(services.data, now)
    asked = segments.find(published, segment)
    customer = portrait.find(services, who)
    if customer is None:
        raise DriplineError("no such customer")
    speech = words.Speech(language, published.reasons.get(language, {}))
    *lines, verdict = membership.explain(asked.definitions, customer, asked.segment, now, speech)
    since = customer.segments.get(asked.segment) if asked.published else None
    order = membership.arrange(asked.definitions)
    inside = asked.segment in membership.memberships(asked.definitions, order, customer, now)
    if as_json:
        told = {"segment": asked.segment, "profile_id": customer.profile_id, "inside": inside, "why": lines}
        _print(told | {"since": clock.to_text(since) if since else None})
        return
    for line in lines:
        click.echo(line)
    click.echo(verdict + (f", since {clock.to_text(since)[:16]}Z" if since and inside else ""))
    if asked.published and inside != (since is not None):
        click.echo("the last hourly computation found otherwise; the next will say so")


@segment_group.command("history", epilog=STACK_HELP)
@click.argument("segment", metavar="ID")
@stack_option
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 400), help="How far to look back.")
@json_option
def history(segment: str, stack: str, days: int, as_json: bool) -> None:
    """How many customers were in a segment, day by day, as the day's last computation found."""
    services, now = connect(stack), clock.now()
    found = [day for day in sizes.read(services, now, days) if segment in day.sizes]
    if not found and segment not in bundle.load(services.data, now).segments:
        raise DriplineError(f"there is no segment {segment!r}, and none was counted in the last {days} days")
    if as_json:
        rows = [
            {"day": str(day.day), "size": day.sizes[segment], "customers": day.customers, "complete": day.complete}
            for day in found
        ]
        _print({"segment": segment, "days": rows})
        return
    if not found:
        click.echo(f"{segment}: not computed yet; segments are computed every hour")
    before = None
    for day in found:
        size = day.sizes[segment]
        change = "" if before is None else f"{size - before:+,}"
        click.echo(f"{day.day}  {size:>10,}  {change:>8}  of {day.customers:,}{_partly(day)}")
        before = size


def _partly(day: sizes.Day) -> str:
    return "" if day.complete else " (still being counted)"


def _print(told: dict[str, Any]) -> None:
    click.echo(json.dumps(told, ensure_ascii=False))


commands: list[click.Command] = [segment_group]

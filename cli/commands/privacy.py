"""`dripline privacy`: what storefronts asked for a person, what is being erased, and the proofs."""

import json
from typing import Any

import click

from chalicelib import clock
from chalicelib.aws.services import Services
from chalicelib.errors import DriplineError
from chalicelib.measure import erasure as numbers
from chalicelib.profile import erasure, privacy
from cli.deployment import STACK_HELP, connect, stack_option
from cli.options import json_option


@click.group("privacy")
def privacy_group() -> None:
    """See requests of people and storefronts, erasures at work and their proofs."""


@privacy_group.command("list", epilog=STACK_HELP)
@stack_option
@json_option
def list_all(stack: str, as_json: bool) -> None:
    """List requests, erasures at work and proofs of those that are done."""
    found = _all(connect(stack))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    click.echo(f"requests of storefronts ({len(found['requests'])})")
    for each in found["requests"]:
        where = each.get("object") or each.get("erasure") or each.get("outcome", "")
        click.echo(f"  {each['request']}  {each.get('topic', '')}  {each.get('status', '')}  {where}".rstrip())
    click.echo(f"erasures at work ({len(found['at_work'])})")
    for each in found["at_work"]:
        click.echo(f"  {each['erasure']}  asked {each['asked_at']}, {each['looks']} looks, next {each['look_at']}")
    click.echo(f"proofs ({len(found['proofs'])})")
    for each in found["proofs"]:
        click.echo(f"  {each['erasure']}  {each['why']}, finished {each['finished_at']}")


@privacy_group.command("show", epilog=STACK_HELP)
@click.argument("reference", metavar="REQUEST|ERASURE")
@stack_option
def show(reference: str, stack: str) -> None:
    """Print a data request's export, or the proof of an erasure and whether it is genuine, as JSON."""
    services = connect(stack)
    kept = services.data.get(privacy.export_object(reference))
    if kept:
        click.echo(kept[0].decode("utf-8", "replace"))
        return
    genuine = {json.loads(each["body"])["erasure"]: each for each in erasure.proofs(services)}
    if reference not in genuine:
        raise DriplineError("no export and no proof of that name; exports are kept for 30 days")
    proof = genuine[reference]
    said = json.loads(proof["body"]) | {"genuine": erasure.is_genuine(services, proof)}
    click.echo(json.dumps(said, ensure_ascii=False, indent=1))


@privacy_group.command("run", epilog=STACK_HELP)
@stack_option
def run(stack: str) -> None:
    """Work off at once what the schedule would work off within a quarter of an hour."""
    done = privacy.work_off(connect(stack), clock.now(), numbers)
    click.echo(f"{done['requests']} requests, {done['looks']} looks")


def _all(services: Services) -> dict[str, list[dict[str, Any]]]:
    requests = [{"request": item.pop("sk"), **item} for item in privacy.requests(services)]
    for each in requests:
        each.pop("pk")
    at_work = [
        {
            "erasure": item["sk"],
            "why": item["why"],
            "asked_at": item["asked_at"],
            "looks": len(item["looks"]),
            "look_at": item["look_at"],
        }
        for item in erasure.at_work(services)
    ]
    return {
        "requests": requests,
        "at_work": at_work,
        "proofs": [json.loads(each["body"]) for each in erasure.proofs(services)],
    }


commands: list[click.Command] = [privacy_group]
"""What the main command adds."""

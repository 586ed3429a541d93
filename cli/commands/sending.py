"""`dripline sending`: whether mail goes out, which sends got no answer, and the way back after a pause."""

import json

import click

from chalicelib.deliver import jobs
from chalicelib.deliver import store as messages
from cli.deployment import STACK_HELP, connect, stack_option
from cli.options import json_option


@click.command(epilog=STACK_HELP)
@stack_option
@click.option("--resume", is_flag=True, help="Send again, once the cause of the pause is mended.")
@json_option
def sending(stack: str, resume: bool, as_json: bool) -> None:
    """Say whether sending is paused and why, and list the messages whose send went unanswered.

    Those are never sent again: SES's own event settles each of them when it comes.
    """
    services = connect(stack)
    if resume:
        jobs.resume_sending(services)
    pause = messages.read_pause(services)
    unknown = [
        {
            "customer": item["pk"],
            "message": item["message_id"],
            "definition": item["definition"],
            "since": item["due_at"],
        }
        for item in jobs.list_unknown(services)
    ]
    found = {
        "paused": {"reason": pause["reason"], "since": pause["since"]} if pause else None,
        "unknown": unknown,
    }
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    click.echo(f"paused since {pause['since']}: {pause['reason']}" if pause else "sending is on")
    click.echo(f"{len(unknown)} messages whose send got no answer")
    for each in unknown:
        click.echo(f"  {each['since']}  {each['definition']}  customer {each['customer']}  message {each['message']}")


commands: list[click.Command] = [sending]

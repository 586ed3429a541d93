"""Opens and clicks: the pixel, and the redirect to a link that the message holds.

A tracking route never fails its reader: the GIF and the redirect are answered
whatever happens behind them, and a forged token gets what a good one gets. A
request holds no address to go to, so there is none to forge; where no stored
link is found the store's home page is. Refuses to judge beyond the one hit.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib import ids
from chalicelib.aws import telemetry
from chalicelib.aws.services import Services
from chalicelib.aws.table import message_key
from chalicelib.collect import fields
from chalicelib.collect.agents import classify
from chalicelib.collect.delivery import DropReason
from chalicelib.errors import BadToken, DriplineError
from chalicelib.events import EmailLinkClicked, EmailOpened
from chalicelib.ids import Purpose, Token
from chalicelib.profile import log

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
"""One transparent pixel."""

NO_STORE = {
    "Cache-Control": "no-store, no-cache, must-revalidate, max-age=0, private",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True)
class Visit:
    """One request for a pixel or a link. `request_id` is API Gateway's: the same hit told twice counts once."""

    method: str
    user_agent: str
    request_id: str


def normalise_accept(event: dict[str, Any]) -> dict[str, Any]:
    """Make the Accept of an API Gateway event, in place, one that allows the pixel; the event again.

    Chalice answers 400 to a GIF when Accept is missing or names other types,
    and mail programs send every kind of it. Other events stay as they are.
    """
    if "resourcePath" in (event.get("requestContext") or {}):
        headers = {name: value for name, value in (event.get("headers") or {}).items() if name.lower() != "accept"}
        event["headers"] = headers | {"accept": "*/*"}
    return event


def note_open(services: Services, token_text: str, visit: Visit, now: datetime) -> None:
    """Log that a pixel was fetched. Never raises; a HEAD is not counted."""
    if visit.method != "GET":
        return
    try:
        token = read_token(services, token_text.removesuffix(".gif"), Purpose.OPEN)
        if token:
            log.append(
                services,
                EmailOpened(
                    **_hit(token, "open", visit, now),
                    message_id=token.message_id,
                    agent=classify(visit.user_agent, visit.method),
                ),
            )
    except Exception as fault:  # whatever it is, the reader gets the pixel
        telemetry.log_fault("an open was not logged", fault)
        telemetry.count("tracking_fault", reason="open")


def follow(services: Services, token_text: str, visit: Visit, now: datetime) -> str:
    """Where a click leads, after it was logged; '' when nothing stored says (not even the store's home)."""
    destination = ""
    try:
        token = read_token(services, token_text, Purpose.CLICK)
        if token:
            message = _message_of(services, token)
            links = message.get("links") or []
            destination = fields.link(links[token.link]) if token.link < len(links) else ""
            if visit.method == "GET" and destination:
                log.append(
                    services,
                    EmailLinkClicked(
                        **_hit(token, "click", visit, now),
                        message_id=token.message_id,
                        link=token.link,
                        agent=classify(visit.user_agent, visit.method),
                        definition=str(message.get("definition", "")),
                    ),
                )
    except Exception as fault:  # whatever it is, the reader gets somewhere
        telemetry.log_fault("a click was not logged", fault)
        telemetry.count("tracking_fault", reason="click")
    return destination or home(services, now)


def read_token(services: Services, text: str, purpose: Purpose) -> Token | None:
    """The token's contents, or None for one we did not sign for this; counted without a write."""
    try:
        return ids.read_token(text, purpose, services.secrets.link_keys)
    except BadToken:
        telemetry.count("dropped", reason=DropReason.BAD_TOKEN)
        return None


def home(services: Services, now: datetime) -> str:
    """The store's home page as the playbook names it; '' while nothing is published or readable."""
    from chalicelib.playbook import bundle

    try:
        return fields.link(bundle.load(services.data, now).settings["store"]["url"])
    except (DriplineError, KeyError) as fault:
        telemetry.log_fault("no home page is known", fault)
        return ""


def _message_of(services: Services, token: Token) -> Mapping[str, Any]:
    key = message_key(token.profile_id, token.message_id)
    return services.agenda.get(key, attributes=("links", "definition")) or {}


def _hit(token: Token, kind: str, visit: Visit, now: datetime) -> dict[str, Any]:
    return {
        "id": ids.event_id("email", kind, token.message_id, str(token.link), visit.request_id),
        "occurred_at": now,
        "received_at": now,
        "source": "email",
        "who": {"profile": token.profile_id},
    }

"""Opens and clicks: the pixel, and the redirect to a link that the message holds.

A tracking route never fails its reader: the GIF and the redirect are answered
whatever happens behind them, and a forged token gets what a good one gets. A
request holds no address to go to, so there is none to forge; where no stored
link is found the store's home page is. A click takes a token along, by which
the shop's page can say whose it was (`arrivals.py`). While the database does
not answer, a hit waits in a queue. Refuses to judge beyond the one hit.
"""

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib import ids
from chalicelib.aws import telemetry
from chalicelib.aws.services import Services
from chalicelib.aws.table import message_key, shared_opens_key
from chalicelib.collect import arrivals, fields
from chalicelib.collect.agents import classify
from chalicelib.collect.delivery import DropReason
from chalicelib.collect.places import NOWHERE, Place
from chalicelib.errors import BadToken, DriplineError, Unavailable
from chalicelib.events import EmailLinkClicked, EmailOpened, EmailRead, Event, serialise
from chalicelib.ids import Purpose, Token
from chalicelib.profile import log

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
"""One transparent pixel."""

_PIXELS = (Purpose.OPEN, Purpose.READ, Purpose.COUNT)

NO_STORE = {
    "Cache-Control": "no-store, no-cache, must-revalidate, max-age=0, private",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


READING = ((0, "glanced"), (2, "skimmed"), (8, "read"))
"""Mark of reading time → seconds for which the mail was open by then, and what that is called."""

SHARDS = 4  # of a shared pixel's counter: 4,000 opens a second before DynamoDB asks to slow down
_REMEMBERED = 500


@dataclass(frozen=True)
class Visit:
    """One request for a pixel or a link. `request_id` is API Gateway's: the same hit told twice counts once."""

    method: str
    user_agent: str
    request_id: str
    place: Place = NOWHERE


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
        token = read_token(services, token_text.removesuffix(".gif"), _PIXELS)
        if token is None:
            return
        if token.purpose is Purpose.COUNT:
            _count(services, token, visit, now)
        elif token.purpose is Purpose.OPEN:
            _log(services, EmailOpened(**_hit(token, "open", visit, now), **_signs(visit)))
        elif token.link < len(READING) and _agent(visit) == "person":
            seconds, depth = READING[token.link]
            mark = _hit(token, "read", replace(visit, request_id=""), now)  # the first time counts, not the tenth
            _log(services, EmailRead(**mark, seconds=seconds, depth=depth))
    except Exception as fault:  # whatever it is, the reader gets the pixel
        telemetry.log_fault("an open was not logged", fault)
        telemetry.count("tracking_fault", reason="open")


def follow(services: Services, token_text: str, visit: Visit, now: datetime) -> str:
    """Where a click leads, after it was logged; '' when nothing stored says (not even the store's home)."""
    destination = ""
    try:
        token = read_token(services, token_text, Purpose.CLICK)
        if token:
            message, fault = _message_of(services, token)
            links = message.get("links") or []
            destination = fields.link(links[token.link]) if token.link < len(links) else ""
            if visit.method == "GET" and (destination or fault):
                clicked = EmailLinkClicked(
                    **_hit(token, "click", visit, now),
                    **_signs(visit),
                    link=token.link,
                    definition=str(message.get("definition", "")),
                )
                _log(services, clicked, fault)
            if destination:  # machines are answered like people
                arrival = ids.sign_arrival(token.profile_id, now, services.secrets.link_keys)
                return arrivals.address_with(destination, arrival)
    except Exception as fault:  # whatever it is, the reader gets somewhere
        telemetry.log_fault("a click was not logged", fault)
        telemetry.count("tracking_fault", reason="click")
    return destination or home(services, now)


def read_token(services: Services, text: str, purpose: Purpose | Collection[Purpose]) -> Token | None:
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


def _message_of(services: Services, token: Token) -> tuple[Mapping[str, Any], Unavailable | None]:
    """The message's links; while the table does not answer, what this process remembers, and the fault."""
    known = services.known_links
    try:
        found = services.agenda.get(message_key(token.profile_id, token.message_id), attributes=("links", "definition"))
    except Unavailable as fault:
        return known.get(token.message_id, {}), fault
    if found is None:
        return {}, None
    if len(known) >= _REMEMBERED:
        known.clear()
    known[token.message_id] = found
    return found, None


def _log(services: Services, fact: Event, fault: Unavailable | None = None) -> None:
    """Append the fact; where the log does not answer (or has just not answered), queue it to be appended later."""
    if fault is None:
        try:
            log.append(services, fact)
            return
        except Unavailable as unavailable:
            fault = unavailable
    telemetry.log_fault("a hit waits in the queue for the log", fault)
    services.queue("late_facts").send([{"event": serialise(fact)}])


def _count(services: Services, token: Token, visit: Visit, now: datetime) -> None:
    """One more open of a pixel that names nobody; spread, so that a campaign's first minutes do not throttle."""
    shard = int.from_bytes(visit.request_id.encode()[-4:], "big") % SHARDS
    services.catalog.update(shared_opens_key(token.message_id, f"{now:%Y-%m-%d}", shard), add={"opens": 1})


def _agent(visit: Visit) -> str:
    return classify(visit.user_agent, visit.method, visit.place.network)


def _signs(visit: Visit) -> dict[str, Any]:
    """What the hit says of who made it, and from where."""
    return {"agent": _agent(visit), **visit.place._asdict()}


def _hit(token: Token, kind: str, visit: Visit, now: datetime) -> dict[str, Any]:
    return {
        "id": ids.event_id("email", kind, token.message_id, str(token.link), visit.request_id),
        "occurred_at": now,
        "received_at": now,
        "source": "email",
        "who": {"profile": token.profile_id},
        "message_id": token.message_id,
    }

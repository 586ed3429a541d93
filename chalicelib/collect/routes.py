"""HTTP in, HTTP out: what the internet can reach. Each route unpacks a request and calls one plain function.

Pages, the sign-up and unsubscribing are imported when first asked for: the
pixel's and the redirect's cold start should not pay for them.
"""

import base64
import binascii
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chalice import Blueprint, Response

from chalicelib import clock
from chalicelib.aws import telemetry
from chalicelib.aws.services import Services, services
from chalicelib.collect import tracker
from chalicelib.collect.places import EDGE, read_place, visitor_address
from chalicelib.collect.tracker import GIF, NO_STORE, Visit
from chalicelib.errors import BadPlaybook, DriplineError
from chalicelib.ids import Purpose, Token

if TYPE_CHECKING:
    from chalicelib.collect.guard import Caller

blueprint = Blueprint(__name__)

WEBHOOK_TYPES = [
    "application/json",
    "application/webhook+json",
    "application/cloudevents+json",
    "application/x-www-form-urlencoded",
    "application/octet-stream",
    "text/plain",
]
FORM_TYPES = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "application/json"]
_TEXT = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@blueprint.route("/webhooks/{source}", methods=["POST"], content_types=WEBHOOK_TYPES)
def receive_webhook(source: str) -> Response:
    from chalicelib.collect import intake, reception

    body = _body()
    try:
        shared = services()
        taken = reception.receive(shared, source, _headers(), body, clock.now())
    except DriplineError as fault:
        telemetry.log_fault("a webhook was not taken", fault, source=source if source in intake.PLATFORMS else "")
        return Response("try again", dict(_TEXT), 503)
    return Response(taken.reason or "ok", dict(_TEXT), taken.status)


@blueprint.route("/o/{token}", methods=["GET", "HEAD"])
def open_pixel(token: str) -> Response:
    try:
        tracker.note_open(services(), token, _visit(), clock.now())
    except Exception as fault:  # even without settings, the reader gets the pixel
        telemetry.log_fault("an open was not logged", fault)
    return Response(GIF, {"Content-Type": "image/gif", **NO_STORE})


@blueprint.route("/c/{token}", methods=["GET", "HEAD"])
def follow_link(token: str) -> Response:
    try:
        destination = tracker.follow(services(), token, _visit(), clock.now())
    except Exception as fault:  # even without settings, the reader gets an answer
        telemetry.log_fault("a click was not followed", fault)
        destination = ""
    if destination:
        return Response("", {"Content-Type": "text/plain", "Location": destination, **NO_STORE}, 302)
    from chalicelib.collect import pages

    return _page(pages.unavailable(pages.NO_WORDS))


@blueprint.route("/u/{token}", methods=["GET", "POST"], content_types=FORM_TYPES)
def leave(token: str) -> Response:
    def answer(shared: Services) -> Response:
        from chalicelib.collect import unsubscribe

        signed = tracker.read_token(shared, token, Purpose.UNSUBSCRIBE)
        if signed is None:
            return _refuse(shared)
        wish, accept, now = _query("lang"), _header("accept-language"), clock.now()
        if blueprint.current_request.method == "POST":
            return _page(unsubscribe.act(shared, signed, _form(), now, wish=wish, accept=accept))
        return _page(unsubscribe.show(shared, signed, now, wish=wish, accept=accept))

    return _answer(answer)


@blueprint.route("/signup", methods=["GET", "POST"], content_types=FORM_TYPES)
def sign_up() -> Response:
    def answer(shared: Services) -> Response:
        from chalicelib.collect import signup

        caller = _caller()
        if blueprint.current_request.method == "POST":
            status, page = signup.act(shared, _form(), caller, clock.now())
            return _page(page, status)
        return _page(signup.show(shared, caller, clock.now()))

    return _answer(answer)


@blueprint.route("/confirm/{token}", methods=["GET", "POST"], content_types=FORM_TYPES)
def confirm(token: str) -> Response:
    def answer(shared: Services) -> Response:
        from chalicelib.collect import signup

        signed: Token | None = tracker.read_token(shared, token, Purpose.CONFIRM)
        if signed is None:
            return _refuse(shared)
        caller = _caller()
        if blueprint.current_request.method == "POST":
            return _page(signup.confirm(shared, signed, caller, clock.now()))
        return _page(signup.show_confirmation(shared, signed, caller, clock.now()))

    return _answer(answer)


@blueprint.route("/dripline.js", methods=["GET", "HEAD"])
def serve_snippet() -> Response:
    from chalicelib.collect import snippet

    script = snippet.script()
    headers: dict[str, Any] = {**snippet.HEADERS, "ETag": script.etag}
    if snippet.is_known(script, _header("if-none-match")):
        return Response(b"", headers, 304)
    if "gzip" in _header("accept-encoding"):
        return Response(script.zipped, {**headers, "Content-Encoding": "gzip"})
    return Response(script.plain, headers)


API_TYPES = ["application/json", "text/plain", "application/x-www-form-urlencoded", "application/octet-stream"]
"""Whatever a client calls it, the body is JSON, zipped or not."""


@blueprint.route("/v1/{call}", methods=["POST", "OPTIONS"], content_types=API_TYPES)
def take_messages(call: str) -> Response:
    from chalicelib.collect.api import reception

    try:
        if blueprint.current_request.method == "OPTIONS":
            taken = reception.preflight(services(), _header("origin"), clock.now())
        else:
            asked = reception.Request(call, _headers(), _body(), _source_address())
            taken = reception.take(services(), asked, clock.now())
    except DriplineError as fault:
        telemetry.log_fault("messages were not taken", fault)
        taken = reception.unavailable(fault)
    headers: dict[str, str | list[str]] = {**reception.HEADERS, **taken.headers}
    return Response(taken.body if taken.body is not None else "", headers, taken.status)


@blueprint.route("/p/{token}", methods=["GET", "POST"], content_types=FORM_TYPES)
def prefer(token: str) -> Response:
    def answer(shared: Services) -> Response:
        from chalicelib.collect import preferences

        signed = tracker.read_token(shared, token, Purpose.PREFERENCES)
        if signed is None:
            return _refuse(shared)
        if blueprint.current_request.method == "POST":
            status, page = preferences.act(shared, signed, _form(), _caller(), clock.now())
            return _page(page, status)
        return _page(preferences.show(shared, signed, _caller(), clock.now()))

    return _answer(answer)


@blueprint.route("/preferences", methods=["GET", "POST"], content_types=FORM_TYPES)
def mail_preferences() -> Response:
    def answer(shared: Services) -> Response:
        from chalicelib.collect import preferences_link

        if blueprint.current_request.method == "POST":
            status, page = preferences_link.act(shared, _form(), _caller(), clock.now())
            return _page(page, status)
        return _page(preferences_link.show(shared, _caller(), clock.now()))

    return _answer(answer)


@blueprint.route("/survey/{token}", methods=["GET", "POST"], content_types=FORM_TYPES)
def ask_survey(token: str) -> Response:
    def answer(shared: Services) -> Response:
        from chalicelib.collect import survey

        signed = tracker.read_token(shared, token, Purpose.SURVEY)
        if signed is None:
            return _refuse(shared)
        if blueprint.current_request.method == "POST":
            status, page = survey.act(shared, signed, _form(), _caller(), _query("survey"), clock.now())
            return _page(page, status)
        return _page(survey.show(shared, signed, _caller(), _query("survey"), clock.now()))

    return _answer(answer)


def _caller() -> "Caller":
    from chalicelib.collect.guard import Caller

    return Caller(_query("lang"), _header("accept-language"), _source_address())


def _answer(make: Callable[[Services], Response]) -> Response:
    """The page, or 503 and a page that says so when AWS does not answer or nothing is published."""
    try:
        return make(services())
    except BadPlaybook as fault:
        telemetry.log_fault("a page has no playbook to show", fault)
    except DriplineError as fault:
        telemetry.log_fault("a page could not be shown", fault)
    from chalicelib.collect import pages

    return _page(pages.unavailable(pages.NO_WORDS), 503)


def _refuse(shared: Services) -> Response:
    from chalicelib.collect import addressee, pages

    playbook = addressee.load_playbook(shared, clock.now())
    return _page(pages.refused(addressee.words_for(playbook, _query("lang"), accept=_header("accept-language"))), 404)


def _page(html: str, status: int = 200) -> Response:
    from chalicelib.collect import pages

    return Response(html, dict(pages.HEADERS), status)


def _event() -> dict[str, Any]:
    return blueprint.current_request.to_original_event()


def _headers() -> dict[str, str]:
    return {name.lower(): str(value) for name, value in (_event().get("headers") or {}).items()}


def _header(name: str) -> str:
    return _headers().get(name, "")


def _query(name: str) -> str:
    given: Any = blueprint.current_request.query_params or {}
    return str(given.get(name) or "")[:40]


def _body() -> bytes | None:
    """The raw bytes as they were posted; None when API Gateway's base64 cannot be undone."""
    event = _event()
    body = event.get("body") or ""
    try:
        return base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode("utf-8")
    except (binascii.Error, ValueError):
        return None


def _form() -> dict[str, str]:
    from chalicelib.collect import forms

    return forms.read_form(_header("content-type"), _body() or b"")


def _source_address() -> str:
    identity: dict[str, Any] = _event()["requestContext"].get("identity") or {}
    peer, headers = str(identity.get("sourceIp") or ""), _headers()
    return visitor_address(headers, peer, services().secrets.edge_key) if EDGE in headers else peer


def _visit() -> Visit:
    request = blueprint.current_request
    headers = _headers()
    place = read_place(headers, _source_address())
    return Visit(request.method, headers.get("user-agent", ""), str(request.context.get("requestId", "")), place)

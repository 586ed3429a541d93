"""A request to `/v1/…`, from its raw bytes to facts in the log, and what is answered.

In order: unpacked and no larger than allowed, strict JSON, a key of ours, from
a page that may use it, within its rate; then each message for itself, so that
one that means nothing keeps no other back. What was refused is counted by its
reason and named in the answer. Refuses to answer 5xx for anything but an AWS
that does not answer.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib import ids, settings
from chalicelib.aws.drops import count_drop
from chalicelib.aws.services import Services
from chalicelib.collect import arrivals, strict_json
from chalicelib.collect.api import keys, limits, message, rights
from chalicelib.collect.api.message import CALLS, Key, Message
from chalicelib.collect.api.translate import translate
from chalicelib.collect.delivery import DropReason
from chalicelib.errors import BadInput, BadJson, BadPlaybook, DriplineError
from chalicelib.events import Event
from chalicelib.playbook import bundle
from chalicelib.profile import log, store
from chalicelib.profile.customer import Customer

STATUS = {
    DropReason.UNUSED_CALL: 404,
    DropReason.UNKNOWN_KEY: 401,
    DropReason.FOREIGN_ORIGIN: 403,
    DropReason.NOT_ALLOWED: 403,
    DropReason.TOO_OFTEN: 429,
    DropReason.UNUSED_TOPIC: 200,
    DropReason.NO_CHANGE: 200,
}
"""Answers to what is refused; every other is 400. Of a batch that could be read, the answer is 200."""

KEPT = {DropReason.UNUSED_TOPIC: "unused", DropReason.UNUSABLE: "quarantine"}
WRITERS = 8
"""Facts of a large batch are written so many at a time."""

HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding",
    "Access-Control-Max-Age": "7200",
}


@dataclass(frozen=True)
class Request:
    """One request: header names in lower case; `body` is None when its encoding could not be undone."""

    call: str
    headers: Mapping[str, str]
    body: bytes | None
    address: str = ""


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)


def preflight(services: Services, origin: str, now: datetime) -> Answer:
    """What a browser asks before it posts JSON from another origin. Raises Unavailable."""
    shared = _settings(services, now)
    if not _may_read(origin, shared):
        return Answer(403)
    return Answer(204, None, _cors(origin) | _PREFLIGHT)


def take(services: Services, request: Request, now: datetime) -> Answer:
    """Take what is in a request. Raises Unavailable: nothing is lost when the sender tries again."""
    shared = _settings(services, now)
    origin = request.headers.get("origin", "")
    answer = _take(services, request, shared, now)
    return Answer(answer.status, answer.body, answer.headers | (_cors(origin) if _may_read(origin, shared) else {}))


def _take(services: Services, request: Request, shared: Mapping[str, Any], now: datetime) -> Answer:
    data = _read(request)
    if isinstance(data, DropReason):
        return _refuse(services, data, now)
    key = _find_key(services, keys.key_in(request.headers, data), shared, now)
    if key is None:
        return _refuse(services, DropReason.UNKNOWN_KEY, now)
    if not _is_from_its_page(key, request.headers.get("origin", "")):
        return _refuse(services, DropReason.FOREIGN_ORIGIN, now)
    raw = data.get("batch") if request.call == "batch" else [data]
    if not isinstance(raw, list):
        return _refuse(services, DropReason.UNUSABLE, now)
    if len(raw) > limits.MESSAGES:
        return _refuse(services, DropReason.TOO_LARGE, now)
    wait = limits.seconds_to_wait(services, key, request.address, max(len(raw), 1), shared, now)
    if wait:
        answer = _refuse(services, DropReason.TOO_OFTEN, now)
        return Answer(answer.status, answer.body, {"Retry-After": str(wait)})
    return _take_messages(services, request, raw, data, key, shared, now)


def _read(request: Request) -> dict[str, Any] | DropReason:
    if request.call != "batch" and request.call not in CALLS:
        return DropReason.UNUSED_CALL
    if request.body is None:
        return DropReason.BROKEN_ENCODING
    limit = limits.BATCH_LIMIT if request.call == "batch" else limits.MESSAGE_LIMIT
    if len(request.body) > limit:
        return DropReason.TOO_LARGE
    body = limits.unpack(request.body)
    if body is None:
        return DropReason.BROKEN_JSON
    if len(body) > limit:
        return DropReason.TOO_LARGE
    try:
        data = strict_json.read(arrivals.without_tokens(body))
    except BadJson:
        return DropReason.BROKEN_JSON
    return data if isinstance(data, dict) else DropReason.BROKEN_JSON


def _take_messages(
    services: Services,
    request: Request,
    raw: list[Any],
    data: Mapping[str, Any],
    key: Key,
    shared: Mapping[str, Any],
    now: datetime,
) -> Answer:
    batch = request.call == "batch"
    shop, around = keys.shop_of(shared), data if batch else {}
    facts: list[Event] = []
    refused: dict[int, tuple[DropReason, str]] = {}
    for index, each in enumerate(raw):
        read = message.read(each, around, "" if batch else request.call, key, shop, now)
        found = _facts_of(services, read, each, request, shared)
        if isinstance(found, DropReason):
            refused[index] = (found, read.given_id if read else "")
        else:
            facts += found
    _write(services, facts)
    _note(services, {index: reason for index, (reason, _) in refused.items()}, raw, now)
    status = 200
    if not batch:
        status = next((STATUS.get(reason, 400) for reason, _ in refused.values()), 200)
    body: dict[str, Any] = {"success": status == 200}
    if refused:
        body["refused"] = [
            {"index": index, "messageId": given_id, "reason": str(reason)}
            for index, (reason, given_id) in refused.items()
        ]
    return Answer(status, body)


def _facts_of(
    services: Services, read: Message | None, raw: Any, request: Request, shared: Mapping[str, Any]
) -> list[Event] | DropReason:
    if read is None:
        return DropReason.UNUSABLE
    if len(json.dumps(raw, default=str, ensure_ascii=False).encode("utf-8", "replace")) > limits.MESSAGE_LIMIT:
        return DropReason.TOO_LARGE
    try:
        known = _find_known(services, read)
        if known and len(known.identities) >= arrivals.MOST_IDENTITIES:
            return []
        return translate(read, known=known is not None, clicked=_who_clicked(services, read, request, shared))
    except BadInput:
        return DropReason.UNUSABLE


def _find_known(services: Services, read: Message) -> Customer | None:
    """The customer with the address that a browser says is its own; nobody else is asked for."""
    if not (read.key.public and read.kind == "identify"):
        return None
    email = rights.who_is_identified(read).get("email")
    return store.find(services, "email", email) if email else None


def _who_clicked(services: Services, read: Message, request: Request, shared: Mapping[str, Any]) -> str:
    """The profile whose click in a mail led this browser here; '' for none."""
    if not (read.key.public and read.click):
        return ""
    agent = request.headers.get("user-agent", "")
    return arrivals.whose(services, read.click, agent, request.address, shared, read.now)


def _write(services: Services, facts: list[Event]) -> None:
    """Each once: what is there already stays as it came first, so a profile and its rebuild are the same."""
    if len(facts) <= WRITERS:
        for fact in facts:
            log.append(services, fact)
        return
    from concurrent.futures import ThreadPoolExecutor

    services.events  # noqa: B018  (made once, before several threads ask for it)
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda fact: log.append(services, fact), facts))


def _find_key(services: Services, given: str, shared: Mapping[str, Any], now: datetime) -> Key | None:
    """The key of that value; the secrets are read again, seldom, for one that is not known as yet."""
    found = keys.find_browser_key(given, shared)
    if found or not given:
        return found
    server = keys.find_server_key(given, services.secrets.api_keys)
    if server is None and services.renew_secrets(now):
        server = keys.find_server_key(given, services.secrets.api_keys)
    return server


def _is_from_its_page(key: Key, origin: str) -> bool:
    """Pages of the API's own origin are the shop's too; without an Origin it is no page that posts."""
    return not key.public or not origin or origin in (*key.origins, keys.origin_of(settings.public_url()))


def _may_read(origin: str, shared: Mapping[str, Any]) -> bool:
    return bool(origin) and (origin in keys.allowed_origins(shared) or origin == keys.origin_of(settings.public_url()))


def _cors(origin: str) -> dict[str, str]:
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}


def _refuse(services: Services, reason: DropReason, now: datetime) -> Answer:
    """The whole request is refused."""
    _note(services, {0: reason}, [], now)
    return Answer(STATUS.get(reason, 400), {"success": False, "reason": str(reason)})


def _note(services: Services, refused: Mapping[int, DropReason], raw: list[Any], now: datetime) -> None:
    """Count what was refused, and keep what may be needed: one object a reason and request. Raises Unavailable."""
    day = f"{now:%Y-%m-%d}"
    for reason, number in Counter(refused.values()).items():
        folder = KEPT.get(reason)
        kept = _lines(raw[index] for index, why in refused.items() if why is reason and raw)
        if folder and kept:
            services.data.put(f"{folder}/api/{day}/{ids.digest(kept.decode('utf-8', 'replace'))}.jsonl", kept)
        count_drop(services, day, reason, number)


def _lines(given: Iterable[Any]) -> bytes:
    return "".join(json.dumps(each, default=str) + "\n" for each in given).encode()


def _settings(services: Services, now: datetime) -> Mapping[str, Any]:
    """The playbook's settings; none before the first publish, when servers may post already."""
    try:
        return bundle.load(services.data, now).settings
    except BadPlaybook:
        return {}


def unavailable(fault: DriplineError) -> Answer:
    """The answer when AWS gives none: the sender tries again. What was written of the request counts once."""
    return Answer(503, {"success": False, "reason": "unavailable"}, {"Retry-After": "5"})

"""The GraphQL Admin API of one shop: a credential becomes a token, and questions wait for their turn.

Shopify gives each app a bucket of points; a question that may cost more than
there is waits until there is enough, and one that is refused for it is asked
again, a few times. Refuses to show a credential, whatever goes wrong, and any
host but a shop's own at myshopify.com.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from chalicelib.collect import fields, strict_json
from chalicelib.errors import BadJson, DriplineError
from cli.reconcile.shopify import queries
from cli.reconcile.web import Answer, Web

PATH = f"/admin/api/{queries.VERSION}/graphql.json"
TOKEN_PATH = "/admin/oauth/access_token"
TRIES = 8
LONGEST_WAIT = 60.0
_SCOPE = re.compile(r"\b(?:read|write)_[a-z_]{1,40}\b")
_WORD = re.compile(r"[A-Za-z_]{1,60}")
Data = Mapping[str, Any]


class TooCostly(DriplineError):
    """The question may cost more points than one question may: ask for fewer things at once."""


class Admin:
    """`credential` is an access token, or `client id:client secret` of an app in the Dev Dashboard."""

    def __init__(self, web: Web, credential: str, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._web = web
        self._credential = credential
        self._pause = pause
        self._token = "" if ":" in credential else credential
        self._due = 0.0

    def ask(self, query: str, /, **variables: Any) -> Data:
        """The answer's `data`. Raises DriplineError, which says what to do."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        for attempt in range(TRIES):
            if self._due:
                self._pause(self._due)
            answer = self._read(self._post(body))
            self._due = _due_of(answer)
            errors = fields.parts(answer.get("errors"))
            if not errors and isinstance(answer.get("data"), Mapping):
                return fields.part(answer, "data")
            if _codes(errors) != {"THROTTLED"}:
                raise _refusal(errors, self._token)
            self._due = max(self._due, min(2.0**attempt, LONGEST_WAIT))
        raise DriplineError(f"Shopify had no room for the question in {TRIES} tries: another program may use the app")

    def nodes(self, query: str, /, *path: str, first: int, **variables: Any) -> Iterator[Data]:
        """The nodes of the list at `path`, page by page; a page that may cost too much is asked for in halves."""
        after: str | None = None
        seen: set[str] = set()
        while True:
            try:
                page = fields.part(self.ask(query, first=first, after=after, **variables), *path)
            except TooCostly:
                if first == 1:
                    raise
                first = first // 2
                continue
            if "nodes" not in page:
                raise DriplineError(f"the shop answered without its {path[-1]}: nothing is taken for the end of a list")
            yield from fields.parts(page.get("nodes"), 1000)
            onward = fields.part(page, "pageInfo")
            after = str(onward.get("endCursor") or "")
            if not onward.get("hasNextPage"):
                return
            if not after or after in seen:
                raise DriplineError("the shop gives the same page again, whichever is asked for")
            seen.add(after)

    def scopes(self) -> set[str]:
        """What the app may do; who may write may read."""
        listed = fields.parts(fields.part(self.ask(queries.SCOPES), "currentAppInstallation").get("accessScopes"), 1000)
        named = {fields.text(each.get("handle"), 60) for each in listed}
        return named | {f"read_{name.removeprefix('write_')}" for name in named if name.startswith("write_")}

    def _post(self, body: bytes) -> Answer:
        for renewed in (False, True):
            if not self._token:
                self._token = self._new_token()
            headers = {"X-Shopify-Access-Token": self._token, "Content-Type": "application/json"}
            answer = self._web.ask(PATH, headers, body)
            if answer.status != 401 or ":" not in self._credential or renewed:
                return answer
            self._token = ""  # tokens of a client hold for a day
        return answer

    def _new_token(self) -> str:
        client, _, secret = self._credential.partition(":")
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._web.ask(TOKEN_PATH, headers, urlencode(form).encode())
        data = _json(answer) if answer.status in (200, 400, 401, 403) else {}
        token = data.get("access_token")
        if answer.status == 200 and isinstance(token, str) and token.isascii() and token.isprintable():
            return token
        reason = fields.text(data.get("error"), 60)
        raise DriplineError(
            f"Shopify gave no token for the client id and secret ({answer.status}"
            + (f", {reason}" if _WORD.fullmatch(reason) else "")
            + "): the app must be of the shop's own organization and installed in the shop"
        )

    @staticmethod
    def _read(answer: Answer) -> Data:
        if answer.status == 401:
            raise DriplineError("the shop refused the credential: it is no Admin API token of an app installed there")
        if answer.status in (402, 423):
            raise DriplineError(f"the shop is frozen or locked ({answer.status}): its owner must open it in the admin")
        if answer.status == 403:
            raise DriplineError("the shop forbids the app to ask (403): see its access scopes in the Dev Dashboard")
        if answer.status != 200:
            raise DriplineError(f"the shop answered {answer.status}: is --shop its own name at myshopify.com?")
        return _json(answer)


def _json(answer: Answer) -> Data:
    try:
        data: Any = strict_json.read(answer.body)
    except BadJson:
        data = None
    if not isinstance(data, Mapping):
        raise DriplineError("the shop's answer is not JSON: is this the shop's own address?")
    return data


def _due_of(answer: Data) -> float:
    """Seconds until a question like this one may be asked again."""
    cost = fields.part(answer, "extensions", "cost")
    status = fields.part(cost, "throttleStatus")
    try:
        lacking = float(cost.get("requestedQueryCost") or 0) - float(status.get("currentlyAvailable") or 0)
        rate = float(status.get("restoreRate") or 0)
    except (TypeError, ValueError):
        return 0.0
    return min(lacking / rate, LONGEST_WAIT) if status and rate > 0 and lacking > 0 else 0.0


def _codes(errors: list[Data]) -> set[str]:
    found = {fields.text(fields.part(each, "extensions").get("code"), 60) for each in errors}
    return {"THROTTLED"} if not any(found) and _said(errors) == "Throttled" else found


def _said(errors: list[Data]) -> str:
    return fields.text(errors[0].get("message"), 200) if errors else ""


def _refusal(errors: list[Data], token: str) -> DriplineError:
    codes = _codes(errors)
    if "MAX_COST_EXCEEDED" in codes:
        return TooCostly("one thing of the shop's costs more points than Shopify allows")
    if "ACCESS_DENIED" in codes:
        told = " ".join(
            f"{each.get('message')} {fields.part(each, 'extensions').get('requiredAccess')}" for each in errors
        )
        named = sorted(set(_SCOPE.findall(told)))
        return DriplineError(
            "Shopify denied the app access"
            + (f"; it needs the scope {' or '.join(named)}" if named else "")
            + ". Names and addresses also need the shop's plan, or Shopify's review, to allow protected customer data"
        )
    said = _said(errors).replace(token, "…")
    return DriplineError(f"Shopify refused the question: {said or 'it gave no reason'}")

"""An API Gateway on 127.0.0.1: HTTP requests become proxy events for the real Chalice app, and its answers HTTP.

Keeps API Gateway's manners where they differ from a web server's: every body
travels as base64 (binary media type */*), headers and query are given once and
as lists, an unknown path or method is 403 "Missing Authentication Token", a
body over 10 MB is 413, and HEAD reaches the function. Pages of the local cloud
itself are served beside it. Refuses to listen on anything but loopback.
"""

import base64
import json
import threading
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

BODY_LIMIT = 10 * 1024 * 1024
STAGE = "api"

Invoke = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Request:
    """One HTTP request, for pages that are not the app's."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def form(self) -> dict[str, str]:
        """The fields of a posted form; the last of two with one name wins."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]


Pages = Callable[[Request], Answer | None]


class Gateway:
    """Serves `/api/…` from the app and everything else from `pages`; `port` 0 takes a free one."""

    def __init__(self, *, port: int = 0) -> None:
        self._server = _Server(("127.0.0.1", port), _Handler)
        self.port = int(self._server.server_address[1])
        self.origin = f"http://127.0.0.1:{self.port}"
        self.api_url = f"{self.origin}/{STAGE}"

    def serve(self, invoke: Invoke, routes: Mapping[str, Any], pages: Pages | None = None) -> None:
        """Answer requests in background threads from now on."""
        self._server.invoke, self._server.routes, self._server.pages = invoke, routes, pages
        threading.Thread(target=self._server.serve_forever, name="gateway", daemon=True).start()

    def show(self, pages: Pages) -> None:
        """Serve these pages from now on."""
        self._server.pages = pages

    def close(self) -> None:
        if self._server.invoke is not None:
            self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    invoke: Invoke | None = None
    routes: Mapping[str, Any] = {}
    pages: Pages | None = None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024  # head and body in one write
    server: _Server

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):  # every method reaches the gateway, which knows which are allowed
            return self._answer
        raise AttributeError(name)

    def log_message(self, *_: Any) -> None:
        """Quiet: the app logs for itself."""

    def _answer(self) -> None:
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            length = -1
        if length < 0:
            self.close_connection = True
            self._write(_message(400, "Bad Request"))
            return
        if length > BODY_LIMIT:
            self.close_connection = True
            self._write(_message(413, "Request Too Long"))
            return
        body = self.rfile.read(length)
        url = urlsplit(self.path)
        if url.path == f"/{STAGE}" or url.path.startswith(f"/{STAGE}/"):
            self._write(self._through_app(url.path.removeprefix(f"/{STAGE}") or "/", url.query, body))
            return
        answer = None
        if self.server.pages is not None:
            asked = dict(parse_qsl(url.query, keep_blank_values=True))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                answer = self.server.pages(Request(self.command, unquote(url.path), asked, body, headers))
            except Exception:  # a page's fault must not be silence
                traceback.print_exc()
                answer = _message(500, "Internal server error")
        self._write(answer or _message(404, "Not Found"))

    def _through_app(self, path: str, query: str, body: bytes) -> Answer:
        event = proxy_event(
            self.server.routes, self.command, path, query, list(self.headers.items()), body, self.client_address[0]
        )
        if event is None:
            return _message(403, "Missing Authentication Token")
        assert self.server.invoke is not None
        try:
            return read_answer(self.server.invoke(event))
        except Exception:  # a function that raises is API Gateway's 502
            return _message(502, "Internal server error")

    def _write(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)


def proxy_event(
    routes: Mapping[str, Any],
    method: str,
    path: str,
    query: str,
    headers: list[tuple[str, str]],
    body: bytes,
    source_ip: str,
) -> dict[str, Any] | None:
    """The event API Gateway would send, or None where it knows no such path and method."""
    found = match(routes, path)
    if found is None or method not in routes[found[0]]:
        return None
    resource, parameters = found
    many: dict[str, list[str]] = {}
    for name, value in headers:
        many.setdefault(name, []).append(value)
    asked: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        asked.setdefault(name, []).append(value)
    now = datetime.now(UTC)
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in many.items()},
        "multiValueHeaders": many,
        "queryStringParameters": {name: values[-1] for name, values in asked.items()} or None,
        "multiValueQueryStringParameters": asked or None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": method,
            "path": f"/{STAGE}{path}",
            "protocol": "HTTP/1.1",
            "stage": STAGE,
            "requestId": str(uuid.uuid4()),
            "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": int(now.timestamp() * 1000),
            "identity": {"sourceIp": source_ip, "userAgent": many.get("User-Agent", [""])[-1]},
            "domainName": many.get("Host", ["127.0.0.1"])[-1],
        },
        "body": base64.b64encode(body).decode("ascii") if body else None,
        "isBase64Encoded": bool(body),
    }


def match(routes: Mapping[str, Any], path: str) -> tuple[str, dict[str, str]] | None:
    """The route's pattern and its decoded path parameters; literal segments win over parameters."""
    segments = path.rstrip("/").split("/") or [""]
    best: tuple[str, dict[str, str]] | None = None
    for pattern in sorted(routes, key=lambda each: each.count("{")):
        parts = pattern.rstrip("/").split("/")
        if len(parts) != len(segments):
            continue
        taken = {}
        for part, segment in zip(parts, segments, strict=True):
            if part.startswith("{") and segment:
                taken[part[1:-1]] = unquote(segment)
            elif part != segment:
                break
        else:
            best = best or (pattern, taken)
    return best


def read_answer(answer: Mapping[str, Any]) -> Answer:
    """A Lambda proxy answer → HTTP; a malformed one is API Gateway's 502."""
    try:
        body = answer.get("body") or ""
        raw = base64.b64decode(body) if answer.get("isBase64Encoded") else str(body).encode()
        headers = [(str(name), str(value)) for name, value in (answer.get("headers") or {}).items()]
        for name, values in (answer.get("multiValueHeaders") or {}).items():
            headers = [each for each in headers if each[0].lower() != name.lower()]
            headers += [(str(name), str(value)) for value in values]
        kept = tuple(each for each in headers if each[0].lower() != "content-length")
        return Answer(int(answer["statusCode"]), raw, kept)
    except (KeyError, TypeError, ValueError):
        return _message(502, "Internal server error")


def _message(status: int, text: str) -> Answer:
    return Answer(status, json.dumps({"message": text}).encode(), (("Content-Type", "application/json"),))

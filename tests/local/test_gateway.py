"""The gateway's manners through real HTTP: what a function gets, and what a client gets back."""

import base64
import http.client
import json

import pytest

from cli.local.gateway import BODY_LIMIT, Answer, Gateway, match

ROUTES = {
    "/hooks/{source}": {"POST": 1},
    "/o/{token}": {"GET": 1, "HEAD": 1},
    "/o/known": {"GET": 1},
    "/fails": {"GET": 1},
}


@pytest.fixture
def gateway():
    gateway = Gateway()
    gateway.events = []

    def invoke(event):
        gateway.events.append(event)
        if event["path"] == "/fails":
            raise ValueError("broken")
        return {
            "statusCode": 201,
            "body": base64.b64encode(b"\x00\xff").decode(),
            "isBase64Encoded": True,
            "headers": {"X-One": "1", "Content-Length": "999"},
            "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
        }

    gateway.serve(
        invoke, ROUTES, lambda request: Answer(200, request.path.encode(), ()) if request.path == "/p" else None
    )
    yield gateway
    gateway.close()


@pytest.fixture
def ask(gateway):
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=120)

    def ask(method, path, body=None, headers=None):
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers

    yield ask
    connection.close()


def test_a_request_becomes_a_proxy_event_and_the_answer_http(gateway, ask):
    status, body, headers = ask("POST", "/api/hooks/a%2Fb?x=1&x=2&e=", b"\xffraw", {"User-Agent": "me"})
    assert (status, body, headers["X-One"], headers.get_all("Set-Cookie")) == (201, b"\x00\xff", "1", ["a=1", "b=2"])
    assert headers["Content-Length"] == "2"
    (event,) = gateway.events
    assert (event["resource"], event["pathParameters"]) == ("/hooks/{source}", {"source": "a/b"})
    assert event["isBase64Encoded"]
    assert base64.b64decode(event["body"]) == b"\xffraw"
    assert event["queryStringParameters"] == {"x": "2", "e": ""}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"], "e": [""]}
    assert event["requestContext"]["identity"] == {"sourceIp": "127.0.0.1", "userAgent": "me"}


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/hooks/a"), ("GET", "/api/none"), ("POST", "/api/o/t"), ("GET", "/api")]
)
def test_an_unknown_path_or_method_is_403_and_reaches_nothing(gateway, ask, method, path):
    status, body, _ = ask(method, path)
    assert (status, json.loads(body)) == (403, {"message": "Missing Authentication Token"})
    assert gateway.events == []


def test_head_reaches_the_function_and_has_no_body(gateway, ask):
    assert ask("HEAD", "/api/o/t")[:2] == (201, b"")
    assert gateway.events[0]["httpMethod"] == "HEAD"
    assert gateway.events[0]["body"] is None


def test_a_function_that_raises_is_502(ask):
    assert ask("GET", "/api/fails")[0] == 502


def test_a_body_that_is_too_long_is_413_before_it_is_read(gateway, ask):
    assert ask("POST", "/api/hooks/a", headers={"Content-Length": str(BODY_LIMIT + 1)})[0] == 413
    assert gateway.events == []


def test_other_paths_are_the_pages_and_404(gateway, ask):
    assert ask("GET", "/p")[:2] == (200, b"/p")
    assert ask("GET", "/q")[0] == 404
    assert gateway.events == []


def test_a_literal_segment_wins_over_a_parameter():
    assert match(ROUTES, "/o/known") == ("/o/known", {})
    assert match(ROUTES, "/o/other") == ("/o/{token}", {"token": "other"})
    assert match(ROUTES, "/o/") is None

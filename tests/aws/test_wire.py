"""The lean caller against a stand-in that speaks HTTP on this machine and answers from a script."""

import json
import socket
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.aws.table import Key, Table
from chalicelib.aws.wire import ATTEMPTS, Refused, _idle, _Signer, call_over_wire
from chalicelib.errors import Unavailable


@pytest.fixture
def aws(monkeypatch):
    """A list of (status, answer) to give in turn, and the requests that came."""
    script, seen = [], []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((dict(self.headers), json.loads(body)))
            status, answer = script.pop(0)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    _idle.clear()
    yield script, seen
    for waiting in _idle.values():
        for connection in waiting:
            connection.close()
    _idle.clear()
    server.shutdown()
    server.server_close()


THROTTLED = (400, {"__type": "com.amazonaws.dynamodb#ProvisionedThroughputExceededException", "message": "slow"})


def test_a_write_is_signed_for_its_region_and_names_its_operation(aws):
    script, seen = aws
    script.append((200, {}))
    assert Table("log", call_over_wire("dynamodb")).put(Key("p", "s"), {"n": 1, "raw": b"\x00"})
    headers, body = seen[0]
    assert headers["X-Amz-Target"] == "DynamoDB_20120810.PutItem"
    assert "/eu-central-1/dynamodb/aws4_request" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "session"
    assert body["Item"]["raw"] == {"B": "AA=="}


def test_a_throttle_and_a_fault_of_theirs_are_tried_again(aws):
    script, seen = aws
    script += [THROTTLED, (500, {}), (200, {"Item": {"pk": {"S": "p"}, "sk": {"S": "s"}, "n": {"N": "3"}}})]
    assert Table("log", call_over_wire("dynamodb")).get(Key("p", "s")) == {"pk": "p", "sk": "s", "n": 3}
    assert len(seen) == 3


def test_tries_end_and_say_so(aws):
    script, seen = aws
    script += [THROTTLED] * ATTEMPTS
    with pytest.raises(Unavailable, match="ProvisionedThroughputExceededException"):
        call_over_wire("dynamodb")("PutItem", {})
    assert len(seen) == ATTEMPTS


def test_a_condition_that_fails_is_an_answer_and_not_a_fault(aws):
    script, seen = aws
    script.append((400, {"__type": "x#ConditionalCheckFailedException", "message": "no"}))
    assert not Table("log", call_over_wire("dynamodb")).put_if_absent(Key("p", "s"), {})
    assert len(seen) == 1


def test_any_other_refusal_is_raised_at_once(aws):
    script, seen = aws
    script.append((400, {"__type": "x#ValidationException", "message": "bad"}))
    with pytest.raises(Refused, match="ValidationException: bad"):
        call_over_wire("dynamodb")("PutItem", {})
    assert len(seen) == 1


def test_nobody_at_home_is_unavailable(monkeypatch, aws):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # ours, and not listening: what is tried here is refused
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        with pytest.raises(Unavailable):
            call_over_wire("secretsmanager")("GetSecretValue", {})


@given(
    body=st.binary(max_size=200),
    session=st.none() | st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1),
    now=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(lambda naive: naive.replace(tzinfo=UTC)),
)
def test_the_signature_is_the_one_botocore_makes(body, session, now):
    headers = _Signer("dynamodb", "eu-central-1", "host:8000", "key", "secret", session).headers(
        body, "DynamoDB_20120810.PutItem", "application/x-amz-json-1.0", now
    )
    request = AWSRequest(
        "POST",
        "http://host:8000/",
        headers={"Content-Type": headers["Content-Type"], "X-Amz-Target": headers["X-Amz-Target"]},
        data=body,
    )
    theirs = SigV4Auth(Credentials("key", "secret", session), "dynamodb", "eu-central-1")
    request.context["timestamp"] = headers["X-Amz-Date"]
    if session:
        request.headers["X-Amz-Security-Token"] = session
    request.headers["X-Amz-Date"] = headers["X-Amz-Date"]
    canonical = theirs.canonical_request(request)
    signature = theirs.signature(theirs.string_to_sign(request, canonical), request)
    assert headers["Authorization"].endswith(f"Signature={signature}")
    assert f"SignedHeaders={theirs.signed_headers(theirs.headers_to_sign(request))}, " in headers["Authorization"]


def test_a_kept_connection_that_the_other_side_closed_costs_no_try(aws):
    script, seen = aws
    script += [(200, {}), (200, {}), (200, {})]
    call = call_over_wire("dynamodb")
    call("PutItem", {})
    for waiting in _idle.values():
        for connection in waiting:
            connection.sock.shutdown(socket.SHUT_RDWR)
    call("PutItem", {})
    assert len(seen) == 2

"""The pixel as a cold Lambda answers it: over the wire, one secret read, one fact written, nothing heavy imported."""

import base64
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from chalicelib import ids
from chalicelib.ids import Purpose, Token
from tests.collect.conftest import MESSAGE, PROFILE, ROOT
from tests.conftest import SECRETS_JSON

PROGRAM = """
import json, sys
import app
answer = app.app(json.loads(sys.argv[1]), None)
heavy = {"boto3", "pandas", "numpy", "liquid", "aws_lambda_powertools"} & set(sys.modules)
print(json.dumps([answer["statusCode"], answer["body"], sorted(heavy)]))
"""


def test_a_cold_pixel_makes_one_small_write_and_imports_nothing_heavy():
    asked = []

    class Aws(BaseHTTPRequestHandler):
        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            operation = self.headers["X-Amz-Target"].split(".")[-1]
            asked.append((operation, request))
            body = json.dumps({"SecretString": SECRETS_JSON} if operation == "GetSecretValue" else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Aws)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    keys = {1: json.loads(SECRETS_JSON)["link_key_1"].encode()}
    token = ids.sign_token(Token(Purpose.OPEN, PROFILE, MESSAGE), keys)
    event = {
        "requestContext": {"httpMethod": "GET", "resourcePath": "/o/{token}", "requestId": "r1"},
        "headers": {"User-Agent": "Mozilla/5.0"},
        "pathParameters": {"token": f"{token}.gif"},
        "multiValueQueryStringParameters": None,
        "stageVariables": None,
        "body": None,
        "isBase64Encoded": False,
    }
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_FUNCTION_NAME": "api_handler",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "DRIPLINE_SECRETS": "dripline",
        "DRIPLINE_EVENTS_TABLE": "events",
    }
    try:
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM, json.dumps(event)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        server.shutdown()
        server.server_close()
    assert run.returncode == 0, run.stderr
    status, body, heavy = json.loads(run.stdout.splitlines()[-1])
    assert (status, len(base64.b64decode(body))) == (200, 43)
    assert [operation for operation, _ in asked] == ["GetSecretValue", "PutItem"]
    assert len(json.dumps(asked[1][1])) < 1024
    assert heavy == []

"""`make bench`: what a cold start costs, in CPU time, against FLOOR, the least a boto3 Lambda can cost.

FLOOR is `import chalice, boto3; boto3.client("dynamodb")`. Each program runs in
a fresh interpreter, in turn with the others, and counts its own CPU from its
first line; a figure is the median of its runs over the median of FLOOR's. The
tracking function is the real one: `app.py`, an API Gateway event for a signed
pixel, and the write it causes, over TLS. Ends with 1 when a bar is missed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.aws_over_tls import SECRET, standing_in
from chalicelib import ids

ROOT = Path(__file__).resolve().parents[1]
BARS = {"import app": 0.35, "pixel, start to first write": 0.55}

COUNTED = "import time; began = time.process_time()\n{}\nprint(time.process_time() - began)"
FLOOR = "import chalice, boto3; boto3.client('dynamodb')"
IMPORT = "import app"
PIXEL = """
import app, json, os
answer = app.app(json.loads(os.environ["BENCH_EVENT"]), None)
assert answer["statusCode"] == 200, answer
"""


def measure(runs: int) -> dict[str, list[float]]:
    """CPU seconds of each program, run by run."""
    seconds: dict[str, list[float]] = {"FLOOR": [], "import app": [], "pixel, start to first write": []}
    with tempfile.TemporaryDirectory() as folder, standing_in(Path(folder)) as (url, certificate, asked):
        environment = _environment(url, certificate)
        for turn in range(runs + 1):
            for name, program in zip(seconds, (FLOOR, IMPORT, PIXEL), strict=True):
                before = len(asked)
                spent = _run(program, environment)
                if name.startswith("pixel") and asked[before:] != ["GetSecretValue", "PutItem"]:
                    raise SystemExit(f"the pixel asked AWS for {asked[before:]}, not for its key and one write")
                if turn:  # the first turn writes bytecode and warms the disk
                    seconds[name].append(spent)
    return seconds


def _run(program: str, environment: dict[str, str]) -> float:
    answer = subprocess.run(
        [sys.executable, "-c", COUNTED.format(program)],
        env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    if answer.returncode:
        raise SystemExit(answer.stderr)
    return float(answer.stdout.split()[-1])


def _environment(url: str, certificate: Path) -> dict[str, str]:
    keys = {1: json.loads(SECRET)["link_key_1"].encode()}
    customer = ids.identity_key("email", "ada@shop.example")
    token = ids.sign_token(ids.Token(ids.Purpose.OPEN, customer, ids.message_id(customer, "bench")), keys)
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
    event = {
        "httpMethod": "GET",
        "path": f"/o/{token}.gif",
        "headers": {"accept": "image/webp", "user-agent": agent},
        "multiValueHeaders": {"accept": ["image/webp"], "user-agent": [agent]},
        "multiValueQueryStringParameters": None,
        "pathParameters": {"token": f"{token}.gif"},
        "stageVariables": None,
        "requestContext": {
            "httpMethod": "GET",
            "resourcePath": "/o/{token}",
            "requestId": "bench",
            "identity": {"sourceIp": "192.0.2.1", "userAgent": agent},
        },
        "body": None,
        "isBase64Encoded": False,
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_SESSION_TOKEN": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_ENDPOINT_URL": url,
        "AWS_CA_BUNDLE": str(certificate),
        "BENCH_EVENT": json.dumps(event),
        "DRIPLINE_EVENTS_TABLE": "events",
        "DRIPLINE_SECRETS": "dripline",
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7, help="of each program, at least 5 (default 7)")
    seconds = measure(max(5, parser.parse_args().runs))
    floor = statistics.median(seconds["FLOOR"])
    print(f"FLOOR {floor * 1000:.0f} ms of CPU ({FLOOR}), median of {len(seconds['FLOOR'])}")
    met = True
    for name, bar in BARS.items():
        ratio = statistics.median(seconds[name]) / floor
        met &= ratio <= bar
        print(f"{name:28} {ratio:.2f} FLOOR   bar {bar:.2f}   {'met' if ratio <= bar else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())

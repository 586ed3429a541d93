"""What one more open or click costs: CPU of a warm hit, and the units DynamoDB charges for it.

A warm hit is the whole app, `app.py` with an API Gateway event for a signed
pixel or link, over TLS to a stand-in for AWS; the least it is held against is
the same app writing the same fact through a boto3 client, in the same run, in
turn with it, each in a fresh interpreter. Write units are counted from the very
requests by DynamoDB's rule: a unit for each begun kilobyte written, one for a
condition that fails too. The share of a fold is what a profile's write costs
each of the facts folded with it. Ends with 1 when a bar is missed.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.aws_over_tls import SECRET, standing_in
from bench.cold_start import ROOT, _environment
from chalicelib import ids

BAR, STRETCH = 0.6, 0.4
UNITS_BAR = 1
HITS = 100

WARM = """
import app, json, os, time
events = json.loads(os.environ["BENCH_EVENT"])
def hit(number):
    event = json.loads(events)
    event["requestContext"]["requestId"] = f"bench-{number}"
    answer = app.app(event, None)
    assert answer["statusCode"] == 200, answer
for number in range(20):
    hit(number)
waits = []
began = time.process_time()
for number in range(HITS):
    asked = time.perf_counter()
    hit(1000 + number)
    waits.append(time.perf_counter() - asked)
print(*waits, (time.process_time() - began) / HITS)
"""


def measure(runs: int) -> dict[str, list[float]]:
    """CPU seconds a hit, run by run, over the wire and through boto3; and of ours how long each answer took."""
    seconds: dict[str, list[float]] = {"ours": [], "boto3": [], "waits": []}
    with tempfile.TemporaryDirectory() as folder, standing_in(Path(folder)) as (url, certificate, asked):
        ours = _environment(url, certificate)
        ours["BENCH_EVENT"] = json.dumps(ours["BENCH_EVENT"])
        through_boto3 = {name: value for name, value in ours.items() if name != "AWS_LAMBDA_FUNCTION_NAME"}
        for turn in range(runs + 1):
            for name, environment in (("ours", ours), ("boto3", through_boto3)):
                before = len(asked)
                program = WARM.replace("HITS", str(HITS))
                answer = subprocess.run(
                    [sys.executable, "-c", program],
                    env=environment,
                    cwd=ROOT,
                    capture_output=True,
                    text=True,
                    timeout=120,
                )
                if answer.returncode:
                    raise SystemExit(answer.stderr)
                if asked[before:].count("PutItem") != HITS + 20:
                    raise SystemExit(f"{name}: {HITS + 20} hits made {asked[before:].count('PutItem')} writes")
                if turn:  # the first turn writes bytecode and warms the disk
                    *waits, spent = map(float, answer.stdout.split())
                    seconds[name].append(spent)
                    seconds["waits"] += waits if name == "ours" else []
    return seconds


def units() -> dict[str, tuple[int, float]]:
    """Write and read units of one open and one click, from the requests that the app makes."""
    os.environ |= {"DRIPLINE_EVENTS_TABLE": "events", "DRIPLINE_AGENDA_TABLE": "agenda", "DRIPLINE_SECRETS": "s"}
    from chalicelib import clock
    from chalicelib.aws.services import Secrets, Services
    from chalicelib.collect import tracker
    from chalicelib.collect.places import Place

    asked: list[tuple[str, dict[str, Any]]] = []
    profile = ids.identity_key("email", "ada@shop.example")
    message = ids.message_id(profile, "campaign:bench", "1", "")
    links = {"L": [{"S": f"https://shop.example/products/{number}?utm_source=dripline"} for number in range(20)]}
    found = {"Item": {"links": links, "definition": {"S": "campaign:bench"}}}

    def call(operation: str, request: Any) -> dict[str, Any]:
        asked.append((operation, dict(request)))
        return found if operation == "GetItem" else {}

    services = Services(over_wire=True)
    services.__dict__ |= {"dynamodb": call, "secrets": Secrets(json.loads(SECRET))}
    keys = services.secrets.link_keys
    place = Place("JP", "America/Argentina/Buenos_Aires", "television", "microsoft-365")
    visit = tracker.Visit(
        "GET", "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", place
    )
    spent = {}
    for name, purpose in (("open", ids.Purpose.OPEN), ("click", ids.Purpose.CLICK)):
        asked.clear()
        token = ids.sign_token(ids.Token(purpose, profile, message, 3), keys)
        act = tracker.note_open if purpose is ids.Purpose.OPEN else tracker.follow
        act(services, token, visit, clock.system_time())
        written = sum(math.ceil(_size(request["Item"]) / 1024) for kind, request in asked if kind == "PutItem")
        read = sum(math.ceil(_size(found["Item"]) / 4096) / 2 for kind, _ in asked if kind == "GetItem")
        spent[name] = (written, read)
    return spent


def _size(item: dict[str, Any]) -> int:
    """Bytes of an item as DynamoDB counts them: names and values, three for a list, one for each of its members."""
    return sum(len(name.encode()) + _value(value) for name, value in item.items())


def _value(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "L":
        return 3 + sum(1 + _value(each) for each in content)
    return len(str(content).encode())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="of each program, at least 5 (default 5)")
    seconds = measure(max(5, parser.parse_args().runs))
    ours, boto3 = (statistics.median(seconds[name]) for name in ("ours", "boto3"))
    ratio = ours / boto3
    met = ratio <= BAR
    said = "stretch met" if ratio <= STRETCH else "met" if met else "MISSED"
    print(
        f"warm hit, boto3 put_item    {boto3 * 1e6:.0f} µs CPU, median of {len(seconds['boto3'])} runs of {HITS} hits"
    )
    print(f"warm hit                     {ratio:.2f} of it   bar {BAR:.2f}, stretch {STRETCH:.2f}   {said}")
    slow, usual = statistics.quantiles(seconds["waits"], n=100)[98], statistics.median(seconds["waits"])
    print(
        f"answer to a warm hit         p99 {slow * 1e3:.1f} ms, {slow / usual:.1f} of the median;"
        f" {len(seconds['waits'])} hits   promised 300 ms   {'met' if slow <= 0.3 else 'MISSED'}"
    )
    for name, (written, read) in units().items():
        met &= written <= UNITS_BAR
        reads = f" and {read:g} read unit" if read else ""
        verdict = "met" if written <= UNITS_BAR else "MISSED"
        print(f"write units of a {name:5}       {written}{reads}   bar {UNITS_BAR} + share of a fold   {verdict}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())

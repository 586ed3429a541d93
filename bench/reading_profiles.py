"""`make bench`: reading profiles for scheduled work, in CPU time a profile, against a boto3 resource's Table.scan.

A stand-in answers each Scan with one page of 400 profiles of about 2 KB: to the
resource as 36 attributes each, to our own reader as they are stored, one JSON
text beside a few attributes; it is the same content. Both decode all of it; ours also makes the
customers that every stage reads, and asks each for one measure.

The stand-in and either reader are processes of their own, so only a reader's
own work counts, under its own habits of memory. They read by turns, a short
turn each, because a machine with other work to do is now quick and now slow:
the two turns of a round are near enough in time to be compared, and what is
printed is the median round. Ends with 1 when the bar is missed.
"""

import argparse
import base64
import http.server
import json
import os
import statistics
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chalicelib import events, ids
from chalicelib.aws.attributes import marshal
from chalicelib.money import Money
from chalicelib.profile import fold
from chalicelib.profile.packing import unpack

ROOT = Path(__file__).resolve().parents[1]
PROFILES = 400
BAR, STRETCH = 25, 100
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)

READER = """
import sys, time
{prepare}
{read}
for turn in sys.stdin:
    began = time.process_time()
    for _ in range({pages}):
        {read}
    print((time.process_time() - began) / {pages}, flush=True)
"""
RESOURCE = (
    "import boto3; table = boto3.resource('dynamodb').Table('wide')",
    "assert len(table.scan()['Items']) == 400",
)
OURS = (
    "from chalicelib.aws.services import Services; from chalicelib.profile import store\n"
    "services = Services(over_wire=True)",
    "assert sum(each.points for each in store.scan(services)[0]) == 400 * 7",
)


def wide_page() -> bytes:
    """The same customers as one lays them out for a resource: each facet an attribute, filled up to 36."""
    return _page([_laid_out(_stored(number)) for number in range(PROFILES)])


def _laid_out(stored: dict[str, Any]) -> dict[str, Any]:
    item = unpack(stored["body"]) | {"pk": stored["pk"], "sk": "profile", "identities": stored["identities"]}
    for name in ("told", "seen", "orders"):  # what a table's designer gives attributes of their own
        item |= {f"{name}_{key}": value for key, value in item.pop(name).items()}
    item |= {f"measure_{number}": number * 1_000_003 for number in range(36 - len(item))}
    assert len(item) == 36
    return {name: marshal(value) for name, value in item.items()}


def own_page() -> bytes:
    """A page of profiles as they are stored: those of customers who viewed, bought and were mailed."""
    return _page([{name: marshal(value) for name, value in _stored(number).items()} for number in range(PROFILES)])


def _stored(number: int) -> dict[str, Any]:
    email = f"customer-{number}@shop.example"
    profile = fold.fold_all(ids.identity_key("email", email), _life(email))
    profile.identities = {profile.profile_id, ids.identity_key("customer", str(number))}
    item = profile.to_item() | {"version": 7}
    shown = {name: item[name] for name in ("body", "identities")}
    return {"pk": profile.profile_id, "sk": "profile", **shown}


def _life(email: str) -> list[events.Event]:
    def fact(cls: type[events.Event], days: int, **values: object) -> events.Event:
        at = NOW - timedelta(days=days)
        name = ids.event_id("bench", cls.name, email, str(days))
        return cls(id=name, occurred_at=at, received_at=at, source="bench", who={"email": email}, **values)

    total = Money(4950, "USD")
    return [
        fact(events.CustomerUpdated, 90, email=email, first_name="Ada", country="JP", language="ja"),
        fact(events.ConsentRecorded, 90, channel="email", subscribed=True, wording="w1"),
        fact(events.PointsChanged, 60, delta=7, reason="order"),
        *(fact(events.ProductViewed, days, product_id="p1") for days in (1, 2, 30)),
        *(fact(events.OrderCompleted, days, order_id=str(days), total=total, updated_at=NOW) for days in (30, 60)),
    ]


def _page(items: list[dict[str, object]]) -> bytes:
    page = {"Items": items, "Count": len(items), "ScannedCount": len(items)}
    return json.dumps(page, default=lambda raw: base64.b64encode(raw).decode()).encode()


def serve(pages: dict[str, bytes]) -> http.server.ThreadingHTTPServer:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            page = pages[asked["TableName"]]
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def measure(rounds: int) -> list[tuple[float, float]]:
    """CPU seconds a page, (the resource, ours) of each round."""
    server = serve({"wide": wide_page(), "profiles": own_page()})
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = kept | {
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "DRIPLINE_PROFILES_TABLE": "profiles",
    }
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER.format(prepare=prepare, read=read, pages=pages)],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for (prepare, read), pages in ((RESOURCE, 1), (OURS, 20))
    ]
    try:
        return [(_turn(readers[0]), _turn(readers[1])) for _ in range(rounds)]
    finally:
        for reader in readers:
            reader.communicate()
        server.shutdown()


def _turn(reader: "subprocess.Popen[str]") -> float:
    """Let one reader read, while the other waits; its CPU seconds a page."""
    assert reader.stdin
    assert reader.stdout
    reader.stdin.write("\n")
    reader.stdin.flush()
    return float(reader.stdout.readline())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15, help="rounds, of a turn of each reader (default 15)")
    rounds = measure(max(3, parser.parse_known_args()[0].runs))
    theirs, ours = (statistics.median(each) / PROFILES * 1e6 for each in zip(*rounds, strict=True))
    ratios = sorted(theirs / ours for theirs, ours in rounds)
    ratio = statistics.median(ratios)
    print(f"boto3 resource scan        {theirs:6.0f} s of CPU a million profiles of 36 attributes")
    print(
        f"scan of customers          {ours:6.0f} s a million, {ratio:.0f} times less (half of {len(ratios)} rounds"
        f" {ratios[len(ratios) // 4]:.0f} to {ratios[-len(ratios) // 4]:.0f})"
        f"   bar {BAR}, stretch {STRETCH}   {'met' if ratio >= BAR else 'MISSED'}"
    )
    return 0 if ratio >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())

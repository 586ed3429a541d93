"""In a real browser engine the marks are asked for as the seconds pass, and no more once the mail is closed."""

import base64
import http.server
import threading
import time

import pytest

from chalicelib.deliver.reading import AFTER, add_marks
from tests.collect.chromium import needs_chromium

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")


@pytest.fixture
def asked():
    """Address of a server that has two mails, and (mail, mark) → when it was asked for."""
    seen: dict[tuple[str, int], float] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            kind, _, rest = self.path.lstrip("/").partition("/")
            if kind == "mail":
                seen.setdefault(rest, time.monotonic())
                marks = [f"/mark/{rest}/{number}" for number in range(len(AFTER))]
                body, media = add_marks("<html><head></head><body>Hello</body></html>", marks).encode(), "text/html"
            else:
                if kind == "mark":
                    name, _, number = rest.partition("/")
                    seen.setdefault((name, int(number)), time.monotonic())
                body, media = GIF, "image/gif"
            self.send_response(200)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()


def wait_until(page, seen, mark):
    for _ in range(600):
        if mark in seen:
            return
        page.wait_for_timeout(100)


@needs_chromium
def test_a_mail_closed_after_four_seconds_was_skimmed_and_one_kept_open_was_read(chromium, asked):
    address, seen = asked
    kept, closed = chromium.new_page(), chromium.new_page()
    kept.goto(f"{address}/mail/kept")
    closed.goto(f"{address}/mail/closed")
    wait_until(closed, seen, ("closed", 1))
    closed.close()
    wait_until(kept, seen, ("kept", 2))
    kept.close()
    begun = {name: seen.pop(name) for name in ("kept", "closed")}
    assert sorted(seen) == [("closed", 0), ("closed", 1), ("kept", 0), ("kept", 1), ("kept", 2)]
    # From the mail's own answer: a busy browser may be late with any mark, the first too, and early with none.
    waited = [seen["kept", number] - begun["kept"] for number in range(3)]
    assert waited[0] < waited[1] < waited[2]
    assert waited[1] > 1.5, "none is fetched ahead of its time"

"""In a real browser engine the marks are asked for as the seconds pass, and no more once the mail is closed."""

import base64
import http.server
import threading

import pytest

from chalicelib.deliver.reading import AFTER, add_marks
from tests.collect.chromium import needs_chromium, wait_until

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
HELD = "<style>* { animation-play-state: paused !important }</style>"
"""A mail's time stands still until it is set: how late a busy browser is says nothing."""


@pytest.fixture
def asked():
    """Address of a server that has mails, and the (mail, mark) that were asked for, in order."""
    seen: list[tuple[str, int]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            kind, _, rest = self.path.lstrip("/").partition("/")
            if kind == "mail":
                marks = [f"/mark/{rest}/{number}" for number in range(len(AFTER))]
                mail = add_marks("<html><head></head><body>Hello</body></html>", marks)
                body, media = mail.replace("</head>", f"{HELD}</head>").encode(), "text/html"
            else:
                if kind == "mark":
                    name, _, number = rest.partition("/")
                    seen.append((name, int(number)))
                body, media = GIF, "image/gif"
            self.send_response(200)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()


def open_for(page, seconds):
    """The mail has been open for so long, and what that paints is painted."""
    held = page.evaluate(
        """async seconds => {
            const marks = document.getAnimations();
            for (const mark of marks) mark.currentTime = seconds * 1000;
            for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
            return marks.map(mark => mark.playState);
        }""",
        seconds,
    )
    assert held == ["paused"] * len(AFTER), "each mark is an animation, and none goes on by itself"


@needs_chromium
def test_a_mail_closed_after_four_seconds_was_skimmed_and_one_kept_open_was_read(chromium, asked):
    address, seen = asked
    kept, closed = chromium.new_page(), chromium.new_page()
    kept.goto(f"{address}/mail/kept")
    closed.goto(f"{address}/mail/closed")
    for number, after in enumerate(AFTER):
        if after:
            open_for(kept, after - 0.1)
        open_for(kept, after + 0.1)
        wait_until(kept, lambda number=number: ("kept", number) in seen, lambda: seen)
        assert [mark for mail, mark in seen if mail == "kept"] == [*range(number + 1)], "none ahead of its time"
    open_for(closed, 4)
    wait_until(closed, lambda: ("closed", 1) in seen, lambda: seen)
    closed.close()
    kept.close()
    assert sorted(seen) == [("closed", 0), ("closed", 1), ("kept", 0), ("kept", 1), ("kept", 2)]

"""A shop of one page and an API that keeps what it is posted, for a real browser; times told as a test wants them."""

import json
import shutil
import threading
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chalicelib.collect import snippet

PATH = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
needs_chromium = pytest.mark.skipif(not PATH, reason="no chromium, chromium-browser or google-chrome is on PATH")

START = "dripline('start', 'pub_shop');"
AGREED = "dripline('start', 'pub_shop', {consent: true});"
PATIENCE = 120_000
"""Milliseconds after which something is taken to never come. No test hangs on how fast real time passes: a machine
busy with other work may be late with anything, so what is waited for is an event, and this only ends a broken test.
"""
PAGE = """<!doctype html><title>{title}</title><script>
window.dripline = window.dripline || function () {{ (dripline.q = dripline.q || []).push(arguments) }};
{calls}
</script><script async src="{api}/dripline.js"></script><p>A page."""


@contextmanager
def open_chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PATH, args=["--no-sandbox"], timeout=PATIENCE)
        try:
            yield Chromium(browser)
        finally:
            browser.close()


class Chromium:
    """A browser whose pages are patient."""

    def __init__(self, browser):
        self._browser = browser

    def new_context(self, **options):
        context = self._browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        return context

    def new_page(self, **options):
        page = self._browser.new_page(**options)
        page.context.set_default_timeout(PATIENCE)
        return page


def wait_until(page, holds, seen):
    """Ends when `holds()` is true; the page goes on meanwhile. What was `seen()` instead is told if it never is."""
    for _ in range(PATIENCE // 50):
        if holds():
            return
        page.wait_for_timeout(50)
    pytest.fail(f"waited in vain; there was {seen()}")


def wait_for_answers(page, left=0):
    """Ends when the page has sent all but so many messages, and knows that they arrived."""
    queued = partial(page.evaluate, "JSON.parse(localStorage.dripline).queue.length")
    wait_until(page, lambda: queued() == left, queued)


class Api:
    """What the deployed API is for the snippet: another origin that serves the script and takes batches."""

    def __init__(self):
        self.posts, self.status = [], 200
        self._server = _serve(self._answer)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/api"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def arrivals(self):
        """Everything that arrived, as often as it did."""
        return [message for post in list(self.posts) for message in post["batch"]]

    def messages(self):
        """Each message once, as the API counts it, in the order of what happened."""
        once = {message["messageId"]: message for message in self.arrivals()}
        return sorted(once.values(), key=lambda message: message["timestamp"])

    def names(self):
        return [message.get("event") or message["type"] for message in self.messages()]

    def of(self, name):
        return [each for each in self.messages() if (each.get("event") or each["type"]) == name]

    def _answer(self, request):
        if request.command == "POST":
            body = request.rfile.read(int(request.headers["Content-Length"]))
            if self.status == 200:
                kind = request.headers["Content-Type"]
                self.posts.append({**json.loads(body), "kind": kind, "cookies": request.headers.get("Cookie")})
            return self.status, {"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"}, b"{}"
        return 200, snippet.HEADERS, snippet.script().plain


class Shop:
    """Pages of a shop; `calls` is what their inline script does."""

    def __init__(self, api):
        self.calls = ""
        self._server = _serve(self._answer)
        self._api = api
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request):
        page = PAGE.format(title="Kettle & co", calls=self.calls, api=self._api.url)
        return 200, {"Content-Type": "text/html; charset=utf-8"}, page.encode()


class Visitor:
    """One browser profile in the shop; `tell` calls the snippet as the shop's own script would."""

    def __init__(self, context, shop, api):
        self.context, self.shop, self.api = context, shop, api
        self.page = context.new_page()
        self.faults = []
        self.page.on("pageerror", lambda fault: self.faults.append(str(fault)))

    def open(self, path="/", calls=AGREED):
        self.shop.calls = calls
        self.page.goto(self.shop.url + path)
        self.page.wait_for_function("window.dripline.on")

    def stop_the_clock(self):
        """From here on the page's time passes only by `pass_time`."""
        self.page.clock.install(time="2026-11-23T09:00:00Z")  # runs until it is paused, which must lie ahead
        self.page.clock.pause_at("2026-11-23T10:00:01Z")

    def pass_time(self, seconds):
        """On the page's clock; ends when what was to be sent in it was answered, which takes real time."""
        self.page.clock.run_for(seconds * 1_000)
        wait_for_answers(self.page)

    def tell(self, *call):
        self.page.evaluate("call => dripline(...call)", list(call))

    def leave(self):
        self.page.goto("about:blank")

    def wait_for(self, number):
        wait_until(self.page, lambda: len(self.api.messages()) >= number, self.api.names)

    @property
    def kept(self):
        return self.page.evaluate("Object.keys(localStorage).concat(document.cookie || [])")


def _serve(make):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            status, headers, body = make(self)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def __getattr__(self, name):
            if name in ("do_GET", "do_POST"):
                return self.answer
            raise AttributeError(name)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server

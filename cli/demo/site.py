"""What a finished demo serves beside the API: start page, dashboard, outbox, customers, mini shop. Loopback only.

Answers only requests that name this host, and posts only from its own pages: a
page elsewhere on the web must not act here through the developer's browser.
"""

import mimetypes
from datetime import timedelta
from html import escape

from chalicelib import clock
from cli.commands.dashboard import PAGE, read_bucket, read_folder
from cli.demo import customer_pages, frame, outbox_pages, privacy_pages, report
from cli.demo.run import Demo
from cli.demo.shop_pages import Shop
from cli.local.gateway import Answer, Request

_DASHBOARD_POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'"


class Site:
    """A `Pages` for the gateway."""

    def __init__(self, demo: Demo) -> None:
        self._demo = demo
        self._shop = Shop(demo, self.pass_time)
        self._reported = 0

    def __call__(self, request: Request) -> Answer | None:
        if not self._is_ours(request):
            return Answer(403, b"only from this host's own pages", (("Content-Type", "text/plain"),))
        if request.path == "/style.css":
            return Answer(200, frame.STYLE.encode(), frame.secured("text/css; charset=utf-8"))
        if request.path == "/":
            return self._start()
        if request.path == "/dashboard" or request.path.startswith("/dashboard/"):
            return self._dashboard(request)
        for answer in (
            outbox_pages.answer(self._demo, request),
            customer_pages.answer(self._demo, request),
            privacy_pages.answer(self._demo, request),
            self._shop.answer(request),
        ):
            if answer is not None:
                return answer
        return self._missing()

    def deliver(self) -> None:
        """Report mails posted since the demo ended as sent and delivered, as SES would."""
        posted = self._demo.cloud.post.posted
        new, self._reported = posted[self._reported :], len(posted)
        for mail in new:
            for kind in ("Send", "Delivery"):
                self._demo.cloud.post.report(mail, kind)

    def start_watching(self) -> None:
        """From now on mails are delivered by `deliver`; the simulated recipients rest."""
        self._reported = len(self._demo.cloud.post.posted)

    def pass_time(self, span: timedelta) -> None:
        """Let time pass with every schedule run, then bring segments and numbers up to date."""
        cloud = self._demo.cloud
        cloud.advance(cloud.now() + span)
        self.deliver()
        for schedule in ("start_segments", "aggregate_metrics"):
            cloud.run(schedule)
        cloud.pump()

    def _is_ours(self, request: Request) -> bool:
        hosts = {f"{name}:{self._demo.gateway.port}" for name in ("127.0.0.1", "localhost")}
        origin = request.headers.get("origin", "")
        return request.headers.get("host", "") in hosts and (
            request.method in ("GET", "HEAD") or not origin or origin.removeprefix("http://") in hosts
        )

    def _dashboard(self, request: Request) -> Answer:
        path = request.path.removeprefix("/dashboard").lstrip("/")
        if request.path == "/dashboard":
            return frame.see_other("/dashboard/")
        numbers = path == "manifest.json" or path.startswith("metrics/")
        read = read_bucket(self._demo.cloud.services.dashboard) if numbers else read_folder(PAGE)
        body = None if "\0" in path else read(path or "index.html")
        if body is None:
            return self._missing()
        kind = "text/javascript" if path.endswith(".js") else mimetypes.guess_type(path or "index.html")[0] or ""
        return Answer(200, body, frame.secured(f"{kind}; charset=utf-8", _DASHBOARD_POLICY))

    def _missing(self) -> Answer:
        return frame.missing(clock.to_text(self._demo.cloud.now())[:16])

    def _start(self) -> Answer:
        cards = (
            ("/dashboard/", "Dashboard", "The numbers as a marketer sees them, from the files the system published."),
            ("/outbox", "Outbox", "Each mail as rendered, with headers, links and the recipient's local time."),
            (
                "/customers",
                "Customers",
                "Profiles: tags and why, what is believed, consent and its proof, the timeline.",
            ),
            ("/privacy", "Privacy", "Who asked for their data or to be erased, and the proof that it was done."),
            (
                "/shop",
                "Mini shop",
                "Be a customer: look, search, wish, order, pay or not, sign up; see what it sets off.",
            ),
        )
        shown = "".join(
            f'<section class="card"><h2><a href="{path}">{name}</a></h2><p>{text}</p></section>'
            for path, name, text in cards
        )
        lines = "\n".join(report.lines(report.tell(self._demo), self._demo.durations))
        return frame.page(
            "A store on this machine",
            clock.to_text(self._demo.cloud.now())[:16],
            "/",
            f"<p>Real purchases (dunnhumby, The Complete Journey); people, addresses, countries, consent and what is "
            f"done with a mail are {frame.invented()}. Everything else is the code that deploys.</p>"
            f'<div class="grid">{shown}</div><h2>What happened</h2><div class="card"><pre>{escape(lines)}</pre></div>',
        )

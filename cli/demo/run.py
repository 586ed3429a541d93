"""A year in a minute: the demo's phases, from an empty cloud to a store with numbers on its dashboard.

Simulates people and storefronts only; whatever is stored, decided and sent is
done by the deployed code. Requests go one after another, so that the same seed
tells the same story.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter

from chalicelib.segment import daily
from cli.demo import hesitation, history, journey, rights
from cli.demo.browser import Browser
from cli.demo.care import Care
from cli.demo.journey import Basket
from cli.demo.people import Person, invent
from cli.demo.recipients import Recipients
from cli.demo.shelves import Shelves
from cli.demo.shop import Shop
from cli.demo.timeline import Timeline
from cli.imports.load import Report
from cli.local.cloud import LocalCloud
from cli.local.gateway import Gateway
from cli.publish.compile import bundle_of
from cli.publish.release import publish

STRETCH = {
    "launch_campaigns": timedelta(hours=1),
    "start_insights": timedelta(days=400),
    "start_segments": timedelta(days=2),
    "aggregate_metrics": timedelta(days=7),
    "work_off_privacy": timedelta(days=1),
    "gather_archive": timedelta(days=7),
}
"""Schedules that the demo runs less often than AWS would, so that weeks fit a minute."""

STANDSTILLS = (
    (journey.NOW - timedelta(days=10, hours=3), timedelta(hours=50)),
    (journey.NOW - timedelta(days=2, hours=21, minutes=30), timedelta(hours=3)),
)
"""When the sending of mail stands still, simulated: mails wait, and what people do meanwhile decides what goes out."""

BROWSER_KEY = "pub_demo_shop"
"""What the demo's pages name themselves by; any shop writes one like it into its `dripline.yaml`."""

Progress = Callable[[str, float], None]
"""(phase, share done)."""


@dataclass(frozen=True)
class Wish:
    customers: int
    days: int
    seed: int


@dataclass
class Demo:
    """A running demo, and how long each phase took in seconds."""

    wish: Wish
    cloud: LocalCloud
    gateway: Gateway
    baskets: list[Basket] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)
    imported: tuple[Report, ...] = ()
    durations: dict[str, float] = field(default_factory=dict)
    requests: int = 0


@contextmanager
def run(
    wish: Wish,
    *,
    port: int = 0,
    on_progress: Progress = lambda phase, share: None,
) -> Iterator[Demo]:
    """Live through all phases; the cloud and its gateway stand while the context is open."""
    gateway = Gateway(port=port)
    start = journey.NOW - timedelta(days=wish.days)
    cloud = LocalCloud(start, public_url=gateway.api_url, stretch=STRETCH)
    demo = Demo(wish, cloud, gateway)
    try:
        with _timed(demo, "read the purchases", on_progress):
            demo.baskets = journey.read(wish.customers, wish.seed)
            households = sorted({basket.household for basket in demo.baskets})
            demo.people = {person.email: person for person in map(invent, households)}
        with _timed(demo, "start the cloud", on_progress):
            cloud.__enter__()
        try:
            with _timed(demo, "publish the playbook", on_progress):
                open_store(cloud, gateway)
            with _timed(demo, "import the history", on_progress):
                _bring_in_history(demo, on_progress)
            with _timed(demo, "live the last weeks", on_progress):
                _live(demo, on_progress)
            with _timed(demo, "learn and tell", on_progress):
                daily.begin(cloud.services, cloud.now(), at_once=True)
                cloud.pump()
            with _timed(demo, "count", on_progress):
                for schedule in ("start_segments", "aggregate_metrics"):
                    cloud.run(schedule)
                    cloud.pump()
            yield demo
        finally:
            cloud.__exit__()
    finally:
        gateway.close()


def open_store(cloud: LocalCloud, gateway: Gateway) -> None:
    """Publish the playbook with a browser key for the gateway's own pages, and answer requests from now on."""
    bundle = bundle_of()
    origins = [gateway.origin, gateway.origin.replace("127.0.0.1", "localhost")]
    browser_keys = {"demo": {"key": BROWSER_KEY, "origins": origins}}
    bundle.settings["api"] = dict(bundle.settings.get("api") or {}) | {"browser_keys": browser_keys}
    publish(cloud.services.data, bundle, cloud.now())
    cloud.verify_sender(str(bundle.settings["sender"]["address"]))
    gateway.serve(cloud.request, cloud.routes)


def _bring_in_history(demo: Demo, on_progress: Progress) -> None:
    start = demo.cloud.now()
    with tempfile.TemporaryDirectory(prefix="dripline-demo-") as folder:
        files = history.write(Path(folder), demo.people.values(), demo.baskets, start)
        past = max(sum(basket.at < start for basket in demo.baskets) + len(demo.people), 1)
        blocks = 0

        def on_block() -> None:
            nonlocal blocks
            demo.cloud.pump()
            blocks += 1
            on_progress("import the history", min(blocks * 5_000 / past, 1))

        demo.imported = history.bring_in(demo.cloud.services, files, start, on_block)
    demo.cloud.pump()
    demo.cloud.run("start_segments")
    demo.cloud.pump()


def _live(demo: Demo, on_progress: Progress) -> None:
    start, browser = demo.cloud.now(), Browser(demo.gateway.origin)
    recipients: list[Recipients] = []
    timeline = Timeline(demo.cloud, lambda: recipients[0].read_new_mail())
    care = Care(timeline, browser, demo.cloud.post, demo.wish.seed)
    shop = Shop(timeline, browser, demo.baskets, demo.people, demo.wish.seed, BROWSER_KEY, care)
    recipients.append(Recipients(demo.cloud.post, timeline, browser, demo.people.get, shop.after_click, demo.wish.seed))
    shop.plan(start, journey.NOW, newcomers=max(demo.wish.customers // 6, 3))
    shelves = Shelves(demo.cloud, demo.baskets, demo.wish.seed)
    shelves.plan(timeline, browser, list(demo.people.values()), BROWSER_KEY, start, journey.NOW)
    similar = journey.alike(demo.baskets, 3)
    hesitation.plan(timeline, browser, shelves.items, similar, BROWSER_KEY, demo.wish.seed, start, journey.NOW)
    care.plan_texting(list(demo.people.values()), start, journey.NOW - start)
    rights.plan(demo.cloud, timeline, demo.people, shop.send, demo.wish.seed, journey.NOW)
    for began, lasting in STANDSTILLS:
        if began > start:
            _plan_standstill(demo, timeline, recipients[0], shop, began, lasting)
    span = journey.NOW - start
    timeline.play(journey.NOW, lambda now: on_progress("live the last weeks", (now - start) / span if span else 1))
    demo.requests = browser.requests
    browser.close()


def _plan_standstill(
    demo: Demo, timeline: Timeline, recipients: Recipients, shop: Shop, began: datetime, lasting: timedelta
) -> None:
    def stop(now: datetime) -> None:
        demo.cloud.standing.add("deliver_messages")
        # What is to be sent is planned from here on; they act after it, and before sending goes on.
        recipients.leave_by_old_mail(now + lasting * 0.8, lasting * 0.15)
        shop.pay_unasked(now + lasting * 0.8, lasting * 0.15)

    timeline.at(began, stop)
    timeline.at(began + lasting, lambda now: demo.cloud.standing.discard("deliver_messages"))


@contextmanager
def _timed(demo: Demo, phase: str, on_progress: Progress) -> Iterator[None]:
    on_progress(phase, 0)
    began = perf_counter()
    yield
    demo.durations[phase] = round(perf_counter() - began, 2)
    on_progress(phase, 1)

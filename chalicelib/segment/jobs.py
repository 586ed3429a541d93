"""The hourly computation of segments and notices, split over queue messages by hash range of customers.

`start` sends one message a slice; `compute_slice` reads its slice page by page
and logs the changes. A slice that runs short of time sends itself on with the
key to continue from, so no number of customers is too large for one Lambda.
While a customer is read, products that changed for her become facts too
(`notices.py`); `start` takes the catalogue's snapshot that says which. Refuses
to write profiles: memberships change when the facts are folded.

Rules are judged over columns, a page of customers at once (`compiled.py`):
`make bench` prints how many times cheaper that is than one customer after
the other, reading and gathering included.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from chalicelib import clock
from chalicelib.aws import telemetry
from chalicelib.aws.services import Services
from chalicelib.aws.table import Key
from chalicelib.catalogue import snapshot
from chalicelib.catalogue.changes import Thresholds
from chalicelib.playbook import bundle
from chalicelib.profile import log, store
from chalicelib.segment import membership, notices
from chalicelib.segment import sizes as size_store
from chalicelib.segment.batch import batch_of
from chalicelib.segment.compiled import compile_segments

PAGES_A_TURN = 25
CHANGES_A_TURN = 10_000
"""After so many pages (of at most 1 MB read) or changes (of about 4 ms) a slice goes on in a new message."""


def start(services: Services, now: datetime) -> int:
    """Take the catalogue's snapshot, then send one message a slice; the number of slices, which the settings say.

    A run is named by its hour, so a schedule that fires twice computes twice and tells once.
    """
    playbook = bundle.load(services.data, now)
    membership.arrange(playbook.segments)  # a circle is found here once, not in every slice
    snapshot.take(services, now, Thresholds.from_settings(playbook.settings))
    slices = playbook.settings["segments"]["slices"]
    run = clock.to_text(now)[:13]
    return services.queue("segment_slices").send(
        {"slice": number, "of": slices, "run": run} for number in range(slices)
    )


def compute_slice(
    services: Services,
    body: dict[str, Any],
    now: datetime,
    *,
    is_late: Callable[[], bool] = lambda: False,
    pages: int = PAGES_A_TURN,
) -> dict[str, int]:
    """Compute one slice, from `body["after"]` if it is a continuation; how many customers and changes there were.

    `is_late` is asked after each page: whether too little time is left for
    another. A repeated message repeats facts with the ids they already have.
    """
    playbook = bundle.load(services.data, now)
    segments = compile_segments(playbook.segments, membership.arrange(playbook.segments))
    changed_products = {news.product.product_id: news for news in snapshot.load_changed(services, now)}
    thresholds = Thresholds.from_settings(playbook.settings)
    was_told = partial(log.holds_any, services)
    after = Key(*body["after"]) if body.get("after") else None
    customers = changed = told = 0
    counts: size_store.Counts = {part: dict(each) for part, each in body.get("counts", {}).items()}
    for page in range(1, pages + 1):
        read, after = store.scan(services, segment=body["slice"], segments=body["of"], after=after)
        found = list(read)
        customers += len(found)
        judged = segments.judge(batch_of(found, segments.questions, now))
        size_store.add(counts, found, judged)
        for row, customer in enumerate(found):
            inside = [segment for segment, inside_of in judged.items() if inside_of[row]]
            for fact in membership.changes(customer, inside, body["run"], now):
                changed += log.append(services, fact)
            if changed_products:
                for fact in notices.notices(customer, changed_products, now, thresholds, was_told):
                    told += log.append(services, fact)
        if after is None:
            size_store.keep(services, body, body.get("counted", 0) + customers, counts)
            break
        if is_late() or page == pages or changed + told >= CHANGES_A_TURN:
            counted = body.get("counted", 0) + customers
            services.queue("segment_slices").send([body | {"after": list(after), "counts": counts, "counted": counted}])
            break
    telemetry.log(
        "segments computed",
        slice=body["slice"],
        customers=customers,
        changes=changed,
        notices=told,
        ended=after is None,
    )
    return {"customers": customers, "changes": changed, "notices": told}

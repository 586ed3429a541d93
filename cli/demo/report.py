"""What happened, read from the system's own data: the log, the profiles, the agenda and the dashboard's numbers.

Refuses the simulator's counters: what was planned is not what happened.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from chalicelib.aws.services import Services
from chalicelib.aws.table import Item, Table
from chalicelib.measure.publish import MANIFEST
from chalicelib.money import Money
from cli.demo.run import Demo


def tell(demo: Demo) -> dict[str, Any]:
    """The counts, JSON-ready; the same seed gives the same ones."""
    services = demo.cloud.services
    kinds: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for item in _scan(services.events, ("name", "body")):
        kinds[item["name"]] += 1
        if item["name"] == "Unsubscribe Reason Given":
            reasons[json.loads(item["body"])["reason"]] += 1
    profiles = [item for item in _scan(services.profiles, ("sk", "merged_into")) if item["sk"] == "profile"]
    messages = [item for item in _scan(services.agenda, ("sk", "status", "reason", "definition")) if "#" in item["sk"]]
    mails = [item for item in messages if item["sk"].startswith("message#")]
    return {
        "customers_drawn": len({basket.household for basket in demo.baskets}),
        "days": demo.wish.days,
        "seed": demo.wish.seed,
        "events": dict(sorted(kinds.items())),
        "profiles": sum("merged_into" not in item for item in profiles),
        "profiles_merged": sum("merged_into" in item for item in profiles),
        "messages": dict(sorted(Counter(item["status"] for item in mails).items())),
        "sent_by": dict(sorted(Counter(item["definition"] for item in mails if _went_out(item)).items())),
        "skipped": dict(
            sorted(Counter(item.get("reason", "") for item in mails if item["status"] == "skipped").items())
        ),
        "unsubscribe_reasons": dict(sorted(reasons.items())),
        "dead_letters": dict(sorted(Counter(each.trigger for each in demo.cloud.dead_letters).items())),
        **_from_dashboard(services),
    }


def _went_out(item: Item) -> bool:
    return item["status"] in ("sent", "delivered", "delayed", "bounced", "complained", "rejected", "unknown")


def _from_dashboard(services: Services) -> dict[str, Any]:
    """Orders, revenue and drops of the last 90 days as the dashboard shows them, money in its minor units."""
    manifest = services.dashboard.get_json(MANIFEST)
    if manifest is None:
        return {}
    overview: Any = services.dashboard.get_json(manifest["files"]["overview"])
    series = overview["series"]
    return {
        "currency": overview["store"]["currency"],
        "orders": sum(series["orders"][-90:]),
        "orders_attributed": sum(series["attributed_orders"][-90:]),
        "revenue": sum(series["revenue"][-90:]),
        "revenue_attributed": sum(series["revenue_flows"][-90:]) + sum(series["revenue_campaigns"][-90:]),
        "drops": overview["periods"]["90"]["current"]["drops"],
    }


def _scan(table: Table, attributes: tuple[str, ...]) -> Iterator[Item]:
    after = None
    while True:
        page = table.scan(after=after, attributes=attributes)
        yield from page.items
        after = page.next_key
        if after is None:
            return


def lines(told: dict[str, Any], durations: dict[str, float]) -> Iterator[str]:
    """The report as text, most telling last."""
    yield f"{told['customers_drawn']} households' purchases, {told['days']} days lived, seed {told['seed']}"
    for phase, seconds in durations.items():
        yield f"  {seconds:6.1f} s  {phase}"
    yield f"events in the log: {sum(told['events'].values())}"
    for name, number in told["events"].items():
        yield f"  {number:6}  {name}"
    yield f"customers: {told['profiles']} profiles, {told['profiles_merged']} merged into another"
    yield "messages: " + (_listed(told["messages"]) or "none")
    yield "  sent by " + (_listed(told["sent_by"]) or "nothing")
    yield "  skipped because " + (_listed(told["skipped"]) or "of nothing")
    if "orders" in told:
        for title, what in (("orders paid in 90 days", ""), ("  attributed to messages", "_attributed")):
            amount = Money(told[f"revenue{what}"], told["currency"])
            yield f"{title}: {told[f'orders{what}']}, {amount}"
        yield "refused at the door: " + (_listed(told["drops"]) or "nothing")
    yield "unsubscribe reasons: " + (_listed(told["unsubscribe_reasons"]) or "none given")
    if told["dead_letters"]:
        yield "dead letters: " + _listed(told["dead_letters"])


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items())

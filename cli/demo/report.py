"""What happened, read from the system's own data: the log, the profiles, the agenda and the dashboard's numbers.

Refuses the simulator's counters: what was planned is not what happened.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from chalicelib.aws.services import Services
from chalicelib.aws.table import Item, Table
from chalicelib.measure.publish import MANIFEST
from chalicelib.money import Money
from chalicelib.playbook import bundle
from chalicelib.profile import erasure, privacy
from chalicelib.profile.words import Speech
from chalicelib.segment import membership, sizes
from cli.demo.run import Demo
from cli.segments import preview_all, unmet


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
        "consent": _consent(services),
        "privacy": _privacy(services),
        "segments": _segments(services, demo.cloud.now()),
        "dead_letters": dict(sorted(Counter(each.trigger for each in demo.cloud.dead_letters).items())),
        **_from_dashboard(services),
    }


def _consent(services: Services) -> dict[str, int]:
    """Marketing mails sent, and those of them whose consent is on record with when, where and which wording."""
    records = {
        item["sk"].removeprefix("consent#")
        for item in _scan(services.profiles, ("sk", "at", "source", "wording"))
        if item["sk"].startswith("consent#") and item.get("at") and item.get("source") and item.get("wording")
    }
    sent = [
        json.loads(item["body"]) for item in _scan(services.events, ("name", "body")) if item["name"] == "Message Sent"
    ]
    named = [fact.get("consent_id", "") for fact in sent if fact.get("marketing", True)]
    return {"marketing_mails": len(named), "proven": sum(consent_id in records for consent_id in named)}


def _privacy(services: Services) -> dict[str, Any]:
    """Requests by topic and status, and what the erasures that ended removed; proofs are counted when genuine."""
    asked = Counter(f"{item['topic']} {item['status']}" for item in privacy.requests(services))
    removed: Counter[str] = Counter()
    genuine = 0
    for proof in erasure.proofs(services):
        genuine += erasure.is_genuine(services, proof)
        for look in json.loads(proof["body"])["looks"]:
            removed.update(look["removed"])
    at_work = sum(1 for _ in erasure.at_work(services))
    kept = {what: number for what, number in sorted(removed.items()) if number}
    return {"requests": dict(sorted(asked.items())), "proofs": genuine, "at_work": at_work, "removed": kept}


def _segments(services: Services, now: datetime) -> dict[str, dict[str, Any]]:
    """Each published segment's size as last computed; of an empty one the conditions that nobody meets, and why."""
    published = bundle.load(services.data, now)
    counted = sizes.read(services, now, 1)
    found: dict[str, dict[str, Any]] = {}
    for segment in sorted(published.segments):
        found[segment] = {"size": counted[-1].sizes.get(segment, 0) if counted else 0}
    empty = {
        segment: membership.needed(published.segments, segment) for segment, told in found.items() if not told["size"]
    }
    speech = Speech("en", published.reasons.get("en", {}), published.segments)
    for preview in preview_all(services, empty, now):
        if not preview.size:
            found[preview.segment]["nobody"] = unmet(preview, speech)
    return found


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
    proven = told["consent"]
    yield f"consent on record: for {proven['proven']} of {proven['marketing_mails']} marketing mails"
    asked = told["privacy"]
    yield "privacy: " + (_listed(asked["requests"]) or "nothing asked")
    yield f"  erasures proved: {asked['proofs']}, still at work {asked['at_work']}; removed " + (
        _listed(asked["removed"]) or "nothing"
    )
    yield "segments"
    for segment, of in told["segments"].items():
        if "nobody" not in of:
            yield f"  {of['size']:6}  {segment}"
    yield from _empty({segment: of["nobody"] for segment, of in told["segments"].items() if "nobody" in of})
    if told["dead_letters"]:
        yield "dead letters: " + _listed(told["dead_letters"])


def _empty(unmet: dict[str, dict[str, str]]) -> Iterator[str]:
    """Segments of nobody with the conditions that nobody meets; those for which one reason is given as one."""
    alike: dict[str, list[str]] = {}
    for segment, conditions in unmet.items():
        whys = set(conditions.values())
        why = whys.pop() if len(whys) == 1 else ""
        is_explained = not conditions or ": " in why
        alike.setdefault(why if is_explained else segment, []).append(segment)
    for segments in alike.values():
        yield f"  {0:6}  {', '.join(segments)}"
        conditions = unmet[segments[0]]
        if not conditions:
            yield "          each condition alone is met by somebody, all of them by nobody"
        elif len(segments) > 1:
            yield f"          nobody meets what they ask; {next(iter(conditions.values()))}"
        else:
            for condition, why in conditions.items():
                yield f"          nobody meets: {condition}" + (f"; {why}" if why else "")


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items())

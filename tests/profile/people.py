"""Customers for tests of what is read from a profile, made of facets directly so that they say only what matters."""

from datetime import datetime, timedelta

from chalicelib import clock, ids
from chalicelib.profile.customer import Customer, day_number


def person(
    profile_id="", *, now, told=None, did=(), orders=(), segments=(), consent="", points=0, coupons=(), older=None
):
    """`did`: (event name, days ago); `orders`: `id`, `total` and days ago as `placed`, `paid`, `cancelled`."""
    facets = {
        "created": clock.to_text(now - timedelta(days=500)),
        "told": {name: [clock.to_text(now), "", value] for name, value in (told or {}).items()},
        "seen": {},
        "days": {},
        "orders": {},
        "points": points,
        "segments": {segment: [clock.to_text(now), "", True] for segment in segments},
        "coupons": {
            code: [clock.to_text(now), "", {"offer": "welcome10", "expires_at": clock.to_text(expires)}]
            for code, expires in coupons
        },
        "consent": {"email": {consent: [clock.to_text(now), "", "", "", "", ""]}} if consent else {},
    }
    if older:
        facets["older"] = {"rank": ["", ""], "totals": older}
    for name, days_ago in did:
        at = now - timedelta(days=days_ago)
        first, last = facets["seen"].get(name, [clock.to_text(at)] * 2)
        facets["seen"][name] = [min(first, clock.to_text(at)), max(last, clock.to_text(at))]
        days = facets["days"].setdefault(name, {})
        days[str(day_number(at))] = days.get(str(day_number(at)), 0) + 1
    for order in orders:
        facets["orders"][order["id"]] = _order(order, now)
    return Customer(profile_id or ids.identity_key("email", "ann@mail.example"), facets)


def _order(order, now: datetime):
    def at(stage):
        return clock.to_text(now - timedelta(days=order[stage]))

    record = {"first": at("placed"), "placed": at("placed"), "content": [at("placed"), "", {"total": order["total"]}]}
    for stage in ("paid", "cancelled", "fulfilled"):
        if stage in order:
            record[stage] = at(stage)
    if "refunded" in order:
        record["refunds"] = {"r": [at("placed"), "", order["refunded"]]}
    return record

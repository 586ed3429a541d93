"""What Dripline decided about a customer: segments, coupons, points."""

from typing import Any

from chalicelib import clock, events
from chalicelib.profile.facets import Facets
from chalicelib.profile.lifts.registry import counted, lifts

counted(events.FlowEntered, events.FlowLeft)


@lifts(events.SegmentEntered)
def _segment_entered(event: events.SegmentEntered, at: str) -> Facets:
    return {"segments": {event.segment: [at, event.id, True]}}


@lifts(events.SegmentLeft)
def _segment_left(event: events.SegmentLeft, at: str) -> Facets:
    return {"segments": {event.segment: [at, event.id, False]}}


@lifts(events.CouponGranted)
def _coupon_granted(event: events.CouponGranted, at: str) -> Facets:
    terms: dict[str, Any] = {"offer": event.offer, "expires_at": clock.to_text(event.expires_at)}
    if event.amount:
        terms["amount"] = list(event.amount)
    if event.percent:
        terms["percent"] = event.percent
    return {"coupons": {event.code: [at, event.id, terms]}}


@lifts(events.PointsChanged)
def _points_changed(event: events.PointsChanged, at: str) -> Facets:
    return {"points": event.delta}

"""What Dripline decided."""

from datetime import datetime

from chalicelib.events.fact import Event, fact
from chalicelib.money import Money


@fact
class SegmentEntered(Event):
    """A customer began to satisfy a segment's rule."""

    segment: str


@fact
class SegmentLeft(Event):
    """A customer ceased to satisfy a segment's rule."""

    segment: str


@fact
class FlowEntered(Event):
    """A run of a flow began, or would have begun had the customer not been held out."""

    flow: str
    run: str
    held_out: bool = False


@fact
class FlowLeft(Event):
    """A run ended: `outcome` is finished, goal, exit, or a refusal's name."""

    flow: str
    run: str
    outcome: str


@fact
class CouponGranted(Event):
    """A coupon code was promised to a customer."""

    code: str
    offer: str
    expires_at: datetime
    amount: Money | None = None
    percent: int = 0
    message_id: str = ""


@fact
class PointsChanged(Event):
    """Points were given or taken: `delta` with its sign."""

    delta: int
    reason: str

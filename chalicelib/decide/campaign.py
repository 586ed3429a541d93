"""A campaign: one message to an audience, at a day and hour, told as a flow of two steps. Pure.

So that consent, audience and caps are judged when the message is due, by the
same engine as every flow. A campaign is sent once: its id never goes out again,
whatever day is written into it later. Refuses to be late: see `launch_state`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib import clock
from chalicelib.decide import flow as flows
from chalicelib.decide import reading, timing
from chalicelib.decide.flow import Email, Flow, Moment
from chalicelib.errors import BadPlaybook

PREFIX = "campaign:"
ONCE = "once"
"""The occurrence of a campaign's runs: there is one a customer."""
LEAD = timedelta(hours=1)
"""How long before the first recipient's hour the audience is read."""


class Launch(StrEnum):
    """Whether a campaign's audience should be read now."""

    EARLY = "early"
    NOW = "now"
    MISSED = "missed"


def parse(campaign_id: str, data: Mapping[str, Any]) -> Flow:
    """The definition as a flow with the id `campaign:<id>`; BadPlaybook naming the place."""
    where = f"campaigns.{campaign_id}"
    known = {"id", "name", "audience", "send", "email", "holdout", "priority", "topics", "reading_time"}
    reading.refuse_unknown(data, known, where)
    audience = reading.mapping(data.get("audience") or {}, f"{where}.audience")
    reading.refuse_unknown(audience, {"in", "not_in", "who"}, f"{where}.audience")
    moment = _parse_moment(reading.mapping(data.get("send"), f"{where}.send"), f"{where}.send")
    return Flow(
        id=PREFIX + campaign_id,
        steps=(moment, _parse_email(data.get("email"), f"{where}.email", moment)),
        who=reading.mapping(audience.get("who") or {}, f"{where}.audience.who"),
        priority=int(data.get("priority", 0)),
        holdout=reading.share(data["holdout"], f"{where}.holdout") if data.get("holdout") is not None else None,
        segments_in=frozenset(map(str, audience.get("in") or ())),
        segments_not_in=frozenset(map(str, audience.get("not_in") or ())),
        topics=frozenset(map(str, data.get("topics") or ())),
    )


def _parse_moment(data: Mapping[str, Any], where: str) -> Moment:
    reading.refuse_unknown(data, {"at", "timezone", "fallback", "spread"}, where)
    day, _, wall = str(data.get("at", "")).replace("T", " ").partition(" ")
    try:
        at = datetime.fromisoformat(day).date()
    except ValueError:
        raise BadPlaybook(f"{where}.at: not a day and local time (write 2026-11-27 10:00)") from None
    zone = str(data.get("timezone", "recipient"))
    zone = "" if zone == "recipient" else zone
    fallback = str(data.get("fallback", ""))
    for name, value in (("timezone", zone), ("fallback", fallback)):
        if value and not clock.is_zone(value):
            raise BadPlaybook(f"{where}.{name}: not an IANA time zone: {value[:40]!r}")
    spread = reading.duration(data["spread"], f"{where}.spread") if "spread" in data else timedelta(0)
    return Moment(at, reading.wall_time(wall[:5], f"{where}.at"), zone, fallback, spread)


def _parse_email(data: Any, where: str, moment: Moment) -> Email:
    data = reading.mapping(data, where)
    reading.refuse_unknown(data, {"template", "coupon", "points"}, where)
    step = {"email": data.get("template")} | {name: data[name] for name in ("coupon", "points") if name in data}
    return flows.parse_email(step, where, moment.wall)


def moment_of(campaign: Flow) -> Moment:
    step = campaign.steps[0]
    assert isinstance(step, Moment)
    return step


def launch_state(campaign: Flow, now: datetime) -> Launch:
    """Launch from LEAD before the first recipient's hour on; missed once it has passed for the last by timing.LATE.

    A campaign published after its day is over is never sent; one published in
    the middle of it is, and those whose hour has passed get it the day after.
    """
    moment = moment_of(campaign)
    if moment.zone:
        first = last = clock.at_local(moment.day, moment.wall, moment.zone)
    else:
        as_utc = datetime.combine(moment.day, moment.wall, tzinfo=UTC)
        first, last = as_utc - timing.FIRST_ZONE, as_utc + timing.LAST_ZONE
    if now < first - LEAD:
        return Launch.EARLY
    return Launch.NOW if now <= last + moment.spread + timing.LATE else Launch.MISSED


def launches_at(campaign: Flow) -> datetime:
    """From when on `launch_state` says NOW."""
    moment = moment_of(campaign)
    if moment.zone:
        return clock.at_local(moment.day, moment.wall, moment.zone) - LEAD
    return datetime.combine(moment.day, moment.wall, tzinfo=UTC) - timing.FIRST_ZONE - LEAD

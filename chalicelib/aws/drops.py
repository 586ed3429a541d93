"""Counts what arrived and changed nothing, by day and reason. Refuses to fail: a count is worth no one's answer."""

from chalicelib.aws import telemetry
from chalicelib.aws.services import Services
from chalicelib.aws.table import drops_key
from chalicelib.errors import DriplineError


def count_drop(services: Services, day: str, reason: str, number: int = 1) -> None:
    """Add to the day's drops. A count that cannot be written must not change the answer."""
    telemetry.count("dropped", reason=reason, number=number)
    try:
        services.catalog.update(drops_key(day), add={str(reason): number})
    except DriplineError as fault:
        telemetry.log_fault("a drop was not counted", fault, reason=str(reason))

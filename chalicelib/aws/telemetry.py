"""Logs and counts for CloudWatch: structured, without personal data, imported when first used.

Fields are ids, names, counts and reasons. Passing an address, a name or a
request body here is a fault that a test looks for.
"""

from functools import cache
from typing import Any


@cache
def _logger() -> Any:
    from aws_lambda_powertools import Logger

    return Logger(service="dripline-jobs")


def log(message: str, **fields: Any) -> None:
    _logger().info(message, extra=fields)


def log_fault(message: str, fault: Exception, **fields: Any) -> None:
    """A fault with its type and place; its text only if it is one of ours, which hold no personal data."""
    from chalicelib.errors import DriplineError

    place = fault.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_name}:{place.tb_lineno}" if place else ""
    said = str(fault) if isinstance(fault, DriplineError) else ""
    _logger().error(message, extra=fields | {"fault": type(fault).__name__, "said": said, "where": where})


def count(metric: str, *, reason: str = "", number: int = 1) -> None:
    """One CloudWatch metric value in the namespace Dripline, by `reason` where given."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(name=metric, unit=MetricUnit.Count, value=number, namespace="Dripline") as value:
        if reason:
            value.add_dimension(name="reason", value=reason)

"""Whether a template can be sent where it is named: it exists, and what it shows is there to be shown.

The gate would refuse such a message to every customer; here the mistake is
named before a single one is planned.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from chalicelib.events import EVENTS, SignedUp
from cli.publish.wording import nearest

Templates = Mapping[str, Any]


def template_problems(
    template: str, templates: Templates, *, started_by: str, coupon: bool = False, points: bool = False
) -> Iterator[str]:
    """What is wrong with naming `template` there. `started_by` is the flow's event, '' for a campaign."""
    if template not in templates:
        yield f"there is no template {template!r}{nearest(template, templates)}"
        return
    uses = set(templates[template].get("uses", ()))
    shows_coupon = any(name.startswith("coupon.") for name in uses)
    if shows_coupon and not coupon:
        yield f"template {template!r} shows a coupon, and there is no `coupon` here"
    if coupon and not shows_coupon:
        yield f"template {template!r} does not show the coupon that is granted here"
    if "points.granted" in uses and not points:
        yield f"template {template!r} shows points granted, and there are no `points` here"
    if any(name.startswith("order.") for name in uses) and not carries_order(started_by):
        yield f"template {template!r} shows an order, and there is none here"
    if "confirm_url" in uses and started_by != SignedUp.name:
        yield f"template {template!r} asks for a confirmation, which only follows {SignedUp.name}"


def carries_order(event: str) -> bool:
    """Whether the event names one order, so that a flow it starts is about that order."""
    if event not in EVENTS or EVENTS[event].about_message:
        return False
    return any(field.name == "order_id" for field in fields(EVENTS[event]))

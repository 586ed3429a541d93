"""One thing of a store (an order, a customer, a product) as the deliveries that its webhooks would have been."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

PARTS = ("orders", "customers", "products", "stock", "checkouts")
"""What a store may be asked for, in this order."""
Topics = list[tuple[str, Mapping[str, Any]]]
"""Topic and body of each delivery, in the order they would have come."""


@dataclass(frozen=True)
class Told:
    """`reached`: all of this part that changed before then was told already; None where the order is another."""

    part: str
    topics: Topics
    reached: datetime | None = None

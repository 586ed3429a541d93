"""What changed in the catalogue for somebody who cares: one fact a customer and product."""

from chalicelib.events.fact import Event, fact
from chalicelib.money import Money


@fact
class PriceDropped(Event):
    """A product costs less than when the customer last saw it."""

    product_id: str
    seen: Money
    price: Money
    title: str = ""


@fact
class BackInStock(Event):
    """A product that was sold out when the customer wanted it can be had again."""

    product_id: str
    title: str = ""


@fact
class LowStock(Event):
    """Few are left of a product the customer wanted."""

    product_id: str
    left: int
    title: str = ""

"""What people do in the store before they order."""

from datetime import datetime

from chalicelib.events.fact import Event, Line, Said, fact
from chalicelib.money import Money


@fact
class VisitStarted(Event):
    """A browser began a visit: the first page after half an hour without one. Zone and language are the device's."""

    visit_id: str
    referrer: str = ""
    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    device: str = ""
    time_zone: str = ""
    language: str = ""


@fact
class PageViewed(Event):
    """A page of the store was seen; `path` has no query."""

    path: str = ""
    title: str = ""
    category: str = ""
    visit_id: str = ""


@fact
class PageLeft(Event):
    """A page was left after `seconds` in which it could be seen."""

    seconds: int
    path: str = ""
    product_id: str = ""
    category: str = ""
    visit_id: str = ""


@fact
class ProductsSearched(Event):
    """The store was searched for words."""

    query: str


@fact
class ProductListViewed(Event):
    """A category or another list of products was seen."""

    category: str = ""
    list_id: str = ""


@fact
class ProductViewed(Event):
    """A product page was seen."""

    product_id: str
    title: str = ""
    category: str = ""
    price: Money | None = None
    brand: str = ""


@fact
class ProductAdded(Event):
    """A product was put into the cart."""

    product_id: str
    title: str = ""
    category: str = ""
    price: Money | None = None
    quantity: int = 1
    brand: str = ""


@fact
class ProductRemoved(Event):
    """A product was taken out of the cart."""

    product_id: str
    title: str = ""
    category: str = ""
    price: Money | None = None
    quantity: int = 1


@fact
class ProductAddedToWishlist(Event):
    """A product was put on the wish-list."""

    product_id: str
    title: str = ""
    category: str = ""
    price: Money | None = None
    brand: str = ""


@fact
class ProductRemovedFromWishlist(Event):
    """A product was taken off the wish-list."""

    product_id: str


@fact
class CartViewed(Event):
    """The cart was looked at."""

    cart_id: str = ""


@fact
class CartUpdated(Event):
    """The store told the whole content of a cart. `updated_at` is the store's own, newest wins."""

    cart_id: str
    updated_at: datetime
    lines: tuple[Line, ...] = ()
    total: Money | None = None
    url: str = ""


@fact
class CheckoutStarted(Event):
    """A checkout was begun or changed; `completed` once it became an order. `updated_at`: newest wins."""

    checkout_id: str
    updated_at: datetime
    lines: tuple[Line, ...] = ()
    total: Money | None = None
    url: str = ""
    completed: bool = False


@fact
class CouponApplied(Event):
    """A coupon code was entered into a cart, a checkout or an order."""

    code: str
    order_id: str = ""


@fact
class CustomEventTracked(Event):
    """Something the store has a name of its own for; the playbook lists the names that are taken."""

    event: str
    properties: tuple[Said, ...] = ()

"""Which fact an event's name means: ours and Segment's spec V2, and what GA4, Klaviyo and Shopify's web pixels call it.

A name is compared without its case, and with `_`, `-` and spaces alike, so
`product_viewed` is `Product Viewed`. A new vendor is a table here. Refuses to
guess: a name in no table means nothing.
"""

import re

from chalicelib import events
from chalicelib.events import Event

Fact = type[Event]

BROWSING: tuple[Fact, ...] = (
    events.VisitStarted,
    events.PageViewed,
    events.PageLeft,
    events.ProductsSearched,
    events.ProductListViewed,
    events.ProductViewed,
    events.ProductAdded,
    events.ProductRemoved,
    events.ProductAddedToWishlist,
    events.ProductRemovedFromWishlist,
    events.CartViewed,
    events.CartUpdated,
    events.CheckoutStarted,
    events.CouponApplied,
)
"""What a browser sees of itself; with the shop's own events, all that a browser key may say by `track`."""

TOLD: tuple[Fact, ...] = (
    events.OrderCreated,
    events.OrderCompleted,
    events.OrderUpdated,
    events.OrderFulfilled,
    events.OrderCancelled,
    events.OrderRefunded,
    events.InquiryOpened,
    events.ComplaintOpened,
    events.ProductReturned,
    events.ProductReviewed,
    events.SurveyAnswered,
    events.CallCompleted,
    events.PointsChanged,
    events.SignedUp,
    events.ConsentRecorded,
    events.Unsubscribed,
    events.AccountDeleted,
)
"""What only the shop can know: a server key's."""

SEGMENT: dict[str, Fact] = {
    "Product List Filtered": events.ProductListViewed,
    "Wishlist Product Added to Cart": events.ProductAdded,
    "Coupon Entered": events.CouponApplied,
    "Checkout Completed": events.OrderCompleted,
    "Account Created": events.CustomerUpdated,
}
GA4: dict[str, Fact] = {
    "session_start": events.VisitStarted,
    "page_view": events.PageViewed,
    "search": events.ProductsSearched,
    "view_search_results": events.ProductsSearched,
    "view_item_list": events.ProductListViewed,
    "view_item": events.ProductViewed,
    "add_to_cart": events.ProductAdded,
    "remove_from_cart": events.ProductRemoved,
    "add_to_wishlist": events.ProductAddedToWishlist,
    "view_cart": events.CartViewed,
    "begin_checkout": events.CheckoutStarted,
    "purchase": events.OrderCompleted,
    "refund": events.OrderRefunded,
    "generate_lead": events.InquiryOpened,
    "sign_up": events.CustomerUpdated,
}
KLAVIYO: dict[str, Fact] = {
    "Active on Site": events.PageViewed,
    "Submitted Search": events.ProductsSearched,
    "Viewed Collection": events.ProductListViewed,
    "Viewed Product": events.ProductViewed,
    "Added to Cart": events.ProductAdded,
    "Removed from Cart": events.ProductRemoved,
    "Started Checkout": events.CheckoutStarted,
    "Placed Order": events.OrderCompleted,
    "Fulfilled Order": events.OrderFulfilled,
    "Cancelled Order": events.OrderCancelled,
    "Refunded Order": events.OrderRefunded,
    "Subscribed to Email Marketing": events.ConsentRecorded,
    "Unsubscribed from Email Marketing": events.Unsubscribed,
    "Subscribed to SMS Marketing": events.ConsentRecorded,
    "Unsubscribed from SMS Marketing": events.Unsubscribed,
}
SHOPIFY_PIXEL: dict[str, Fact] = {
    "collection_viewed": events.ProductListViewed,
    "search_submitted": events.ProductsSearched,
    "product_added_to_cart": events.ProductAdded,
    "product_removed_from_cart": events.ProductRemoved,
    "checkout_completed": events.OrderCompleted,
}
VENDORS = {"Segment": SEGMENT, "GA4": GA4, "Klaviyo": KLAVIYO, "Shopify web pixel": SHOPIFY_PIXEL}

SILENT = (
    "Ordered Product",
    "Product Clicked",
    "Checkout Step Viewed",
    "Checkout Step Completed",
    "Payment Info Entered",
    "select_item",
    "add_payment_info",
    "add_shipping_info",
    "login",
    "user_engagement",
    "payment_info_submitted",
    "checkout_contact_info_submitted",
    "checkout_address_info_submitted",
    "checkout_shipping_info_submitted",
)
"""Known names that tell nothing which another event of the same vendor does not tell whole."""

ALLOWED_TO_BROWSERS = frozenset((*BROWSING, events.CustomEventTracked))


def normalise(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name).strip().lower()


_MEANINGS: dict[str, Fact] = {normalise(fact.name): fact for fact in (*BROWSING, *TOLD)} | {
    normalise(name): fact for vendor in VENDORS.values() for name, fact in vendor.items()
}
_SILENT = frozenset(map(normalise, SILENT))


def meaning(name: str) -> Fact | None:
    """The fact that a name means, or None."""
    return _MEANINGS.get(normalise(name))


def is_silent(name: str) -> bool:
    return normalise(name) in _SILENT

"""What a person does in the store before ordering."""

from chalicelib import events
from chalicelib.profile.lifts.registry import counted

counted(
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
    events.CustomEventTracked,
)

"""What customers tell the store's people, and what the catalogue told them."""

from chalicelib import events
from chalicelib.profile.lifts.registry import counted

counted(
    events.InquiryOpened,
    events.ComplaintOpened,
    events.ProductReturned,
    events.ProductReviewed,
    events.CallCompleted,
    events.PriceDropped,
    events.BackInStock,
    events.LowStock,
)

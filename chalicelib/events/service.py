"""What customers tell the store's people."""

from chalicelib.events.fact import Event, fact


@fact
class InquiryOpened(Event):
    """A customer asked something."""

    inquiry_id: str = ""
    subject: str = ""
    product_id: str = ""
    order_id: str = ""


@fact
class ComplaintOpened(Event):
    """A customer complained."""

    complaint_id: str = ""
    subject: str = ""
    product_id: str = ""
    order_id: str = ""


@fact
class ProductReturned(Event):
    """A product came back, and why; the money is told by Order Refunded."""

    product_id: str
    order_id: str = ""
    quantity: int = 1
    reason: str = ""
    category: str = ""


@fact
class ProductReviewed(Event):
    """A product was rated from 1 to 5."""

    product_id: str
    rating: int
    words: str = ""
    category: str = ""


@fact
class CallCompleted(Event):
    """Somebody of the store spoke with a customer, or tried to; `outcome` is a key of the playbook."""

    outcome: str
    call_id: str = ""
    words: str = ""

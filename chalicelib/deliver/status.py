"""The life of one message, as an explicit state machine; refuses to do anything about it.

SES events arrive in any order, late and twice. Every message that SES took
ends in the same state whatever the order, because each state knows which news
is older or weaker than what it already says; a test draws that from the table.
"""

from enum import StrEnum

from chalicelib import events


class Status(StrEnum):
    PLANNED = "planned"  # waits for its hour, or for a retry; nothing was sent
    SENDING = "sending"  # one process holds it and may be in the middle of its one call
    UNKNOWN = "unknown"  # the call was made, or may have been, and no answer came; never made again
    SKIPPED = "skipped"  # will not be sent, `reason` says why
    SENT = "sent"  # SES took it
    DELAYED = "delayed"  # the recipient's server put it off, SES goes on trying
    SOFT_BOUNCED = "soft_bounced"  # came back: full mailbox, too large
    DELIVERED = "delivered"  # the recipient's server took it
    REJECTED = "rejected"  # SES took it and then would not send it
    BOUNCED = "bounced"  # came back for good
    COMPLAINED = "complained"  # the recipient pressed "spam"


class News(StrEnum):
    """What SES, or for a text message its carrier, can say about a message, without its details."""

    ACCEPTED = "accepted"
    DELAYED = "delayed"
    SOFT_BOUNCED = "soft_bounced"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


_S, _N = Status, News

_FIRST_NEWS = {
    _N.ACCEPTED: _S.SENT,
    _N.DELAYED: _S.DELAYED,
    _N.SOFT_BOUNCED: _S.SOFT_BOUNCED,
    _N.DELIVERED: _S.DELIVERED,
    _N.REJECTED: _S.REJECTED,
    _N.BOUNCED: _S.BOUNCED,
    _N.COMPLAINED: _S.COMPLAINED,  # a complaint may overtake the delivery it complains about
}

TRANSITIONS: dict[Status, dict[News, Status]] = {
    # News of a message we hold as planned or skipped means that a call we believed refused had gone
    # through: SES is right, and the message must not go out again.
    _S.PLANNED: _FIRST_NEWS,
    _S.SKIPPED: _FIRST_NEWS,
    # News may overtake our own note that SES answered.
    _S.SENDING: _FIRST_NEWS,
    # This is how an unanswered call is settled.
    _S.UNKNOWN: _FIRST_NEWS,
    _S.SENT: _FIRST_NEWS,
    _S.DELAYED: _FIRST_NEWS | {_N.ACCEPTED: _S.DELAYED},  # "accepted" came late
    _S.SOFT_BOUNCED: {
        _N.ACCEPTED: _S.SOFT_BOUNCED,
        _N.DELAYED: _S.SOFT_BOUNCED,  # the delay was before the bounce
        _N.SOFT_BOUNCED: _S.SOFT_BOUNCED,
        _N.DELIVERED: _S.DELIVERED,  # the "bounce" was an out-of-office reply that overtook the delivery
        _N.REJECTED: _S.REJECTED,
        _N.BOUNCED: _S.BOUNCED,
        _N.COMPLAINED: _S.COMPLAINED,
    },
    _S.DELIVERED: {
        _N.ACCEPTED: _S.DELIVERED,
        _N.DELAYED: _S.DELIVERED,  # the delay was before the delivery
        _N.SOFT_BOUNCED: _S.DELIVERED,  # an out-of-office reply, which SES reports as a transient bounce
        _N.DELIVERED: _S.DELIVERED,
        _N.REJECTED: _S.REJECTED,  # both cannot be true; the worse keeps us from counting a success
        _N.BOUNCED: _S.BOUNCED,  # a relay took the mail and its mailbox then did not
        _N.COMPLAINED: _S.COMPLAINED,
    },
    _S.REJECTED: {
        **dict.fromkeys(
            (_N.ACCEPTED, _N.DELAYED, _N.SOFT_BOUNCED, _N.DELIVERED, _N.REJECTED), _S.REJECTED
        ),  # SES says "accepted" of a mail it rejects a moment later
        _N.BOUNCED: _S.BOUNCED,
        _N.COMPLAINED: _S.COMPLAINED,
    },
    _S.BOUNCED: {
        **dict.fromkeys(
            (_N.ACCEPTED, _N.DELAYED, _N.SOFT_BOUNCED, _N.DELIVERED, _N.REJECTED, _N.BOUNCED), _S.BOUNCED
        ),  # a delivery told after the bounce is the relay's, told late
        _N.COMPLAINED: _S.COMPLAINED,
    },
    _S.COMPLAINED: dict.fromkeys(_N, _S.COMPLAINED),  # nothing undoes a complaint
}

UNSENT = frozenset((_S.PLANNED, _S.SENDING, _S.UNKNOWN, _S.SKIPPED))
"""States in which no Message Sent fact has been written."""


def advance(status: Status, news: News) -> Status:
    return TRANSITIONS[status][news]


def was_taken(status: Status) -> bool:
    """Whether SES took the message and set out to send it."""
    return status not in UNSENT and status is not Status.REJECTED


_NEWS_OF = {
    "Email Accepted": News.ACCEPTED,
    "Email Delivered": News.DELIVERED,
    "Email Delayed": News.DELAYED,
    "Email Marked as Spam": News.COMPLAINED,
    "Email Rejected": News.REJECTED,
    "SMS Delivered": News.DELIVERED,
}


def news_in(fact: events.Event) -> News | None:
    """What a fact says about a message's fate; None for facts that say nothing about it."""
    if isinstance(fact, (events.EmailBounced, events.SmsFailed)):
        return News.BOUNCED if fact.permanent else News.SOFT_BOUNCED
    return _NEWS_OF.get(fact.name)

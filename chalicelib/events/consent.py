"""Consent given, withdrawn, and why."""

from chalicelib.events.fact import Event, Said, fact


@fact
class SignedUp(Event):
    """A person asked for messages and has not yet confirmed (double opt-in)."""

    email: str
    channel: str
    wording: str
    first_name: str = ""
    language: str = ""
    country: str = ""
    time_zone: str = ""
    page: str = ""
    topics: tuple[Said, ...] = ()
    frequency: str = ""


@fact
class SubscriptionConfirmed(Event):
    """The address's owner pressed the button in the confirmation mail."""

    channel: str
    wording: str
    message_id: str = ""
    language: str = ""


@fact
class ConsentRecorded(Event):
    """A store or an import told of consent given, refused or withdrawn elsewhere, at `occurred_at`."""

    channel: str
    subscribed: bool
    wording: str


@fact
class Unsubscribed(Event):
    """A person withdrew consent for a channel; `how` is one_click, page, complaint, stop or import."""

    channel: str
    how: str
    message_id: str = ""
    definition: str = ""


@fact
class Resubscribed(Event):
    """A person took an unsubscribe back on the page that followed it."""

    channel: str
    wording: str
    message_id: str = ""
    language: str = ""


@fact
class UnsubscribeReasonGiven(Event):
    """Why a person left; `reason` is one of the playbook's keys, `words` are theirs."""

    channel: str
    reason: str
    words: str = ""
    message_id: str = ""
    definition: str = ""

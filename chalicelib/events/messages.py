"""What happened to our messages."""

from typing import ClassVar

from chalicelib.events.fact import Event, fact


class _MessageFact(Event):
    about_message: ClassVar[bool] = True


@fact
class MessageSent(_MessageFact):
    """SES or another channel accepted a message. `definition` is `flow:welcome` or `campaign:…`.

    `followed`: whether its opens and clicks can be told of this person; see the pixel modes.
    """

    message_id: str
    channel: str
    definition: str
    template: str
    step: str = ""
    arm: str = ""
    local_hour: int = 0
    order_id: str = ""
    marketing: bool = True
    consent_id: str = ""
    followed: bool = True


@fact
class MessageSkipped(_MessageFact):
    """A planned message was not sent, and why (a SkipReason)."""

    message_id: str
    channel: str
    definition: str
    reason: str
    step: str = ""


@fact
class EmailAccepted(_MessageFact):
    """SES says that it took the mail: settles a call whose answer got lost."""

    message_id: str


@fact
class EmailDelivered(_MessageFact):
    """The recipient's server took the mail."""

    message_id: str


@fact
class EmailDelayed(_MessageFact):
    """The recipient's server put the mail off; SES keeps trying."""

    message_id: str
    kind: str = ""


@fact
class EmailBounced(_MessageFact):
    """The mail came back. `permanent` ends mailing this address."""

    message_id: str
    permanent: bool
    kind: str = ""


@fact
class EmailMarkedAsSpam(_MessageFact):
    """The recipient complained to the mailbox provider."""

    message_id: str
    kind: str = ""


@fact
class EmailRejected(_MessageFact):
    """SES accepted the call and then refused to send (virus, rendering)."""

    message_id: str
    kind: str = ""


@fact
class EmailOpened(_MessageFact):
    """The pixel was fetched. `agent` says by whom: person, proxy or scanner."""

    message_id: str
    agent: str = "person"
    network: str = ""
    country: str = ""
    time_zone: str = ""
    device: str = ""


@fact
class EmailLinkClicked(_MessageFact):
    """A link was followed. `link` is its number in the message."""

    message_id: str
    link: int
    agent: str = "person"
    definition: str = ""
    network: str = ""
    country: str = ""
    time_zone: str = ""
    device: str = ""


@fact
class EmailRead(_MessageFact):
    """A mail was still open after `seconds`: `depth` is glanced (from 0), skimmed (from 2) or read (from 8)."""

    message_id: str
    seconds: int
    depth: str


@fact
class HitsRelabelled(_MessageFact):
    """Opens or clicks (`event`) taken for a person's were a machine's: `hits` are the ids of those facts.

    It occurred when they did, at one instant: what was counted there is taken back.
    """

    message_id: str
    hits: tuple[str, ...]
    judged: str = "scanner"
    event: str = "Email Link Clicked"


@fact
class SmsDelivered(_MessageFact):
    """The carrier says that the text message arrived."""

    message_id: str


@fact
class SmsFailed(_MessageFact):
    """The carrier says that the text message did not arrive. `permanent` ends texting this number."""

    message_id: str
    permanent: bool = False
    kind: str = ""

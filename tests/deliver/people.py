"""People, messages and the store of the default playbook, for the stories of this folder."""

from datetime import UTC, datetime, timedelta
from functools import cache

from chalicelib import clock, ids
from chalicelib.aws.ses import Mail
from chalicelib.aws.table import due_attributes, message_key
from chalicelib.events import CustomerUpdated, Line, OrderCreated, SignedUp, SubscriptionConfirmed, Unsubscribed
from chalicelib.money import Money
from chalicelib.playbook.bundle import Bundle, bundle_object
from chalicelib.profile.fold import fold_all
from cli.publish.load import DEFAULT, load
from cli.publish.templates import compile_templates

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
KEYS = {1: b"0123456789abcdef0123456789abcdef0123456789abcdef"}
PUBLIC_URL = "https://mail.shop.example/api"
LANGUAGES = ("en", "zh-CN", "de", "fr", "es", "ja")
TEMPLATES = ("black_friday", "confirm_subscription", "preferences_link", "unpaid_1", "unpaid_2", "unpaid_3", "welcome")
TRANSACTIONAL = ("confirm_subscription", "preferences_link")
FLOW_OF = {
    "black_friday": "campaign:black_friday_2026",
    "confirm_subscription": "flow:confirm_subscription",
    "preferences_link": "flow:preferences_link",
    "welcome": "flow:welcome",
}


class MemoryMailer:
    """Keeps what it is given; `answers` are raised or returned in turn, after that every mail is taken."""

    def __init__(self, *answers):
        self.mails: list[Mail] = []
        self._answers = list(answers)

    def send(self, mail: Mail) -> str:
        self.mails.append(mail)
        answer = self._answers.pop(0) if self._answers else f"ses-{len(self.mails)}"
        if isinstance(answer, Exception):
            raise answer
        return answer


@cache
def default_bundle() -> Bundle:
    playbook = load(DEFAULT)
    settings = playbook.settings.data
    return Bundle(
        version="test",
        settings=settings,
        segments={},
        flows={name: {} for name in playbook.flows},
        campaigns={name: {} for name in playbook.campaigns},
        templates=compile_templates(DEFAULT, list(LANGUAGES)),
        pages={},
        sources={},
    )


def bundle_with(**settings) -> Bundle:
    bundle = default_bundle()
    content = {name: getattr(bundle, name) for name in Bundle.__dataclass_fields__}
    return Bundle(**content | {"settings": bundle.settings | settings})


def person(
    address="ann@mail.example", *, consent="subscribed", first_name="Ann", language="en", country="US", facts=()
):
    """A customer folded from facts: the address told, consent at the state wanted, and `facts` on top."""
    who = {"email": address} if address else {"customer": "17"}
    stem = {"occurred_at": NOW - timedelta(days=40), "received_at": NOW - timedelta(days=40), "source": "test"}
    told = [
        CustomerUpdated(
            id=f"told-{address}",
            who=who,
            email=address,
            first_name=first_name,
            language=language,
            country=country,
            **stem,
        )
    ]
    if consent != "never":
        told.append(
            SignedUp(id=f"signed-{address}", who=who, email=address, channel="email", wording="signup-2026-11", **stem)
        )
    if consent in ("subscribed", "unsubscribed"):
        told.append(
            SubscriptionConfirmed(id=f"confirmed-{address}", who=who, channel="email", wording="signup-2026-11", **stem)
        )
    if consent == "unsubscribed":
        told.append(unsubscribing(who, NOW - timedelta(days=1)))
    return fold_all(ids.identity_key(*next(iter(who.items()))), [*told, *facts])


def unsubscribing(who, at):
    return Unsubscribed(
        id=f"left-{at}", who=who, channel="email", how="one_click", occurred_at=at, received_at=at, source="test"
    )


def order(address="ann@mail.example", *, titles=("Linen duvet cover, sage",), pay_url="https://shop.example/pay/1001"):
    lines = tuple(Line(f"p{n}", title, n % 2 + 1, Money(8900 + n, "USD")) for n, title in enumerate(titles))
    return OrderCreated(
        id="order-1001",
        who={"email": address},
        order_id="1001",
        number="#1001",
        total=Money(23_900, "USD"),
        updated_at=NOW - timedelta(days=2),
        occurred_at=NOW - timedelta(days=2),
        received_at=NOW - timedelta(days=2),
        source="test",
        lines=lines,
        pay_url=pay_url,
    )


def message_to(profile_id, template="welcome", **changes):
    """A planned message's attributes, as decide makes them, with the two parts of its key."""
    definition = FLOW_OF.get(template, "flow:unpaid_order")
    message_id = changes.pop("message_id", None) or ids.message_id(profile_id, definition, template, "1")
    offer = {
        "id": "welcome10",
        "code": "WELCOME10",
        "percent": 10,
        "points": 100,
        "expires_at": clock.to_text(NOW + timedelta(days=7)),
    }
    message = {
        "status": "planned",
        "channel": "email",
        "definition": definition,
        "step": "1",
        "template": template,
        "arm": "",
        "order_id": "1001" if template.startswith("unpaid") else "",
        "planned_at": clock.to_text(NOW),
        "planned_for": clock.to_text(NOW),
        "give_up_at": clock.to_text(NOW + timedelta(hours=48)),
        "offer": offer,
        "zone": "America/New_York",
        "local_hour": 10,
        "transactional": template in TRANSACTIONAL,
    }
    return (
        message | changes | {"pk": profile_id, "sk": message_key(profile_id, message_id).sk, "message_id": message_id}
    )


def plan(cloud, message):
    """Put a message on the agenda; the body that the outbox queue would carry."""
    stored = {name: value for name, value in message.items() if name not in ("pk", "sk", "message_id")}
    key = message_key(message["pk"], message["message_id"])
    cloud.agenda.put(key, stored | due_attributes(message["pk"], NOW + timedelta(minutes=10)))
    return {"profile_id": message["pk"], "message_id": message["message_id"]}


def publish(cloud, bundle=None):
    bundle = bundle or default_bundle()
    content = {name: getattr(bundle, name) for name in Bundle.__dataclass_fields__}
    cloud.data.put_json(bundle_object(bundle.version), content)
    cloud.data.put_json("playbook/current.json", {"version": bundle.version})

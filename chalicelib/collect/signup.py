"""Asking for messages, and confirming it: the two pages of the double opt-in.

The answer to a sign-up is the same for every address, known or not, so the page
cannot be asked who is a customer. One address signs up once a day at most, which
is also the most mails that a stranger can cause. Refuses to subscribe anybody:
only the button behind the link in the confirmation mail does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from chalicelib import clock, ids
from chalicelib.aws.services import Services
from chalicelib.aws.table import guard_key
from chalicelib.collect import addressee, fields, languages, pages
from chalicelib.collect.addressee import Addressee
from chalicelib.collect.delivery import DropReason
from chalicelib.collect.intake import count_drop
from chalicelib.collect.pages import Words
from chalicelib.collect.unsubscribe import current_wording
from chalicelib.errors import BadPlaybook
from chalicelib.events import SignedUp, SubscriptionConfirmed
from chalicelib.ids import Token
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile import jobs, log

TRAP = "website"
PER_HOUR = 20
"""Sign-ups from one network address in an hour, before the rest are dropped unseen."""


@dataclass(frozen=True)
class Caller:
    """Who asks: the language wished for, the browser's Accept-Language and the network address."""

    wish: str = ""
    accept: str = ""
    address: str = ""


def show(services: Services, caller: Caller, now: datetime) -> str:
    """The empty form. Raises BadPlaybook and Unavailable: without the wording there is nothing to agree to."""
    playbook, words = _open(services, caller, now)
    return _form(playbook, words)


def act(services: Services, form: Mapping[str, str], caller: Caller, now: datetime) -> tuple[int, str]:
    """Status and page: 400 with the form again for an address that is none, else always the same 200."""
    playbook, words = _open(services, caller, now)
    email = fields.email(form.get("email"))
    if not email:
        return 400, _form(playbook, words, given=form, wrong=words("signup_email_wrong"))
    reason = _suspect(services, form, caller, now)
    if reason:
        count_drop(services, f"{now:%Y-%m-%d}", reason)
    else:
        log.append(services, _signed_up(email, form, words.language, current_wording(playbook), now))
    text = pages.paragraph(words("signup_sent_text"), alert=True)
    return 200, pages.document(words, "signup_sent_title", [text, _back(words)])


def show_confirmation(services: Services, token: Token, caller: Caller, now: datetime) -> str:
    """The page behind the confirmation mail's link: one button. Changes nothing."""
    person = addressee.find(services, token)
    words = addressee.words_for(
        addressee.load_playbook(services, now), caller.wish, person.language, accept=caller.accept
    )
    parts = [pages.paragraph(words("confirm_text")), pages.form("confirm", words("confirm_button"))]
    return pages.document(words, "confirm_title", parts)


def confirm(services: Services, token: Token, caller: Caller, now: datetime) -> str:
    """Log and fold the confirmation, once; the page that says so."""
    person = addressee.find(services, token)
    playbook = addressee.load_playbook(services, now)
    words = addressee.words_for(playbook, caller.wish, person.language, accept=caller.accept)
    if person.consent.state != "subscribed":
        jobs.fold_now(services, [_confirmed(person, current_wording(playbook), now)], now)
    text = pages.paragraph(words("confirmed_text"), alert=True)
    return pages.document(words, "confirmed_title", [text, _back(words)])


def _open(services: Services, caller: Caller, now: datetime) -> tuple[Bundle, Words]:
    playbook = addressee.load_playbook(services, now)
    if playbook is None:
        raise BadPlaybook("there is no published playbook, so no wording to agree to")
    return playbook, addressee.words_for(playbook, caller.wish, accept=caller.accept)


def _suspect(services: Services, form: Mapping[str, str], caller: Caller, now: datetime) -> DropReason | None:
    if form.get(TRAP):
        return DropReason.BOT
    hour = f"{now:%Y-%m-%dT%H}"
    key = guard_key("signup", ids.digest(caller.address, hour))
    expires_at = int((now + timedelta(hours=2)).timestamp())
    services.agenda.update(key, add={"times": 1}, set={"expires_at": expires_at})
    counted = services.agenda.get(key, attributes=("times",)) or {}
    return DropReason.TOO_OFTEN if counted.get("times", 0) > PER_HOUR else None


def _signed_up(email: str, form: Mapping[str, str], language: str, wording: str, now: datetime) -> SignedUp:
    zone = form.get("time_zone", "")
    return SignedUp(
        id=ids.event_id("pages", "signup", email, f"{now:%Y-%m-%d}"),
        occurred_at=now,
        received_at=now,
        source="pages",
        who={"email": email},
        email=email,
        channel="email",
        wording=wording,
        first_name=fields.text(form.get("first_name"), 80),
        language=language,
        time_zone=zone if len(zone) < 64 and clock.is_zone(zone) else "",
        page="signup",
    )


def _confirmed(person: Addressee, wording: str, now: datetime) -> SubscriptionConfirmed:
    return SubscriptionConfirmed(
        id=ids.event_id("pages", "confirm", person.channel, person.occasion),
        occurred_at=now,
        received_at=now,
        source="pages",
        who={"profile": person.profile_id},
        channel=person.channel,
        wording=person.consent.wording if person.consent.state == "pending" else wording,
        message_id=person.message_id,
    )


def _form(playbook: Bundle, words: Words, *, given: Mapping[str, str] | None = None, wrong: str = "") -> str:
    given = given or {}
    wordings = (playbook.settings.get("consent_wording") or {}).get(current_wording(playbook)) or {}
    sentence = wordings.get(words.language) or next(iter(wordings.values()), "")
    parts = [
        pages.paragraph(words("signup_intro")),
        pages.form(
            "signup",
            words("signup_button"),
            pages.text_field(
                "email",
                words("signup_email"),
                kind="email",
                value=fields.text(given.get("email"), 320),
                fill="email",
                wrong=wrong,
                needed=True,
            ),
            pages.text_field(
                "first_name",
                words("signup_first_name"),
                value=fields.text(given.get("first_name"), 80),
                fill="given-name",
            ),
            pages.trap(TRAP, words("signup_trap")),
            pages.hidden("time_zone"),
            f'<p class="soft agreed">{escape(sentence)}</p>',
        ),
    ]
    others = {tag: languages.OWN_NAMES.get(tag, tag) for tag in playbook.languages if tag != words.language}
    foot = pages.languages(others, words("languages"))
    return pages.document(words, "signup_title", parts, scripted=True, foot=foot)


def _back(words: Words) -> str:
    return pages.link(words.store_url, words("to_store")) if words.store_url else ""

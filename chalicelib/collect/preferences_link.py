"""The page that mails somebody the link to their preferences.

Refuses to tell who is known: the answer to an address is always the same.
"""

from collections.abc import Mapping
from datetime import datetime

from chalicelib import ids
from chalicelib.aws.drops import count_drop
from chalicelib.aws.services import Services
from chalicelib.collect import addressee, fields, guard, pages
from chalicelib.collect.delivery import DropReason
from chalicelib.collect.guard import Caller
from chalicelib.collect.pages import Words
from chalicelib.events import PreferencesRequested
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile import log, store

FORM = "preferences"


def show(services: Services, caller: Caller, now: datetime) -> str:
    """The page that asks for an address."""
    playbook = addressee.published(services, now)
    return _form(services, playbook, addressee.words_for(playbook, caller.wish, accept=caller.accept), caller, now)


def act(services: Services, form: Mapping[str, str], caller: Caller, now: datetime) -> tuple[int, str]:
    """Have the link mailed to somebody known: 400 or 429 with the form again, else always the same 200."""
    playbook = addressee.published(services, now)
    words = addressee.words_for(playbook, caller.wish, accept=caller.accept)
    email = fields.email(form.get("email"))
    untimely = guard.is_untimely(services, FORM, form, caller, now)
    if untimely:
        count_drop(services, f"{now:%Y-%m-%d}", untimely)
    if untimely or not email:
        return 400, _form(services, playbook, words, caller, now, given=form, untimely=untimely, email=email)
    suspect = guard.suspects(services, FORM, form, caller, now)
    if suspect is DropReason.TOO_OFTEN:
        return 429, _form(services, playbook, words, caller, now, given=form, untimely=suspect, email=email)
    if not suspect and store.find(services, "email", email):
        asked = PreferencesRequested(
            id=ids.event_id("pages", "preferences asked", email, f"{now:%Y-%m-%dT%H}"),
            occurred_at=now,
            received_at=now,
            source="pages",
            who={"email": email},
            language=words.language,
        )
        log.append(services, asked)
    text = pages.paragraph(words("preferences_sent_text"), alert=True)
    return 200, pages.document(words, "signup_sent_title", [text])


def _form(
    services: Services,
    playbook: Bundle,
    words: Words,
    caller: Caller,
    now: datetime,
    *,
    given: Mapping[str, str] | None = None,
    untimely: DropReason | None = None,
    email: str = "",
) -> str:
    asked = words("form_busy" if untimely is DropReason.TOO_OFTEN else "form_again")
    again = pages.paragraph(asked, note=True, alert=True) if untimely else ""
    wrong = words("signup_email_wrong") if given is not None and not email else ""
    stamp = guard.stamp(services, FORM, caller, now)
    if untimely is DropReason.TOO_FAST and given:
        stamp = given[guard.STAMP]
    field = pages.text_field(
        "email",
        words("signup_email"),
        kind="email",
        value=fields.text((given or {}).get("email"), 320),
        fill="email",
        wrong=wrong,
        needed=True,
    )
    parts = [
        again,
        pages.paragraph(words("preferences_ask_text")),
        pages.form(
            "ask",
            words("preferences_ask_button"),
            field,
            pages.trap(guard.TRAP, words("signup_trap")),
            pages.hidden(guard.STAMP, stamp),
        ),
    ]
    return pages.document(words, "preferences_ask_title", parts, foot=addressee.other_languages(playbook, words))

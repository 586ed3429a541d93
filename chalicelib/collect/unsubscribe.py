"""Leaving, saying why, and coming back: what the link in a mail's header and foot does.

Programs fetch every link of a mail, so a GET changes nothing, ever. The
one-click POST of RFC 8058 and the page's own button do, at once: the fact is
folded before the answer goes out. Asking why comes after leaving and needs no
answer.
"""

from collections.abc import Mapping
from datetime import datetime

from chalicelib import ids
from chalicelib.aws.services import Services
from chalicelib.collect import addressee, fields, inputs, pages, saying, wording
from chalicelib.collect.addressee import Addressee
from chalicelib.collect.pages import Words
from chalicelib.ids import Purpose, Token
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile import jobs
from chalicelib.profile.wishes import MONTHLY, WEEKLY, Preferences

ONE_CLICK = ("List-Unsubscribe", "One-Click")


def show(services: Services, token: Token, now: datetime, *, wish: str = "", accept: str = "") -> str:
    """The page behind the link: a question with one button. Changes nothing."""
    person = addressee.find(services, token)
    playbook = addressee.load_playbook(services, now)
    words = addressee.words_for(playbook, wish, person.language, accept=accept)
    return _ask(services, token, words, playbook)


def act(
    services: Services, token: Token, form: Mapping[str, str], now: datetime, *, wish: str = "", accept: str = ""
) -> str:
    """Do what was posted and answer with the page that follows; anything unclear asks again and changes nothing."""
    person = addressee.find(services, token)
    playbook = addressee.load_playbook(services, now)
    words = addressee.words_for(playbook, wish, person.language, accept=accept)
    action = form.get("action", "")
    if form.get(ONE_CLICK[0], "").strip() == ONE_CLICK[1]:
        withdraw(services, person, "one_click", now)
        return _left(words, playbook)
    if action == "unsubscribe":
        withdraw(services, person, "page", now)
        return _left(words, playbook)
    if action == "reason":
        _note_reason(services, person, form, playbook, now)
        return _thanks(words)
    if action == "fewer":
        _wish_fewer(services, person, form, now)
        text = pages.paragraph(words("fewer_done_text"), alert=True)
        return pages.document(words, "fewer_done_title", [text, _to_preferences(services, token, words)])
    if action == "undo":
        _come_back(services, person, playbook, words.language, now)
        return pages.document(words, "resubscribed_title", [pages.paragraph(words("resubscribed_text"), alert=True)])
    return _ask(services, token, words, playbook)


def withdraw(services: Services, person: Addressee, how: str, now: datetime) -> bool:
    """Log and fold one withdrawal; False when the person had left already."""
    if person.consent.state == "unsubscribed":
        return False
    jobs.fold_now(services, [saying.leave(person, person.channel, how, now)], now)
    return True


def _note_reason(
    services: Services, person: Addressee, form: Mapping[str, str], playbook: Bundle | None, now: datetime
) -> None:
    reason = form.get("reason", "")
    if playbook is None or reason not in _reasons(playbook):
        return
    given = saying.explain(person, reason, fields.text(form.get("words"), 500), now)
    if given:
        jobs.fold_now(services, [given], now)


def _come_back(services: Services, person: Addressee, playbook: Bundle | None, language: str, now: datetime) -> None:
    if person.consent.state != "unsubscribed":
        return
    back = saying.come_back(person, person.channel, wording.current(playbook), language, now)
    jobs.fold_now(services, [back], now)


def _reasons(playbook: Bundle) -> dict[str, dict[str, str]]:
    return dict(playbook.settings.get("unsubscribe_reasons") or {})


def _wish_fewer(services: Services, person: Addressee, form: Mapping[str, str], now: datetime) -> None:
    """Less often, or a pause, for somebody who stays."""
    wish = form.get("wish", "")
    current = person.customer.preferences if person.customer else Preferences()
    wishes = saying.pause(current, wish, now)
    if wish in (WEEKLY, MONTHLY) and wish != current.frequency:
        wishes = {"frequency": wish}
    if wishes:
        jobs.fold_now(services, [saying.change(person, now, **wishes)], now)


def _to_preferences(services: Services, token: Token, words: Words) -> str:
    """The way from this person's link to their preferences."""
    signed = ids.sign_token(token._replace(purpose=Purpose.PREFERENCES), services.secrets.link_keys)
    return pages.link(f"../p/{signed}?lang={words.language}", words("to_preferences"))


def _ask(services: Services, token: Token, words: Words, playbook: Bundle | None) -> str:
    """Leaving comes first and takes one button; what else one might wish comes after it."""
    parts = [
        pages.paragraph(words("unsubscribe_ask")),
        pages.paragraph(words("unsubscribe_note"), soft=True),
        pages.form("unsubscribe", words("unsubscribe_button")),
    ]
    if playbook is not None:
        fewer = {each: words.raw(f"frequency_{each}") for each in (WEEKLY, MONTHLY)} | {"30": words.raw("pause_30")}
        less = inputs.radios("wish", words("fewer_title"), fewer)
        parts += [
            pages.form("fewer", words("fewer_button"), less, quiet=True),
            _to_preferences(services, token, words),
        ]
    return pages.document(words, "unsubscribe_title", parts, foot=addressee.other_languages(playbook, words))


def _left(words: Words, playbook: Bundle | None) -> str:
    parts = [pages.paragraph(words("unsubscribed_text"), alert=True)]
    reasons = _reasons(playbook) if playbook else {}
    if reasons:
        options = {key: names.get(words.language) or next(iter(names.values())) for key, names in reasons.items()}
        parts.append(
            pages.form(
                "reason",
                words("reason_button"),
                inputs.radios("reason", words("reason_title"), options),
                pages.text_area("words", words("reason_words")),
            )
        )
    parts += [f"<h2>{words('undo_title')}</h2>", pages.form("undo", words("undo_button"), quiet=True)]
    return pages.document(words, "unsubscribed_title", parts)


def _thanks(words: Words) -> str:
    parts = [
        pages.paragraph(words("reason_thanks"), alert=True),
        f"<h2>{words('undo_title')}</h2>",
        pages.form("undo", words("undo_button"), quiet=True),
    ]
    return pages.document(words, "unsubscribed_title", parts)

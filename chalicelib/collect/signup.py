"""Asking for messages, and confirming it: the two pages of the double opt-in.

The answer to a sign-up is the same for every address, known or not, so the page
cannot be asked who is a customer. One address signs up once a day at most, which
is also the most mails that a stranger can cause. What else was wished on the
form waits with the sign-up and becomes the person's with the confirmation.
Refuses to subscribe anybody: only the button behind the link in the
confirmation mail does.
"""

from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any

from chalicelib import clock, ids
from chalicelib.aws.drops import count_drop
from chalicelib.aws.services import Services
from chalicelib.collect import addressee, fields, guard, inputs, languages, pages, rewards, survey, wording
from chalicelib.collect.addressee import Addressee
from chalicelib.collect.delivery import DropReason
from chalicelib.collect.guard import Caller
from chalicelib.collect.pages import Words
from chalicelib.events import Event, PreferencesChanged, Said, SignedUp, SubscriptionConfirmed
from chalicelib.ids import Purpose, Token
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile import jobs, log, store
from chalicelib.profile.wishes import FREQUENCIES, OFTEN

FORM = "signup"


def show(services: Services, caller: Caller, now: datetime) -> str:
    """The empty form. Raises BadPlaybook and Unavailable: without the wording there is nothing to agree to."""
    playbook, words = _open(services, caller, now)
    return _form(services, playbook, words, caller, now)


def act(services: Services, form: Mapping[str, str], caller: Caller, now: datetime) -> tuple[int, str]:
    """Status and page: 400 with the form again for an address that is none or a form too fast or too old to be
    somebody's, 429 with the form again after too many from one network; else always the same 200."""
    playbook, words = _open(services, caller, now)
    email = fields.email(form.get("email"))
    untimely = guard.is_untimely(services, FORM, form, caller, now)
    if untimely:
        count_drop(services, f"{now:%Y-%m-%d}", untimely)
    if untimely or not email:
        return 400, _form(services, playbook, words, caller, now, given=form, untimely=untimely, email=email)
    suspect = guard.suspects(services, FORM, form, caller, now)
    if suspect is DropReason.TOO_OFTEN:
        return 429, _form(services, playbook, words, caller, now, given=form, untimely=suspect, email=email)
    if not suspect:
        log.append(services, _signed_up(playbook, email, form, words.language, now))
    more = survey.invite(services, playbook, words, "", survey.anonymous_token(services, email))
    text = pages.paragraph(words("signup_sent_text"), alert=True)
    return 200, pages.document(words, "signup_sent_title", [text, *more, _back(words)])


def show_confirmation(services: Services, token: Token, caller: Caller, now: datetime) -> str:
    """The page behind the confirmation mail's link: one button. Changes nothing."""
    person = addressee.find(services, token)
    words = addressee.words_for(
        addressee.load_playbook(services, now), caller.wish, person.language, accept=caller.accept
    )
    parts = [pages.paragraph(words("confirm_text")), pages.form("confirm", words("confirm_button"))]
    return pages.document(words, "confirm_title", parts)


def confirm(services: Services, token: Token, caller: Caller, now: datetime) -> str:
    """Log and fold the confirmation, once, with what was wished and answered before it; the page that says so."""
    person = addressee.find(services, token)
    playbook = addressee.load_playbook(services, now)
    words = addressee.words_for(playbook, caller.wish, person.language, accept=caller.accept)
    if person.consent.state != "subscribed":
        agreed = wording.current(playbook)
        jobs.fold_now(services, list(_confirmed(services, person, agreed, words.language, now)), now)
        person = addressee.find(services, token)
    text = pages.paragraph(words("confirmed_text"), alert=True)
    rest = _rewards_and_more(services, playbook, person, words, token, now) if playbook else []
    return pages.document(words, "confirmed_title", [text, *rest, _back(words)])


def _rewards_and_more(
    services: Services, playbook: Bundle, person: Addressee, words: Words, token: Token, now: datetime
) -> list[str]:
    """The codes that signing up and answering have earned, and the ways to the survey and the preferences."""
    if person.customer is None or person.consent.state != "subscribed":
        return []
    settings: Mapping[str, Any] = playbook.settings.get("signup") or {}
    parts: list[str] = []
    reward = rewards.find(playbook, settings.get("reward", ""))
    if reward:
        rewards.grant(services, person.customer, reward, "signup", now)
        parts += survey.show_reward(store.load(services, person.profile_id), reward, words, now)
    answered = settings.get("survey", "")
    asked = playbook.surveys.get(answered) or {}
    earned = rewards.find(playbook, asked.get("reward", ""))
    parts += survey.claim(services, person.customer, earned, answered, words, now)
    parts += survey.invite(
        services, playbook, words, "../", token._replace(purpose=Purpose.SURVEY), customer=person.customer
    )
    signed = ids.sign_token(token._replace(purpose=Purpose.PREFERENCES), services.secrets.link_keys)
    return [*parts, pages.link(f"../p/{signed}?lang={words.language}", words("to_preferences"))]


def _open(services: Services, caller: Caller, now: datetime) -> tuple[Bundle, Words]:
    playbook = addressee.published(services, now)
    return playbook, addressee.words_for(playbook, caller.wish, accept=caller.accept)


def _signed_up(playbook: Bundle, email: str, form: Mapping[str, str], language: str, now: datetime) -> SignedUp:
    zone = form.get("time_zone", "")
    known = list(playbook.settings.get("topics") or {})
    wanted = inputs.ticked("topic", form, known)
    wish = form.get("frequency", "")
    spoken = form.get("language", "")
    return SignedUp(
        id=ids.event_id("pages", "signup", email, f"{now:%Y-%m-%d}"),
        occurred_at=now,
        received_at=now,
        source="pages",
        who={"email": email},
        email=email,
        channel="email",
        wording=wording.current(playbook),
        first_name=fields.text(form.get("first_name"), 80),
        language=spoken if spoken in playbook.languages else language,
        time_zone=zone if len(zone) < 64 and clock.is_zone(zone) else "",
        page="signup",
        # who ticks none wants to hear of anything
        topics=tuple(Said(topic, "yes" if topic in wanted else "no") for topic in known) if wanted else (),
        frequency=wish if wish in FREQUENCIES else "",
    )


def _confirmed(services: Services, person: Addressee, agreed: str, language: str, now: datetime) -> list[Event]:
    """The confirmation, joined with the anonymous answers of this address, and the wishes given on sign-up."""
    who = {"profile": person.profile_id}
    email = person.customer.email if person.customer else ""
    visitor = guard.visitor_of(services, email) if email else ""
    if visitor and store.find(services, "anonymous", visitor):
        who["anonymous"] = visitor
    stem: dict[str, Any] = {"occurred_at": now, "received_at": now, "source": "pages"}
    confirmed = SubscriptionConfirmed(
        id=ids.event_id("pages", "confirm", person.channel, person.occasion_of(person.channel)),
        who=who,
        channel=person.channel,
        wording=person.consent.wording if person.consent.state == "pending" else agreed,
        message_id=person.message_id,
        language=language,
        **stem,
    )
    asked = person.customer.facets.get("asked") if person.customer else None
    if not asked:
        return [confirmed]
    wishes = asked[2]
    return [
        confirmed,
        PreferencesChanged(
            id=ids.event_id("pages", "preferences", "confirm", asked[1]),
            who={"profile": person.profile_id},
            topics=tuple(Said(topic, "yes" if yes else "no") for topic, yes in wishes["topics"].items()),
            frequency=wishes["frequency"],
            message_id=person.message_id,
            **stem,
        ),
    ]


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
    posted, given = given is not None, given or {}
    say = addressee.speaker(words.language)
    topics = {topic: say(names) for topic, names in (playbook.settings.get("topics") or {}).items()}
    often = {each: words.raw(f"frequency_{each}") for each in FREQUENCIES}
    spoken = {tag: languages.OWN_NAMES.get(tag, tag) for tag in playbook.languages}
    reward = rewards.find(playbook, (playbook.settings.get("signup") or {}).get("reward", ""))
    stamp = guard.stamp(services, FORM, caller, now)
    if untimely is DropReason.TOO_FAST:
        stamp = given[guard.STAMP]  # pressing again is in time, then
    parts = (
        [
            pages.paragraph(
                words("form_busy" if untimely is DropReason.TOO_OFTEN else "form_again"), note=True, alert=True
            )
        ]
        if untimely
        else []
    )
    parts.append(pages.paragraph(words("signup_intro")))
    if reward:
        parts.append(pages.paragraph(words.fill("signup_reward", value=reward.value), note=True))
    parts.append(
        pages.form(
            "signup",
            words("signup_button"),
            pages.text_field(
                "email",
                words("signup_email"),
                kind="email",
                value=fields.text(given.get("email"), 320),
                fill="email",
                wrong=words("signup_email_wrong") if posted and not email else "",
                needed=True,
            ),
            pages.text_field(
                "first_name",
                words("signup_first_name"),
                value=fields.text(given.get("first_name"), 80),
                fill="given-name",
            ),
            inputs.boxes("topic", words("preferences_topics"), topics, inputs.ticked("topic", given, topics))
            if topics
            else "",
            inputs.radios("frequency", words("frequency_title"), often, given.get("frequency") or OFTEN),
            inputs.select("language", words("preferences_language"), spoken, given.get("language") or words.language),
            pages.trap(guard.TRAP, words("signup_trap")),
            pages.hidden("time_zone"),
            pages.hidden(guard.STAMP, stamp),
            f'<p class="soft agreed">{escape(wording.sentence(playbook, words.language))}</p>',
        )
    )
    foot = addressee.other_languages(playbook, words)
    return pages.document(words, "signup_title", parts, scripted=True, foot=foot)


def _back(words: Words) -> str:
    return pages.link(words.store_url, words("to_store")) if words.store_url else ""

"""The preference centre: topics, frequency, a pause, channels, language, birthday; and the page that mails its link.

Only what differs from what is known becomes a fact, named after what it
changed from, so a second post or a second tab says nothing twice. A channel or
a topic is touched only if the page showed it as it still is. Text messages can be
stopped here and not begun: that takes a number and its confirmation. Refuses
to tell who is known: the answer to an address is always the same.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock, ids
from chalicelib.aws.drops import count_drop
from chalicelib.aws.services import Services
from chalicelib.collect import addressee, fields, guard, inputs, languages, pages
from chalicelib.collect.addressee import Addressee
from chalicelib.collect.delivery import DropReason
from chalicelib.collect.guard import Caller
from chalicelib.collect.pages import Words
from chalicelib.collect.survey import past_day
from chalicelib.collect.unsubscribe import current_wording, wording_in
from chalicelib.errors import BadPlaybook
from chalicelib.events import (
    CustomerUpdated,
    Event,
    PreferencesChanged,
    PreferencesRequested,
    Resubscribed,
    Said,
    SignedUp,
    Unsubscribed,
)
from chalicelib.ids import Token
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile import jobs, log, store
from chalicelib.profile.wishes import FREQUENCIES, OFTEN, Preferences

FORM = "preferences"
PAUSES = {"30": timedelta(days=30), "90": timedelta(days=90)}
SAME_PAUSE = timedelta(hours=12)
"""A pause this little different from the one there is, is the same: the button was pressed twice."""


def show(services: Services, token: Token, caller: Caller, now: datetime) -> str:
    """The form as things stand. Raises BadPlaybook and Unavailable. Changes nothing."""
    person, playbook, words = _open(services, token, caller, now)
    return _form(person, playbook, words, now)


def act(services: Services, token: Token, form: Mapping[str, str], caller: Caller, now: datetime) -> tuple[int, str]:
    """Status and the form again: 400 for a birthday that cannot be one, else what was wished is so, at once."""
    person, playbook, words = _open(services, token, caller, now)
    birthday = fields.text(form.get("birthday"), 20)
    if birthday and not past_day(birthday, now):
        return 400, _form(person, playbook, words, now, wrong=words("survey_date_wrong"))
    facts = [*_wishes(person, playbook, form, now), *_channels(person, playbook, words, form, now)]
    if facts:
        jobs.fold_now(services, facts, now)
    person = addressee.find(services, token)
    words = addressee.words_for(playbook, form.get("language", "") or caller.wish, person.language)
    begun = any(isinstance(fact, SignedUp) for fact in facts)
    return 200, _form(person, playbook, words, now, note=words("preferences_confirm" if begun else "preferences_saved"))


def show_request(services: Services, caller: Caller, now: datetime) -> str:
    """The page that asks for an address."""
    playbook = _read_playbook(services, now)
    return _request(services, playbook, addressee.words_for(playbook, caller.wish, accept=caller.accept), caller, now)


def request(services: Services, form: Mapping[str, str], caller: Caller, now: datetime) -> tuple[int, str]:
    """Have the link mailed to somebody known: 400 with the form again, else always the same 200."""
    playbook = _read_playbook(services, now)
    words = addressee.words_for(playbook, caller.wish, accept=caller.accept)
    email = fields.email(form.get("email"))
    untimely = guard.is_untimely(services, FORM, form, caller, now)
    if untimely:
        count_drop(services, f"{now:%Y-%m-%d}", untimely)
    if untimely or not email:
        return 400, _request(services, playbook, words, caller, now, given=form, untimely=untimely, email=email)
    if not guard.is_dropped(services, FORM, form, caller, now) and store.find(services, "email", email):
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


def change(person: Addressee, now: datetime, **wishes: Any) -> PreferencesChanged:
    """The fact that a person wishes something else from now on, named after what it was before."""
    before = person.customer.preferences.event_id if person.customer else ""
    name = repr(sorted((key, value) for key, value in wishes.items() if key != "paused_until"))
    paused = "paused" if wishes.get("paused_until") else ""
    return PreferencesChanged(
        **_stem(person, now, "preferences", person.profile_id, before, name, paused),
        message_id=person.message_id,
        **wishes,
    )


def pause(current: Preferences, wish: str, now: datetime) -> dict[str, Any]:
    """`30`, `90` or `end` as fields of the fact; empty when that is how it is already."""
    if wish == "end":
        return {"resumed": True} if current.is_paused(now) else {}
    if wish not in PAUSES:
        return {}
    until = now + PAUSES[wish]
    if current.paused_until and abs(current.paused_until - until) < SAME_PAUSE:
        return {}
    return {"paused_until": until}


def _wishes(person: Addressee, playbook: Bundle, form: Mapping[str, str], now: datetime) -> list[Event]:
    current = person.customer.preferences if person.customer else Preferences()
    topics = list(playbook.settings.get("topics") or {})
    wanted = inputs.ticked("topic", form, topics)
    changed = [
        Said(topic, "yes" if topic in wanted else "no")
        for topic in topics
        if form.get(f"shown.topic.{topic}") == _ticked(current, topic) != ("on" if topic in wanted else "off")
    ]
    wishes: dict[str, Any] = pause(current, form.get("pause", ""), now)
    if changed:
        wishes["topics"] = tuple(changed)
    frequency = form.get("frequency", "")
    if frequency in FREQUENCIES and frequency != (current.frequency or OFTEN):
        wishes["frequency"] = frequency
    language = form.get("language", "")
    if language in playbook.languages and language != person.language:
        wishes["language"] = language
    birthday = past_day(fields.text(form.get("birthday"), 20), now)
    told: list[Event] = []
    known = (person.customer.facets if person.customer else {}).get("told", {}).get("birthday", ["", "", ""])
    if birthday and birthday != known[2]:
        key = ("birthday", person.profile_id, birthday)
        told.append(CustomerUpdated(**_stem(person, now, *key), birthday=birthday))
        wishes["birthday"] = birthday
    return [change(person, now, **wishes), *told] if wishes else []


def _channels(person: Addressee, playbook: Bundle, words: Words, form: Mapping[str, str], now: datetime) -> list[Event]:
    facts: list[Event] = []
    for channel in ("email", "sms"):
        consent = person.consent_of(channel)
        if form.get(f"shown.{channel}") != _shown(consent.state):
            continue  # another tab, or a mail program, was faster: this page's box says nothing
        on = form.get(f"channel.{channel}") == "yes"
        key = (channel, consent.event_id or person.profile_id)
        if consent.state == "subscribed" and not on:
            facts.append(
                Unsubscribed(
                    **_stem(person, now, "unsubscribe", *key),
                    channel=channel,
                    how="page",
                    message_id=person.message_id,
                    definition=person.definition,
                )
            )
        elif consent.state == "unsubscribed" and on and channel == "email":
            facts.append(
                Resubscribed(
                    **_stem(person, now, "undo", *key),
                    channel=channel,
                    wording=current_wording(playbook),
                    message_id=person.message_id,
                    language=words.language,
                )
            )
        elif consent.state in ("never", "pending") and on and channel == "email" and person.customer:
            facts.append(
                SignedUp(
                    **_stem(person, now, "signup", person.customer.email, f"{now:%Y-%m-%d}"),
                    email=person.customer.email,
                    channel="email",
                    wording=current_wording(playbook),
                    language=words.language,
                    page="preferences",
                )
            )
    return facts


def _ticked(current: Preferences, topic: str) -> str:
    return "on" if current.topics.get(topic, True) else "off"


def _shown(state: str) -> str:
    return "on" if state == "subscribed" else "off"


def _stem(person: Addressee, now: datetime, *key: str) -> dict[str, Any]:
    return {
        "id": ids.event_id("pages", *key),
        "occurred_at": now,
        "received_at": now,
        "source": "pages",
        "who": {"profile": person.profile_id},
    }


def _read_playbook(services: Services, now: datetime) -> Bundle:
    playbook = addressee.load_playbook(services, now)
    if playbook is None:
        raise BadPlaybook("there is no published playbook, so nothing to choose from")
    return playbook


def _open(services: Services, token: Token, caller: Caller, now: datetime) -> tuple[Addressee, Bundle, Words]:
    playbook = _read_playbook(services, now)
    person = addressee.find(services, token)
    return person, playbook, addressee.words_for(playbook, caller.wish, person.language, accept=caller.accept)


def _form(person: Addressee, playbook: Bundle, words: Words, now: datetime, *, note: str = "", wrong: str = "") -> str:
    say = addressee.speaker(words.language)
    current = person.customer.preferences if person.customer else Preferences()
    topics = {topic: say(names) for topic, names in (playbook.settings.get("topics") or {}).items()}
    wanted = [topic for topic in topics if current.topics.get(topic, True)]
    often = {each: words.raw(f"frequency_{each}") for each in FREQUENCIES}
    pauses = {"none": words.raw("pause_none")}
    if current.paused_until and current.is_paused(now):
        zone = clock_zone(person)
        kept = words.raw("pause_kept").replace("{day}", words.day(current.paused_until, zone))
        pauses = {"keep": kept, "end": words.raw("pause_end")}
    pauses |= {each: words.raw(f"pause_{each}") for each in PAUSES}
    spoken = {tag: languages.OWN_NAMES.get(tag, tag) for tag in playbook.languages}
    parts = [pages.paragraph(note, note=True, alert=True)] if note else []
    parts += [
        pages.paragraph(words("preferences_intro")),
        pages.form(
            "save",
            words("preferences_button"),
            inputs.boxes("topic", words("preferences_topics"), topics, wanted) if topics else "",
            *(pages.hidden(f"shown.topic.{topic}", _ticked(current, topic)) for topic in topics),
            inputs.radios("frequency", words("frequency_title"), often, current.frequency or OFTEN),
            inputs.radios("pause", words("preferences_pause"), pauses, next(iter(pauses))),
            _show_channels(person, playbook, words),
            inputs.select("language", words("preferences_language"), spoken, words.language),
            inputs.entry(
                "birthday",
                words("birthday"),
                "date",
                wrong=wrong,
                limits=("1900-01-01", f"{now:%Y-%m-%d}"),
                fill="bday",
            ),
        ),
    ]
    return pages.document(words, "preferences_title", parts, foot=addressee.other_languages(playbook, words))


def clock_zone(person: Addressee) -> str:
    """Where the person is believed to live, for naming days; UTC when nobody knows."""
    zone = person.customer.zone if person.customer else None
    return zone.name if zone and clock.is_zone(zone.name) else "UTC"


def _show_channels(person: Addressee, playbook: Bundle, words: Words) -> str:
    email, sms = (_shown(person.consent_of(channel).state) for channel in ("email", "sms"))
    shown = {"email": words.raw("channel_email")} | ({"sms": words.raw("channel_sms")} if sms == "on" else {})
    on = [channel for channel, state in (("email", email), ("sms", sms)) if state == "on"]
    agreed = "" if email == "on" else pages.paragraph(pages.escape(wording_in(playbook, words.language)), soft=True)
    none = "" if sms == "on" else pages.paragraph(words("channel_sms_off"), soft=True)
    told = pages.hidden("shown.email", email) + pages.hidden("shown.sms", sms)
    return inputs.boxes("channel", words("preferences_channels"), shown, on) + agreed + none + told


def _request(
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
    again = pages.paragraph(words("form_again"), note=True, alert=True) if untimely else ""
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

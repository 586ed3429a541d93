"""The preference centre: topics, frequency, a pause, channels, language, birthday.

Only what differs from what is known becomes a fact (see saying.py), so a second
post or a second tab says nothing twice. A channel or a topic is touched only if
the page showed it as it still is. Refuses to begin text messages, which can be
stopped here: that takes a number and its confirmation.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib import clock
from chalicelib.aws.services import Services
from chalicelib.collect import addressee, fields, inputs, languages, pages, saying, wording
from chalicelib.collect.addressee import Addressee
from chalicelib.collect.guard import Caller
from chalicelib.collect.pages import Words
from chalicelib.collect.survey import past_day
from chalicelib.events import Event, Said, SignedUp
from chalicelib.ids import Token
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile import jobs
from chalicelib.profile.wishes import FREQUENCIES, OFTEN, Preferences


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


def _wishes(person: Addressee, playbook: Bundle, form: Mapping[str, str], now: datetime) -> list[Event]:
    current = person.customer.preferences if person.customer else Preferences()
    topics = list(playbook.settings.get("topics") or {})
    wanted = inputs.ticked("topic", form, topics)
    changed = [
        Said(topic, "yes" if topic in wanted else "no")
        for topic in topics
        if form.get(f"shown.topic.{topic}") == _ticked(current, topic) != ("on" if topic in wanted else "off")
    ]
    wishes: dict[str, Any] = saying.pause(current, form.get("pause", ""), now)
    if changed:
        wishes["topics"] = tuple(changed)
    frequency = form.get("frequency", "")
    if frequency in FREQUENCIES and frequency != (current.frequency or OFTEN):
        wishes["frequency"] = frequency
    language = form.get("language", "")
    if language in playbook.languages and language != person.language:
        wishes["language"] = language
    birthday = past_day(fields.text(form.get("birthday"), 20), now)
    known = person.customer.attribute("birthday") if person.customer else None
    if birthday and (known is None or (known.value, known.confidence) != (birthday, "certain")):
        wishes["birthday"] = birthday
    return [saying.change(person, now, **wishes)] if wishes else []


def _channels(person: Addressee, playbook: Bundle, words: Words, form: Mapping[str, str], now: datetime) -> list[Event]:
    facts: list[Event] = []
    for channel in ("email", "sms"):
        consent = person.consent_of(channel)
        if form.get(f"shown.{channel}") != _shown(consent.state):
            continue  # another tab, or a mail program, was faster: this page's box says nothing
        on = form.get(f"channel.{channel}") == "yes"
        if consent.state == "subscribed" and not on:
            facts.append(saying.leave(person, channel, "page", now))
        elif consent.state == "unsubscribed" and on and channel == "email":
            facts.append(saying.come_back(person, channel, wording.current(playbook), words.language, now))
        elif consent.state in ("never", "pending") and on and channel == "email" and person.customer:
            facts.append(
                SignedUp(
                    **saying.stem(person, now, "signup", person.customer.email, f"{now:%Y-%m-%d}"),
                    email=person.customer.email,
                    channel="email",
                    wording=wording.current(playbook),
                    language=words.language,
                    page="preferences",
                )
            )
    return facts


def _ticked(current: Preferences, topic: str) -> str:
    return "on" if current.topics.get(topic, True) else "off"


def _shown(state: str) -> str:
    return "on" if state == "subscribed" else "off"


def _open(services: Services, token: Token, caller: Caller, now: datetime) -> tuple[Addressee, Bundle, Words]:
    playbook = addressee.published(services, now)
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
    pauses |= {each: words.raw(f"pause_{each}") for each in saying.PAUSES}
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
    agreed = (
        "" if email == "on" else pages.paragraph(pages.escape(wording.sentence(playbook, words.language)), soft=True)
    )
    none = "" if sms == "on" else pages.paragraph(words("channel_sms_off"), soft=True)
    told = pages.hidden("shown.email", email) + pages.hidden("shown.sms", sms)
    return inputs.boxes("channel", words("preferences_channels"), shown, on) + agreed + none + told

"""A survey: questions from the playbook, none of them required, and a coupon for answering.

Reached with a person's signed link, or, between signing up and confirming, with
one that names nobody: such answers are kept under an anonymous id and become
the person's when the address is confirmed (see signup.py), and so does the
reward. Refuses to show what was answered before: a link may be passed on. And
refuses to say whether the address behind a link that names nobody is confirmed:
whoever signs an address up is given that link, so it always says both.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from chalicelib import ids
from chalicelib.aws.services import Services
from chalicelib.collect import addressee, fields, guard, inputs, pages, rewards
from chalicelib.collect.delivery import DropReason
from chalicelib.collect.guard import Caller
from chalicelib.collect.pages import Words
from chalicelib.collect.rewards import Reward
from chalicelib.errors import BadPlaybook
from chalicelib.events import CustomerUpdated, Event, Said, SurveyAnswered
from chalicelib.ids import Purpose, Token
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile import jobs, store
from chalicelib.profile.customer import Customer

TEXT = 200
OLDEST = "1900-01-01"
REFUSED = "-"
"""The choice of saying nothing: an answer given before is taken back, as the newest answers replace all."""


def show(services: Services, token: Token, caller: Caller, survey_id: str, now: datetime) -> str:
    """The questions. Raises BadPlaybook when no such survey is published."""
    playbook, survey, survey_id = _open(services, survey_id, now)
    words = addressee.words_for(playbook, caller.wish, _language(services, token), accept=caller.accept)
    note = words("survey_anonymous") if is_anonymous(token) else ""
    return _form(services, playbook, survey, words, caller, now, note=note)


def act(
    services: Services, token: Token, form: Mapping[str, str], caller: Caller, survey_id: str, now: datetime
) -> tuple[int, str]:
    """Status and page: 400 with the form again where something entered cannot be right, else thanks and the code.

    Behind a link that names nobody: what that link counts for, the same page whether the answers were taken or not.
    """
    playbook, survey, survey_id = _open(services, survey_id, now)
    words = addressee.words_for(playbook, caller.wish, _language(services, token), accept=caller.accept)
    answers, wrong = read(survey, form, words, now)
    if wrong or not answers:
        note = words("form_again" if wrong else "survey_empty")
        return 400, _form(services, playbook, survey, words, caller, now, given=form, wrong=wrong, note=note)
    reward = rewards.find(playbook, survey.get("reward", ""))
    if is_anonymous(token):
        suspect = guard.suspects(services, "survey", form, caller, now)
        if suspect is DropReason.TOO_OFTEN:
            return 429, _form(services, playbook, survey, words, caller, now, given=form, note=words("form_busy"))
        visitor = _visitor_in(token)
        before = store.find(services, "anonymous", visitor)
        # Once the address is confirmed this link speaks for nobody: anybody who signs the address up is given it.
        is_free = before is None or not before.email
        if not suspect and is_free:
            _keep(services, before, {"anonymous": visitor}, survey_id, survey, answers, words.language, now)
        return 200, _sent_by_nobody(words, reward)
    customer = store.load(services, token.profile_id)
    who = {"profile": customer.profile_id if customer else token.profile_id}
    _keep(services, customer, who, survey_id, survey, answers, words.language, now)
    customer = store.load(services, token.profile_id)
    return 200, _thanks(words, claim(services, customer, reward, survey_id, words, now))


def claim(
    services: Services, customer: Customer | None, reward: Reward | None, survey_id: str, words: Words, now: datetime
) -> list[str]:
    """Grant the survey's reward to somebody who answered it, once; the parts of a page that show it."""
    if customer is None or reward is None or survey_id not in customer.surveys:
        return []
    rewards.grant(services, customer, reward, f"survey {survey_id}", now)
    return show_reward(store.load(services, customer.profile_id), reward, words, now)


def show_reward(customer: Customer | None, reward: Reward, words: Words, now: datetime) -> list[str]:
    """The code, how much it is worth and until when; nothing when it has lapsed."""
    coupon = rewards.held(customer, reward, now)
    if coupon is None:
        return []
    zone = customer.zone.name if customer and customer.zone else "UTC"
    return [
        f"<h2>{words.fill('reward_title', value=reward.value)}</h2>",
        f'<p class="code">{pages.escape(coupon.code)}</p>',
        pages.paragraph(words.fill("reward_until", day=words.day(coupon.expires_at, zone)), soft=True),
    ]


def invite(
    services: Services, playbook: Bundle, words: Words, address: str, token: Token, customer: Customer | None = None
) -> list[str]:
    """A way to the survey that the sign-up leads to, for somebody who has not answered it; `address` ends in /."""
    survey_id = (playbook.settings.get("signup") or {}).get("survey", "")
    if survey_id not in playbook.surveys or (customer and survey_id in customer.surveys):
        return []
    reward = rewards.find(playbook, playbook.surveys[survey_id].get("reward", ""))
    more = " " + words.fill("survey_invite_reward", value=reward.value) if reward else ""
    signed = ids.sign_token(token, services.secrets.link_keys)
    return [
        pages.paragraph(words("survey_invite") + more),
        pages.link(f"{address}survey/{signed}?lang={words.language}", words("to_survey")),
    ]


def anonymous_token(services: Services, email: str) -> Token:
    """For answers before the address is confirmed: it names an anonymous id, which its message id spells out."""
    visitor = guard.visitor_of(services, email)
    return Token(Purpose.SURVEY, ids.identity_key("anonymous", visitor), visitor.removeprefix(guard.OWN))


def is_anonymous(token: Token) -> bool:
    return token.profile_id == ids.identity_key("anonymous", _visitor_in(token))


def _visitor_in(token: Token) -> str:
    return guard.OWN + token.message_id


def read(
    survey: Mapping[str, Any], form: Mapping[str, str], words: Words, now: datetime
) -> tuple[dict[str, str], dict[str, str]]:
    """What was answered, by key, and what cannot be right, by key in escaped words."""
    answers: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for question in survey["questions"]:
        key, kind = question["key"], question["kind"]
        given = fields.text(form.get(key), TEXT)
        if kind == "multiple":
            given = ",".join(inputs.ticked(key, form, list(question["choices"])))
        elif kind == "single":
            given = given if given in question["choices"] else ""
        elif given and kind == "number":
            given = _number(given, question)
            if not given:
                least, most = (str(question.get(name, "…")) for name in ("least", "most"))
                wrong[key] = words.fill("survey_number_wrong", least=least, most=most)
        elif given and kind == "date":
            given = past_day(given, now)
            if not given:
                wrong[key] = words("survey_date_wrong")
        if given:
            answers[key] = given
    return answers, wrong


def past_day(text: str, now: datetime) -> str:
    """An ISO day from 1900 to today, or ''."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date().isoformat()
    except ValueError:
        return ""
    return day if OLDEST <= day <= f"{now:%Y-%m-%d}" else ""


def _number(text: str, question: Mapping[str, Any]) -> str:
    try:
        number = Decimal(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
    except InvalidOperation:
        return ""
    if not number.is_finite() or abs(number.adjusted()) > 15:
        return ""
    fits = question.get("least", number) <= number <= question.get("most", number)
    return format(number.normalize(), "f") if fits else ""


def _open(services: Services, survey_id: str, now: datetime) -> tuple[Bundle, Mapping[str, Any], str]:
    playbook = addressee.published(services, now)
    wanted = survey_id or (playbook.settings.get("signup") or {}).get("survey", "") or next(iter(playbook.surveys), "")
    if wanted not in playbook.surveys:
        raise BadPlaybook("no such survey is published")
    return playbook, playbook.surveys[wanted], wanted


def _language(services: Services, token: Token) -> str:
    customer = None if is_anonymous(token) else store.load(services, token.profile_id)
    return customer.language if customer else ""


def _keep(
    services: Services,
    before: Customer | None,
    who: Mapping[str, str],
    survey_id: str,
    survey: Mapping[str, Any],
    answers: Mapping[str, str],
    language: str,
    now: datetime,
) -> None:
    """Log and fold the answers, unless they are the ones already given."""
    known = before.surveys.get(survey_id) if before else None
    if known and dict(known.said) == dict(answers):
        return
    said = tuple(Said(key, value) for key, value in answers.items())
    told: dict[str, Any] = {
        q["field"]: answers[q["key"]] for q in survey["questions"] if "field" in q and q["key"] in answers
    }
    name = ids.digest(*(part for pair in said for part in pair))
    event_id = ids.event_id(
        "pages", "survey", survey_id, next(iter(who.values())), known.event_id if known else "", name
    )
    stem: dict[str, Any] = {"occurred_at": now, "received_at": now, "source": "pages", "who": dict(who)}
    facts: list[Event] = [SurveyAnswered(id=event_id, survey=survey_id, answers=said, language=language, **stem)]
    if told:
        facts.append(CustomerUpdated(id=ids.event_id("pages", "told", event_id), **told, **stem))
    jobs.fold_now(services, facts, now)


def _thanks(words: Words, reward: list[str]) -> str:
    return _end(words, "survey_thanks_title", [pages.paragraph(words("survey_thanks_text"), alert=True), *reward])


def _sent_by_nobody(words: Words, reward: Reward | None) -> str:
    parts = [pages.paragraph(words("survey_anonymous"), alert=True)]
    if reward:
        parts.append(pages.paragraph(words.fill("survey_anonymous_reward", value=reward.value), note=True))
    return _end(words, "signup_sent_title", parts)


def _end(words: Words, title: str, parts: list[str]) -> str:
    if words.store_url:
        parts = [*parts, pages.link(words.store_url, words("to_store"))]
    return pages.document(words, title, parts)


def _form(
    services: Services,
    playbook: Bundle,
    survey: Mapping[str, Any],
    words: Words,
    caller: Caller,
    now: datetime,
    *,
    given: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    note: str = "",
) -> str:
    given, wrong = given or {}, wrong or {}
    say = addressee.speaker(words.language)
    reward = rewards.find(playbook, survey.get("reward", ""))
    parts = [pages.paragraph(note, note=True, alert=True)] if note else []
    parts.append(pages.paragraph(pages.escape(say(survey["intro"]))))
    if reward:
        parts.append(pages.paragraph(words.fill("survey_reward", value=reward.value), note=True))
    parts.append(pages.paragraph(words("survey_voluntary"), soft=True))
    asked = [_ask(question, words, given, wrong, now) for question in survey["questions"]]
    trap = pages.trap(guard.TRAP, words("signup_trap"))
    parts.append(pages.form("survey", words("survey_button"), *asked, trap))
    foot = addressee.other_languages(playbook, words)
    return pages.document(words, say(survey["title"]), parts, foot=foot, literal=True)


def _ask(
    question: Mapping[str, Any], words: Words, given: Mapping[str, str], wrong: Mapping[str, str], now: datetime
) -> str:
    say = addressee.speaker(words.language)
    key, kind = question["key"], question["kind"]
    label, hint = pages.escape(say(question["ask"])), pages.escape(say(question.get("hint", {})))
    choices = {choice: say(names) for choice, names in question.get("choices", {}).items()}
    if kind == "single":
        return inputs.radios(key, label, choices | {REFUSED: words.raw("survey_no_answer")}, given.get(key, ""))
    if kind == "multiple":
        return inputs.boxes(key, label, choices, inputs.ticked(key, given, list(choices)))
    limits = (str(question.get("least", "")), str(question.get("most", "")))
    if kind == "date":
        limits = (OLDEST, f"{now:%Y-%m-%d}")
    fill = "bday" if question.get("field") == "birthday" else "off"
    value = fields.text(given.get(key), TEXT)
    return inputs.entry(key, label, kind, value=value, hint=hint, wrong=wrong.get(key, ""), limits=limits, fill=fill)

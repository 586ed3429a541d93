"""Who a signed link belongs to, and in which words to speak to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.aws import telemetry
from chalicelib.aws.services import Services
from chalicelib.aws.table import message_key
from chalicelib.collect import fields, languages, pages
from chalicelib.collect.pages import NO_WORDS, Words
from chalicelib.errors import BadPlaybook, Unavailable
from chalicelib.ids import Token
from chalicelib.playbook import bundle
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile import store
from chalicelib.profile.consent import Consent
from chalicelib.profile.customer import Customer


@dataclass(frozen=True)
class Addressee:
    """The customer behind a token, as far as known, and the message the link was in."""

    profile_id: str
    message_id: str
    channel: str
    definition: str
    consent: Consent
    language: str = ""
    customer: Customer | None = None

    def consent_of(self, channel: str) -> Consent:
        return self.customer.consent_of(channel) if self.customer else Consent("never")

    def occasion_of(self, channel: str) -> str:
        """Names the consent as it stands, so that pressing twice is one fact and pressing again later another."""
        return self.consent_of(channel).event_id or self.message_id


def find(services: Services, token: Token) -> Addressee:
    """Read customer and message; a customer who is not there (yet) has consented to nothing. Raises Unavailable."""
    key = message_key(token.profile_id, token.message_id)
    message = services.agenda.get(key, attributes=("channel", "definition")) or {}
    channel = str(message.get("channel") or "email")
    customer = store.load(services, token.profile_id)
    return Addressee(
        profile_id=customer.profile_id if customer else token.profile_id,
        message_id=token.message_id,
        channel=channel,
        definition=str(message.get("definition", "")),
        consent=customer.consent_of(channel) if customer else Consent("never"),
        language=customer.language if customer else "",
        customer=customer,
    )


def load_playbook(services: Services, now: datetime) -> Bundle | None:
    """The published playbook; None, and a line in the log, while there is none to read."""
    try:
        return bundle.load(services.data, now)
    except (BadPlaybook, Unavailable) as fault:
        telemetry.log_fault("a page is shown without the playbook", fault)
        return None


def published(services: Services, now: datetime) -> Bundle:
    """The published playbook. Raises BadPlaybook: without it there is nothing to agree to, to choose from or to ask."""
    playbook = load_playbook(services, now)
    if playbook is None:
        raise BadPlaybook("there is no published playbook")
    return playbook


def words_for(playbook: Bundle | None, *wishes: str, accept: str = "") -> Words:
    """The pages' words in the language wished for, as near as the store has it."""
    if playbook is None:
        return NO_WORDS
    language = languages.choose(playbook, *wishes, accept=accept)
    shop: dict[str, Any] = playbook.settings["store"]
    strings = playbook.pages.get(language) or {}
    return Words(language, strings, fields.text(shop.get("name")), fields.link(shop.get("url")))


def other_languages(playbook: Bundle | None, words: Words) -> str:
    """Links to the same page in the store's other languages."""
    tags = playbook.languages if playbook else []
    names = {tag: languages.OWN_NAMES.get(tag, tag) for tag in tags if tag != words.language}
    return pages.languages(names, words("languages"))


def speaker(language: str) -> Callable[[Mapping[str, str]], str]:
    """Says a text that the playbook has in several languages, in this one or else in the first it has."""
    return lambda texts: texts.get(language) or next(iter(texts.values()), "")

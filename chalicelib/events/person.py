"""Who a person is and what they said of themselves."""

from datetime import datetime

from chalicelib.events.fact import Event, Said, fact


@fact
class CustomerUpdated(Event):
    """The store, an import or a form told what it knows of a person. Empty text means not told.

    `since` is when the store first knew them.
    """

    email: str = ""
    first_name: str = ""
    last_name: str = ""
    language: str = ""
    country: str = ""
    time_zone: str = ""
    phone: str = ""
    gender: str = ""
    birthday: str = ""
    city: str = ""
    region: str = ""
    said: tuple[Said, ...] = ()
    browser_zone: str = ""
    browser_language: str = ""
    since: datetime | None = None


@fact
class AccountDeleted(Event):
    """The customer's account was removed from the store; what they ordered stays on the books."""

    reason: str = ""


@fact
class IdentitySeparated(Event):
    """An operator said that the identifiers in `who` are not the person's to whom the keys in `apart` belong."""

    apart: tuple[str, ...]


@fact
class GroupJoined(Event):
    """The customer belongs to a company, a club or another group."""

    group_id: str
    group: str = ""


@fact
class SurveyAnswered(Event):
    """A person answered a survey; `answers` are keys of its questions and of their choices, or free words."""

    survey: str
    answers: tuple[Said, ...]
    language: str = ""


@fact
class PreferencesChanged(Event):
    """A person said what to be sent: topics as (topic, yes or no), how often, and from when again."""

    topics: tuple[Said, ...] = ()
    frequency: str = ""
    paused_until: datetime | None = None
    resumed: bool = False
    language: str = ""
    birthday: str = ""
    message_id: str = ""


@fact
class PreferencesRequested(Event):
    """A person who is known asked for a link to their preferences, on the page that mails one."""

    language: str = ""

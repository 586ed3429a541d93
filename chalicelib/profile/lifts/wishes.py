"""What a person said on a survey, and what they wish to be sent: the newest saying holds, topic by topic."""

from typing import Any

from chalicelib import clock, events
from chalicelib.profile import attributes
from chalicelib.profile.facets import Facets
from chalicelib.profile.lifts.registry import TEXT, TITLE, lifts

TOPICS = 50
ANSWERS = 60


@lifts(events.PreferencesChanged)
def _preferences_changed(event: events.PreferencesChanged, at: str) -> Facets:
    wishes: Facets = {}
    if event.topics:
        wishes["topics"] = {said.key[:TITLE]: [at, event.id, said.value == "yes"] for said in event.topics[:TOPICS]}
    if event.frequency:
        wishes["frequency"] = [at, event.id, event.frequency[:TITLE]]
    if event.paused_until or event.resumed:
        wishes["pause"] = [at, event.id, clock.to_text(event.paused_until) if event.paused_until else ""]
    told: dict[str, Any] = {}
    if event.language:
        told["language_chosen"] = [at, event.id, event.language[:35]]
    if event.birthday:
        told["birthday"] = [at, event.id, event.birthday[:10]]
    fragment: Facets = {"preferences": wishes} if wishes else {}
    return fragment | ({"told": told} if told else {})


@lifts(events.SurveyAnswered)
def _survey_answered(event: events.SurveyAnswered, at: str) -> Facets:
    answers = {said.key[:TITLE]: said.value[:TEXT] for said in event.answers[:ANSWERS]}
    surveys: Facets = {"surveys": {event.survey[:TITLE]: [at, event.id, answers]}}
    return surveys | attributes.told("survey", at, event.id, answers)


def asked_of(event: events.SignedUp, at: str) -> Facets:
    """Wishes given with a sign-up: nobody's yet, until the address's owner confirms it (see collect/signup.py)."""
    topics = {said.key[:TITLE]: said.value == "yes" for said in event.topics[:TOPICS]}
    if not topics and not event.frequency:
        return {}
    return {"asked": [at, event.id, {"topics": topics, "frequency": event.frequency[:TITLE]}]}

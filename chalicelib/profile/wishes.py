"""What a customer wishes to be sent, and which surveys they answered, as everybody reads it.

Only what the person said themselves is here; what Dripline concludes is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib import clock

OFTEN, WEEKLY, MONTHLY = "often", "weekly", "monthly"
FREQUENCIES = (OFTEN, WEEKLY, MONTHLY)
"""How often a person can wish to hear from the store; `often` is as often as the store's own caps allow."""


@dataclass(frozen=True)
class Preferences:
    """`topics`: topic → wanted or not, only those spoken of. `event_id` names the newest fact that said any of it."""

    topics: Mapping[str, bool] = field(default_factory=dict)
    frequency: str = ""
    paused_until: datetime | None = None
    event_id: str = ""

    def is_paused(self, now: datetime) -> bool:
        return self.paused_until is not None and now < self.paused_until

    def declines(self, topics: frozenset[str]) -> bool:
        """Whether something about these topics is unwanted: there are some, and every one was declined."""
        return bool(topics) and all(self.topics.get(topic) is False for topic in topics)


@dataclass(frozen=True)
class Answers:
    """One survey as last answered: question → answer; several answers of one question are joined by commas."""

    answered_at: datetime
    event_id: str
    said: Mapping[str, str]


def preferences_from(facets: Mapping[str, Any]) -> Preferences:
    kept: Mapping[str, Any] = facets.get("preferences", {})
    topics: Mapping[str, list[Any]] = kept.get("topics", {})
    registers = [*topics.values(), *(kept[name] for name in ("frequency", "pause") if name in kept)]
    until = kept["pause"][2] if "pause" in kept else ""
    return Preferences(
        topics={topic: register[2] for topic, register in topics.items()},
        frequency=kept["frequency"][2] if "frequency" in kept else "",
        paused_until=clock.parse(until) if until else None,
        event_id=max(registers, key=lambda register: register[:2])[1] if registers else "",
    )


def surveys_from(facets: Mapping[str, Any]) -> dict[str, Answers]:
    return {
        survey: Answers(clock.parse(register[0]), register[1], register[2])
        for survey, register in facets.get("surveys", {}).items()
    }

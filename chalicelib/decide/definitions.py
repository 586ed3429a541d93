"""The published playbook as decide reads it: flows, campaigns and the settings they share, parsed once a version.

A definition that cannot be parsed stops everything with BadPlaybook: publishing
checks the same, so it means a fault, and queues and the agenda keep what waits
until a good version (or a rollback) is there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from chalicelib import events
from chalicelib.aws.services import Services
from chalicelib.decide import campaign, flow, offer, reading
from chalicelib.decide.caps import Cap
from chalicelib.decide.flow import Flow
from chalicelib.decide.offer import Offer
from chalicelib.errors import BadPlaybook
from chalicelib.playbook import bundle as bundles
from chalicelib.playbook.bundle import Bundle


@dataclass(frozen=True)
class Settings:
    """What every flow obeys. `timezone` is for customers whose own is not known."""

    timezone: str
    cap: Cap
    holdout: float
    offers: Mapping[str, Offer]
    transactional: frozenset[str]

    def is_marketing(self, definition: Flow, template: str) -> bool:
        """A template is marketing unless it says otherwise; in a campaign it always is."""
        return definition.is_campaign or template not in self.transactional

    def has_marketing(self, definition: Flow) -> bool:
        """Whether anything a run may send needs consent."""
        return any(self.is_marketing(definition, email.template) for email in definition.emails())

    def share_held_out(self, definition: Flow) -> float:
        """The definition's own share, else the store's; nobody is held out of what is not marketing."""
        if not self.has_marketing(definition):
            return 0.0
        return self.holdout if definition.holdout is None else definition.holdout


@dataclass(frozen=True)
class Definitions:
    version: str
    settings: Settings
    flows: Mapping[str, Flow]
    campaigns: Mapping[str, Flow]

    def get(self, flow_id: str) -> Flow | None:
        """The flow or campaign a run belongs to; None when the playbook no longer has it."""
        return self.flows.get(flow_id) or self.campaigns.get(flow_id)

    def find(self, flow_id: str) -> Flow:
        """The same; raises BadPlaybook when the playbook no longer has it."""
        found = self.get(flow_id)
        if found is None:
            raise BadPlaybook(f"the playbook has no {flow_id!r}")
        return found

    def started_by(self, event_name: str) -> list[Flow]:
        """Flows that the event begins, the most important first."""
        return self._starting.get(event_name, [])

    def heeds(self, event_name: str) -> bool:
        """Whether an event begins or ends anything; of most it does not."""
        return event_name in self._starting or event_name in self.ending_events

    @cached_property
    def _starting(self) -> dict[str, list[Flow]]:
        starting: dict[str, list[Flow]] = {}
        for each in sorted(self.flows.values(), key=lambda each: (-each.priority, each.id)):
            starting.setdefault(each.enter, []).append(each)
        return starting

    @cached_property
    def ending_events(self) -> frozenset[str]:
        """Names of the events that may end a run: exits, goals, and consent withdrawn."""
        endings = [each for known in self.flows.values() for each in (known.goal, *known.exits) if each]
        return frozenset(each.event for each in endings) | {events.Unsubscribed.name, events.ConsentRecorded.name}

    @cached_property
    def highest_priority(self) -> int:
        return max((each.priority for each in (*self.flows.values(), *self.campaigns.values())), default=0)


def read(bundle: Bundle) -> Definitions:
    """Everything decide needs of a bundle. Raises BadPlaybook naming the first place that means nothing."""
    settings = _read_settings(bundle)
    flows = {flow_id: flow.parse(flow_id, data) for flow_id, data in bundle.flows.items()}
    campaigns = [campaign.parse(campaign_id, data) for campaign_id, data in bundle.campaigns.items()]
    for each in (*flows.values(), *campaigns):
        for email in each.emails():
            if email.template not in bundle.templates:
                raise BadPlaybook(f"{each.definition}: no template {email.template!r}")
            if email.offer and email.offer not in settings.offers:
                raise BadPlaybook(f"{each.definition}: no offer {email.offer!r} in settings.offers")
    return Definitions(bundle.version, settings, flows, {each.id: each for each in campaigns})


def _read_settings(bundle: Bundle) -> Settings:
    data = bundle.settings
    cap = data.get("caps", {}).get("email", {})
    currency = data["store"]["currency"]
    return Settings(
        timezone=data["store"]["timezone"],
        cap=Cap(
            reading.duration(cap.get("every", "16h"), "settings.caps.email.every"),
            reading.duration(cap.get("retry", "48h"), "settings.caps.email.retry"),
        ),
        holdout=reading.share(data.get("holdout", 0), "settings.holdout"),
        offers={each: offer.parse(each, terms, currency) for each, terms in data.get("offers", {}).items()},
        transactional=frozenset(
            template for template, body in bundle.templates.items() if body.get("class") == "transactional"
        ),
    )


_held: dict[str, Definitions] = {}


def load(services: Services, now: datetime) -> Definitions:
    """The published definitions; parsed again only when the version changes."""
    bundle = bundles.load(services.data, now)
    if bundle.version not in _held:
        _held.clear()
        _held[bundle.version] = read(bundle)
    return _held[bundle.version]

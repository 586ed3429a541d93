"""Facts into the log, in batches, each once: what the import commands and the demo use.

Facts are taken in blocks, sorted by customer within a block so that the stream
folds each customer few times, and compared with what the log has: a fact that
is there already is not written again, so the same file twice changes nothing.
Where an earlier file told an order otherwise, what it says now is told again,
as of when it was made; what a webhook told stays. Refuses to hold a file in
memory.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from chalicelib import events, ids
from chalicelib.aws.services import Services
from chalicelib.aws.table import event_key
from chalicelib.events import Event, OrderCreated, OrderRefunded, OrderUpdated
from chalicelib.profile import log
from cli.imports.checkpoint import Checkpoint
from cli.imports.origin import SOURCE
from cli.imports.sheet import Refusal

BLOCK = 5_000
SHOWN = 1_000
_INSTANT = timedelta(milliseconds=1)
_CONTENT = tuple(each.name for each in fields(OrderCreated) if each.name not in {own.name for own in fields(Event)})


@dataclass
class Report:
    """What an import did: rows taken, facts written and known before, and each refused line with its reason."""

    taken: int = 0
    resumed: int = 0
    """Of the taken, those that an earlier run of the same command had written."""
    repeated: int = 0
    """Of the taken, rows of a customer whom an earlier row named; merged into one."""
    written: dict[str, int] = field(default_factory=dict)
    known: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    dry_run: bool = False

    def refuse(self, refusal: Refusal) -> None:
        self.refused += 1
        if len(self.refusals) < SHOWN:
            self.refusals.append(Refusal(refusal.line, refusal.reason))

    def in_order(self) -> list[Refusal]:
        """The refusals by line; an order's own rows are judged only after the row behind them was read."""
        return sorted(self.refusals, key=lambda refusal: refusal.line)

    def to_json(self) -> dict[str, Any]:
        return {
            "dry_run": self.dry_run,
            "taken": self.taken,
            "resumed": self.resumed,
            "repeated": self.repeated,
            "written": dict(sorted(self.written.items())),
            "known_before": self.known,
            "refused": self.refused,
            "refusals": [{"line": each.line, "reason": each.reason} for each in self.in_order()],
        }


def load(
    services: Services | None,
    groups: Iterable[list[Event] | Refusal],
    *,
    now: datetime,
    told_at: datetime | None = None,
    on_progress: Callable[[], None] = lambda: None,
    on_refusal: Callable[[Refusal], None] = lambda refusal: None,
    checkpoint: Checkpoint | None = None,
    size: int = BLOCK,
) -> Report:
    """Write every group's facts; with `services` None nothing is written and nothing compared (--dry-run).

    `told_at` is when what they say was so, where that is not now.
    With a checkpoint, groups that it counts as done are read and not written.
    """
    report = Report(dry_run=services is None)
    block: list[Event] = []  # of `size` facts
    for number, group in enumerate(groups, 1):
        if isinstance(group, Refusal):
            report.refuse(group)
            on_refusal(group)
            continue
        report.taken += 1
        if checkpoint and number <= checkpoint.done:
            report.resumed += 1
            continue
        block += group
        if len(block) >= size:
            _write(services, block, report, told_at or now)
            block = []
            if checkpoint:
                checkpoint.save(number)
            on_progress()
    _write(services, block, report, told_at or now)
    if checkpoint:
        checkpoint.finish()
    on_progress()
    return report


def _write(services: Services | None, block: list[Event], report: Report, told_at: datetime) -> None:
    if not block:
        return
    facts = list({fact.id: fact for fact in block}.values())
    if services is not None:
        facts = _only_new(services, facts, told_at)
        report.known += len({fact.id for fact in block}) - len(facts)
        facts.sort(key=lambda fact: (fact.partition, fact.order_key))
        log.append_many(services, facts)
    for fact in facts:
        report.written[fact.name] = report.written.get(fact.name, 0) + 1


def _only_new(services: Services, facts: list[Event], told_at: datetime) -> list[Event]:
    stored = _stored(services, facts)
    ours = [fact for fact in facts if fact.id in stored and stored[fact.id].source == SOURCE]
    orders = [fact for fact in ours if isinstance(fact, OrderCreated | OrderRefunded)]
    new = [fact for fact in facts if fact.id not in stored]
    return new + _changed(services, orders, stored, told_at)


def _changed(services: Services, facts: Sequence[Event], stored: dict[str, Event], told_at: datetime) -> list[Event]:
    """What is told again: of each fact that is known, where the newest telling of it said something else."""
    tellings = {fact.id: [stored[fact.id]] for fact in facts}
    waiting, number = facts, 1
    while waiting:  # a telling is known by its number, so all are found one by one
        nth = {fact.id: _again(fact, number, told_at) for fact in waiting}
        found = _stored(services, list(nth.values()))
        waiting = [fact for fact in waiting if nth[fact.id].id in found]
        for fact in waiting:
            tellings[fact.id].append(found[nth[fact.id].id])
        number += 1
    news: list[Event] = []
    for fact in facts:
        known = tellings[fact.id]
        newest = max(known, key=_when)
        at = max(_when(fact), told_at)
        at += _INSTANT * (at == _when(newest))  # of two files made at one time the later import holds
        is_told = (_said(fact), at) in [(_said(each), _when(each)) for each in known]
        if not is_told and _said(fact) != _said(newest):
            news.append(_again(fact, len(known), at))
    return news


def _stored(services: Services, facts: Sequence[Event]) -> dict[str, Event]:
    keys = [event_key(fact.partition, fact.id) for fact in facts]
    items = services.events.get_many(keys, attributes=("sk", "body")) if keys else ()
    return {item["sk"]: events.parse(json.loads(item["body"])) for item in items}


def _again(fact: Event, number: int, at: datetime) -> Event:
    """A fact of an order as it is told for the further time `number`."""
    frame = {own.name: getattr(fact, own.name) for own in fields(Event)}
    frame |= {"id": ids.event_id(SOURCE, "again", fact.id, str(number)), "occurred_at": at}
    if isinstance(fact, OrderRefunded):
        return OrderRefunded(**{**vars(fact), **frame})
    return OrderUpdated(**frame, **{name: getattr(fact, name) for name in _CONTENT} | {"updated_at": at})


def _when(fact: Event) -> datetime:
    return fact.updated_at if isinstance(fact, OrderCreated) else fact.occurred_at


def _said(fact: Event) -> Any:
    """What a telling may say otherwise than another."""
    if isinstance(fact, OrderRefunded):
        return fact.amount
    return [getattr(fact, name) for name in _CONTENT if name != "updated_at"]

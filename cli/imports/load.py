"""Facts into the log, in batches, each once: what the import commands and the demo use.

Facts are taken in blocks, sorted by customer within a block so that the stream
folds each customer few times, and compared with what the log has: a fact that
is there already is not written again, so the same file twice changes nothing.
Where an earlier file told an order, or one made at the same moment a customer,
otherwise, what it says now is told again, as of when it was made; what a
webhook told stays. Refuses to hold a file in
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
from chalicelib.events import CustomerUpdated, Event, OrderCompleted, OrderCreated, OrderRefunded, OrderUpdated
from chalicelib.profile import log
from cli.imports.checkpoint import Checkpoint
from cli.imports.origin import SOURCE
from cli.imports.sheet import Refusal

BLOCK = 5_000
SHOWN = 1_000
MOMENT = timedelta(seconds=1)
"""Files made within one are told apart by when they are brought in, each a step after the one before."""
_STEP = timedelta(milliseconds=10)
_FRAME = frozenset(own.name for own in fields(Event))
_CONTENT = tuple(each.name for each in fields(OrderCreated) if each.name not in _FRAME)


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
    others = {fact.id: _other_stage(fact) for fact in facts if isinstance(fact, OrderCreated)}
    stages = _found(services, {(fact.partition, others[fact.id]) for fact in facts if fact.id in others})
    new = [fact for fact in facts if fact.id not in stored]
    tellings: dict[str, list[Event]] = {}
    for fact in facts:
        if not isinstance(fact, OrderCreated | OrderRefunded | CustomerUpdated):
            continue
        known = [each for each in (stored.get(fact.id), stages.get(others.get(fact.id, ""))) if each is not None]
        known = [each for each in known if each.source == SOURCE]
        if fact.id not in stored:
            known += [fact] if known else []
        elif stored[fact.id].source != SOURCE:
            known = []
        if known:
            tellings[fact.id] = known
    return new + _changed(services, [fact for fact in facts if fact.id in tellings], tellings, told_at)


def _changed(
    services: Services, facts: Sequence[Event], tellings: dict[str, list[Event]], told_at: datetime
) -> list[Event]:
    """What is told again: of each fact that is known, where the newest telling of it said something else."""
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
        at = _as_of(fact, newest, told_at)
        beside = [each for each in known if timedelta(0) <= _when(each) - at < MOMENT]
        is_news = _said(fact) != _said(newest) or _stands(fact, known) != _stands(newest, known)
        if is_news and (_said(fact), _stands(fact, known)) not in [
            (_said(each), _stands(each, known)) for each in beside
        ]:
            number = 1 + sum(each.id not in (fact.id, _other_stage(fact)) for each in known)
            # of files made at one moment the later import holds
            news.append(_again(fact, number, max(map(_when, beside)) + _STEP if beside else at))
    return news


def _as_of(fact: Event, newest: Event, told_at: datetime) -> datetime:
    """When a fact that is told again was so: when its file was made.

    That an order is called off was so when the store called it off, unless a file made since then told of it.
    """
    if isinstance(fact, CustomerUpdated):
        return fact.occurred_at
    if isinstance(fact, OrderCreated) and fact.stands is False and not isinstance(newest, OrderUpdated):
        return fact.updated_at
    return max(_when(fact), told_at)


def _other_stage(fact: Event) -> str:
    """The id under which a file tells first of an order that is paid where this one is not, or the other way; or ''."""
    if not isinstance(fact, OrderCreated):
        return ""
    platform = fact.order_id.partition(":")[0] if ":" in fact.order_id else SOURCE
    return ids.event_id(platform, fact.order_id, "created" if isinstance(fact, OrderCompleted) else "completed")


def _stored(services: Services, facts: Sequence[Event]) -> dict[str, Event]:
    return _found(services, {(fact.partition, fact.id) for fact in facts})


def _found(services: Services, names: Iterable[tuple[str, str]]) -> dict[str, Event]:
    keys = [event_key(partition, fact_id) for partition, fact_id in names]
    items = services.events.get_many(keys, attributes=("sk", "body")) if keys else ()
    return {item["sk"]: events.parse(json.loads(item["body"])) for item in items}


def _again(fact: Event, number: int, at: datetime) -> Event:
    """A fact as it is told for the further time `number`; of an order whatever stage it is at."""
    frame = {own.name: getattr(fact, own.name) for own in fields(Event)}
    what = fact.order_id if isinstance(fact, OrderCreated) else fact.id
    frame |= {"id": ids.event_id(SOURCE, "again", what, str(number)), "occurred_at": at}
    if isinstance(fact, OrderCreated):
        return OrderUpdated(**frame, **{name: getattr(fact, name) for name in _CONTENT} | {"updated_at": at})
    return type(fact)(**{**vars(fact), **frame})


def _when(fact: Event) -> datetime:
    return fact.updated_at if isinstance(fact, OrderCreated) else fact.occurred_at


def _said(fact: Event) -> Any:
    """What a telling may say otherwise than another."""
    if isinstance(fact, OrderRefunded):
        return fact.amount
    if isinstance(fact, CustomerUpdated):
        return {name: value for name, value in vars(fact).items() if name not in _FRAME}
    return [getattr(fact, name) for name in _CONTENT if name not in ("updated_at", "stands")]


def _stands(fact: Event, known: Sequence[Event]) -> bool:
    """Whether an order stands: where a file does not say, as the newest of the known that does; else it does."""
    told = [each for each in known if isinstance(each, OrderCreated) and each.stands is not None]
    said = fact.stands if isinstance(fact, OrderCreated) else None
    if said is None and told:
        said = max(told, key=_when).stands
    return said is not False

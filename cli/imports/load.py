"""Facts into the log, in batches, each once: what the import commands and the demo use.

Facts are taken in blocks, sorted by customer within a block so that the stream
folds each customer few times, and compared with what the log has: a fact that
is there already is not written again, so the same file twice changes nothing.
An order that is there with other content becomes one Order Updated. Refuses to
hold a file in memory.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib import events, ids
from chalicelib.aws.services import Services
from chalicelib.aws.table import event_key
from chalicelib.events import Event, OrderCreated, OrderUpdated
from chalicelib.profile import log
from cli.imports.checkpoint import Checkpoint
from cli.imports.sheet import Refusal

BLOCK = 5_000
SHOWN = 1_000


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
    on_progress: Callable[[], None] = lambda: None,
    on_refusal: Callable[[Refusal], None] = lambda refusal: None,
    checkpoint: Checkpoint | None = None,
    size: int = BLOCK,
) -> Report:
    """Write every group's facts; with `services` None nothing is written and nothing compared (--dry-run).

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
            _write(services, block, report, now)
            block = []
            if checkpoint:
                checkpoint.save(number)
            on_progress()
    _write(services, block, report, now)
    if checkpoint:
        checkpoint.finish()
    on_progress()
    return report


def _write(services: Services | None, block: list[Event], report: Report, now: datetime) -> None:
    if not block:
        return
    facts = list({fact.id: fact for fact in block}.values())
    if services is not None:
        facts = _only_new(services, facts, now)
        report.known += len({fact.id for fact in block}) - len(facts)
        facts.sort(key=lambda fact: (fact.partition, fact.order_key))
        log.append_many(services, facts)
    for fact in facts:
        report.written[fact.name] = report.written.get(fact.name, 0) + 1


def _only_new(services: Services, facts: list[Event], now: datetime) -> list[Event]:
    keys = {fact.id: event_key(fact.partition, fact.id) for fact in facts}
    stored = {
        item["sk"]: events.parse(json.loads(item["body"]))
        for item in services.events.get_many(keys.values(), attributes=("sk", "body"))
    }
    new = [fact for fact in facts if fact.id not in stored]
    changed = [
        _updated(fact, now)
        for fact in facts
        if isinstance(fact, OrderCreated) and fact.id in stored and _content(stored[fact.id]) != _content(fact)
    ]
    already = {
        item["sk"]
        for item in services.events.get_many(
            [event_key(fact.partition, fact.id) for fact in changed], attributes=("sk",)
        )
    }
    return new + [fact for fact in changed if fact.id not in already]


def _content(fact: Event) -> dict[str, Any]:
    told = events.serialise(fact)
    return {name: told.get(name) for name in ("number", "total", "discount", "lines", "codes", "updated_at")}


def _updated(fact: OrderCreated, now: datetime) -> OrderUpdated:
    content = _content(fact)
    return OrderUpdated(
        id=ids.event_id("import", "updated", fact.order_id, json.dumps(content, sort_keys=True)),
        occurred_at=fact.updated_at,
        received_at=now,
        source=fact.source,
        who=fact.who,
        order_id=fact.order_id,
        total=fact.total,
        updated_at=fact.updated_at,
        number=fact.number,
        discount=fact.discount,
        lines=fact.lines,
        pay_url=fact.pay_url,
        codes=fact.codes,
    )

"""What `app.py` registers, read from the Chalice app itself: which function runs on what.

Refuses to know a function by name: a trigger added to `app.py` runs here too.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType
from typing import Any

from chalicelib.errors import DriplineError
from cli.local import resources

Handler = Callable[[Mapping[str, Any], Any], Any]


@dataclass(frozen=True)
class QueueTrigger:
    name: str
    handler: Handler
    queue: str
    batch_size: int


@dataclass(frozen=True)
class StreamTrigger:
    name: str
    handler: Handler
    batch_size: int
    wanted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ScheduleTrigger:
    name: str
    handler: Handler
    every: timedelta


@dataclass(frozen=True)
class Triggers:
    queues: tuple[QueueTrigger, ...]
    streams: tuple[StreamTrigger, ...]
    schedules: tuple[ScheduleTrigger, ...]


def read(module: ModuleType) -> Triggers:
    """The triggers of the module that holds the Chalice app as `app`."""
    from chalice.app import DynamoDBEventConfig, ScheduledEventConfig, SQSEventConfig

    queues: list[QueueTrigger] = []
    streams: list[StreamTrigger] = []
    schedules: list[ScheduleTrigger] = []
    for source in module.app.event_sources:
        name = source.handler_string.rpartition(".")[2]
        handler = getattr(module, name)
        if isinstance(source, SQSEventConfig):
            queues.append(QueueTrigger(name, handler, _queue_of(name), source.batch_size))
        elif isinstance(source, DynamoDBEventConfig):
            streams.append(StreamTrigger(name, handler, source.batch_size, _wanted_of(name)))
        elif isinstance(source, ScheduledEventConfig):
            schedules.append(ScheduleTrigger(name, handler, read_rate(source.schedule_expression)))
        else:
            raise DriplineError(f"the local cloud cannot drive {source.name}: {type(source).__name__}")
    return Triggers(tuple(queues), tuple(streams), tuple(schedules))


def read_rate(expression: Any) -> timedelta:
    """`rate(15 minutes)` or Chalice's Rate → timedelta; raises DriplineError for cron, which nothing here uses."""
    text = expression if isinstance(expression, str) else expression.to_string()
    found = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", text)
    if not found:
        raise DriplineError(f"the local cloud knows rates only, not {text!r}")
    return timedelta(**{f"{found[2]}s": int(found[1])})


def _queue_of(function: str) -> str:
    """The queue that infra/resources.yaml wires to this function: `ReactionsQueue.Arn` → `reactions`."""
    logical = str(resources.read_trigger(function).get("Queue", "")).partition(".")[0]
    for queue in resources.QUEUES:
        if logical == f"{queue.title().replace('_', '')}Queue":
            return queue
    raise DriplineError(f"infra/resources.yaml wires no queue to {function}")


def _wanted_of(function: str) -> frozenset[str]:
    """The record kinds that the stream's filter lets through; empty means all."""
    filters = resources.read_trigger(function).get("FilterCriteria", {}).get("Filters", [])
    return frozenset(kind for each in filters for kind in json.loads(each["Pattern"]).get("eventName", []))

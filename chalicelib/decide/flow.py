"""A flow as its definition says it: what starts it, what ends it, its steps. Pure data.

Parsed from the published bundle, where the playbook's files arrive as JSON.
Refuses keys it does not know, so that no line of a playbook is silently
ignored. Judging a flow against a customer belongs to `engine.py`.

A place in a flow is a path: `(2,)` is the third step, `(2, 0, 1)` the second
step of the first choice of the branch there.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from typing import Any

from chalicelib import events
from chalicelib.decide import reading
from chalicelib.errors import BadPlaybook
from chalicelib.profile.conditions import ORDER_KEYS

Path = tuple[int, ...]
Rule = Mapping[str, Any]


@dataclass(frozen=True)
class Wait:
    """Let `duration` pass, then go on at the next `until` on the customer's clock (None: at once)."""

    duration: timedelta
    until: time | None


@dataclass(frozen=True)
class Moment:
    """A campaign's day and hour: in `zone` for everyone, or ('') on each recipient's own clock."""

    day: date
    wall: time
    zone: str
    fallback: str
    spread: timedelta


@dataclass(frozen=True)
class Email:
    """Send `template`. `id` names the message in its run; `until` is the hour it keeps when put off by a cap."""

    id: str
    template: str
    offer: str
    points: int
    until: time | None


@dataclass(frozen=True)
class Branch:
    """Go on with the steps of the first choice whose rule holds (None: always), or with none."""

    choices: tuple[tuple[Rule | None, "Steps"], ...]


Step = Wait | Moment | Email | Branch
Steps = tuple[Step, ...]


@dataclass(frozen=True)
class Ending:
    """An event that ends a run; a goal only when it comes within `within` of the last message."""

    event: str
    within: timedelta | None = None


@dataclass(frozen=True)
class Flow:
    """`enter` is the event that starts a run, '' for a campaign; `holdout` None means the store's own share."""

    id: str
    steps: Steps
    enter: str = ""
    who: Rule = field(default_factory=dict)
    again_after: timedelta | None = None
    goal: Ending | None = None
    exits: tuple[Ending, ...] = ()
    priority: int = 50
    holdout: float | None = None
    segments_in: frozenset[str] = frozenset()
    segments_not_in: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()

    @property
    def is_campaign(self) -> bool:
        return not self.enter

    @property
    def definition(self) -> str:
        """What messages and reports call it: `flow:welcome`, `campaign:black_friday`."""
        return self.id if self.is_campaign else f"flow:{self.id}"

    @property
    def about_order(self) -> Rule:
        """The part of `who` that asks about the order of the run: it must hold before every step."""
        return order_part(self.who)

    def step_at(self, path: Path) -> Step | None:
        """The step there; None behind the last one, or where the definition has changed its shape."""
        steps = self._level(path)
        return steps[path[-1]] if steps is not None and path[-1] < len(steps) else None

    def after(self, path: Path) -> Path:
        """The next place: behind a choice's last step comes what follows its branch."""
        path = (*path[:-1], path[-1] + 1)
        while len(path) > 1:
            steps = self._level(path)
            if steps is not None and path[-1] < len(steps):
                break
            path = (*path[:-3], path[-3] + 1)
        return path

    def _level(self, path: Path) -> Steps | None:
        steps = self.steps
        for index, choice in zip(path[:-1:2], path[1:-1:2], strict=True):
            branch = steps[index] if index < len(steps) else None
            if not isinstance(branch, Branch) or choice >= len(branch.choices):
                return None
            steps = branch.choices[choice][1]
        return steps

    def emails(self) -> Iterator[Email]:
        """Every e-mail step, however deep."""
        yield from _emails(self.steps)


def _emails(steps: Steps) -> Iterator[Email]:
    for step in steps:
        if isinstance(step, Email):
            yield step
        elif isinstance(step, Branch):
            for _, inner in step.choices:
                yield from _emails(inner)


def order_part(rule: Rule) -> Rule:
    """Those conditions of a rule that must all hold and ask about nothing but the order."""
    kept: dict[str, Any] = {}
    for key, value in rule.items():
        if key in ORDER_KEYS:
            kept[key] = value
        elif key == "all":
            inner = [part for part in map(order_part, value) if part]
            if inner:
                kept[key] = inner
        elif key in ("any", "none") and value and all(_asks_only_of_order(each) for each in value):
            kept[key] = value
    return kept


def _asks_only_of_order(rule: Rule) -> bool:
    return all(
        key in ORDER_KEYS or (key in ("all", "any", "none") and all(map(_asks_only_of_order, value)))
        for key, value in rule.items()
    )


def parse(flow_id: str, data: Mapping[str, Any]) -> Flow:
    """The definition, or BadPlaybook naming the place: `flows.welcome.steps[1].email: …`."""
    where = f"flows.{flow_id}"
    known = {"id", "name", "enter", "exit", "goal", "priority", "holdout", "steps", "reading_time"}
    reading.refuse_unknown(data, known, where)
    enter = reading.mapping(data.get("enter"), f"{where}.enter")
    reading.refuse_unknown(enter, {"event", "who", "again_after"}, f"{where}.enter")
    return Flow(
        id=flow_id,
        steps=parse_steps(data.get("steps"), f"{where}.steps"),
        enter=_event(enter, f"{where}.enter"),
        who=reading.mapping(enter.get("who") or {}, f"{where}.enter.who"),
        again_after=reading.duration(enter["again_after"], f"{where}.enter.again_after")
        if "again_after" in enter
        else None,
        goal=_ending(data["goal"], f"{where}.goal") if data.get("goal") else None,
        exits=tuple(_ending(each, f"{where}.exit[{n}]") for n, each in enumerate(data.get("exit") or ())),
        priority=int(data.get("priority", 50)),
        holdout=reading.share(data["holdout"], f"{where}.holdout") if data.get("holdout") is not None else None,
    )


def parse_steps(data: Any, where: str) -> Steps:
    """Steps in order; two e-mails of one template that a run could both reach get different ids."""
    steps, _, _ = _parse_steps(data, where, Counter(), None)
    return steps


def _parse_steps(
    data: Any, where: str, seen: Counter[str], until: time | None
) -> tuple[Steps, Counter[str], time | None]:
    if not isinstance(data, Sequence) or isinstance(data, str) or not data:
        raise BadPlaybook(f"{where}: a list of steps is needed")
    steps: list[Step] = []
    for number, each in enumerate(data):
        place = f"{where}[{number}]"
        each = reading.mapping(each, place)
        if "branch" in each:
            reading.refuse_unknown(each, {"branch"}, place)
            branch, seen = _parse_branch(each["branch"], f"{place}.branch", seen, until)
            steps.append(branch)
        elif "email" in each:
            email = parse_email(each, place, until)
            seen = seen + Counter([email.id])
            repeat = seen[email.id]
            steps.append(email if repeat == 1 else replace(email, id=f"{email.id}-{repeat}"))
        elif "wait" in each or "until" in each:
            reading.refuse_unknown(each, {"wait", "until"}, place)
            until = reading.wall_time(each["until"], f"{place}.until") if "until" in each else None
            waited = reading.duration(each["wait"], f"{place}.wait") if "wait" in each else timedelta(0)
            steps.append(Wait(waited, until))
        else:
            raise BadPlaybook(f"{place}: not a step: {', '.join(map(str, each))[:60]!r} (wait, until, email, branch)")
    return tuple(steps), seen, until


def _parse_branch(data: Any, where: str, seen: Counter[str], until: time | None) -> tuple[Branch, Counter[str]]:
    if not isinstance(data, Sequence) or isinstance(data, str) or not data:
        raise BadPlaybook(f"{where}: a list of choices is needed")
    choices, after = [], Counter(seen)
    for number, each in enumerate(data):
        place = f"{where}[{number}]"
        each = reading.mapping(each, place)
        reading.refuse_unknown(each, {"if", "else", "steps"}, place)
        if ("if" in each) == ("else" in each):
            raise BadPlaybook(f"{place}: either if or else")
        if "else" in each and number != len(data) - 1:
            raise BadPlaybook(f"{place}: else comes last")
        rule = reading.mapping(each["if"], f"{place}.if") if "if" in each else None
        steps, reached, _ = _parse_steps(each.get("steps"), f"{place}.steps", seen, until)
        choices.append((rule, steps))
        after |= reached  # a run takes one choice, so the same template may stand in each
    return Branch(tuple(choices)), after


def parse_email(data: Mapping[str, Any], where: str, until: time | None) -> Email:
    reading.refuse_unknown(data, {"email", "coupon", "points"}, where)
    template = data["email"]
    if not isinstance(template, str) or not template:
        raise BadPlaybook(f"{where}.email: the id of a template is needed")
    points = reading.mapping(data.get("points") or {}, f"{where}.points")
    reading.refuse_unknown(points, {"grant"}, f"{where}.points")
    coupon = data.get("coupon") or ""
    if not isinstance(coupon, str):
        raise BadPlaybook(f"{where}.coupon: the id of an offer in dripline.yaml is needed")
    return Email(template, template, coupon, int(points.get("grant", 0)), until)


def _ending(data: Any, where: str) -> Ending:
    data = reading.mapping(data, where)
    reading.refuse_unknown(data, {"event", "within"}, where)
    return Ending(_event(data, where), reading.optional_duration(data, "within", where))


def _event(data: Mapping[str, Any], where: str) -> str:
    name = data.get("event")
    if name not in events.EVENTS:
        raise BadPlaybook(f"{where}.event: unknown event {str(name)[:40]!r}")
    return str(name)

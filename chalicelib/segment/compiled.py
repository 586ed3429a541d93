"""Rules compiled once for batches of customers: the questions each asks, and its verdict over their columns.

The meaning is that of `profile/rule.py` for one customer, condition by
condition; a test holds the two against each other. Refuses rules that are not
checked: an unknown word raises here as it does there. Conditions about an
order hold for nobody, since a segment has no order.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib import clock
from chalicelib.errors import BadPlaybook
from chalicelib.profile import conditions, happenings, vocabulary
from chalicelib.profile.comparison import comparisons
from chalicelib.profile.customer import day_number
from chalicelib.profile.rule import GROUPS, Rule
from chalicelib.profile.traits import TRAITS
from chalicelib.segment.batch import Batch, milliseconds
from chalicelib.segment.columns import Question, Whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

Inside = Mapping[str, "Array"]
Judge = Callable[[Batch, Inside | None], "Array"]


@dataclass(frozen=True)
class Compiled:
    """One rule: what it needs to know, and its verdict. Without `inside` memberships are those on the profiles."""

    questions: frozenset[Question]
    judge: Judge


def compile_rule(rule: Rule, *, inside_known: bool = False) -> Compiled:
    """Raises BadPlaybook for a condition that nobody knows. `inside_known`: memberships will be handed to `judge`."""
    questions: set[Question] = set()
    judge = _rule(rule, questions)
    if inside_known:
        questions = {question for question in questions if question.kind != "member"}
    return Compiled(frozenset(questions), judge)


@dataclass(frozen=True)
class Segments:
    """All definitions, in the order of their references."""

    rules: Mapping[str, Compiled]
    questions: frozenset[Question]

    def judge(self, batch: Batch) -> dict[str, "Array"]:
        """Segment → who is inside, in the order in which segments are judged."""
        inside: dict[str, Array] = {}
        for segment, compiled in self.rules.items():
            inside[segment] = compiled.judge(batch, inside)
        return inside


def compile_segments(definitions: Mapping[str, Any], order: Sequence[str]) -> Segments:
    """`order` is what membership.arrange gave."""
    rules = {segment: compile_rule(definitions[segment]["who"], inside_known=True) for segment in order}
    return Segments(rules, frozenset(each for compiled in rules.values() for each in compiled.questions))


def _rule(rule: Rule, questions: set[Question]) -> Judge:
    parts: list[Judge] = []
    for key in rule:
        if key in GROUPS:
            parts.append(_group(key, [_rule(each, questions) for each in rule[key]]))
        elif key not in conditions.DETAILS:
            parts.append(_remembered(key, rule, _condition(key, rule, questions)))
    return parts[0] if len(parts) == 1 else _group("all", parts)


def _group(key: str, parts: list[Judge]) -> Judge:
    def judge(batch: Batch, inside: Inside | None) -> "Array":
        import numpy as np

        held = np.full(batch.rows, key == "all")
        for part in parts:
            if key == "all":
                held &= part(batch, inside)
            else:
                held |= part(batch, inside)
        return ~held if key == "none" else held

    return judge


def _remembered(key: str, rule: Rule, judge: Judge) -> Judge:
    """What several rules ask in the same words is judged once a batch; memberships change while they are computed."""
    if key == "segment":
        return judge
    said = {name: rule[name] for name in (key, *conditions.DETAILS) if name in rule}
    text = json.dumps(said, sort_keys=True, default=str)

    def remember(batch: Batch, inside: Inside | None) -> "Array":
        if text not in batch.held:
            batch.held[text] = judge(batch, inside)
        return batch.held[text]

    return remember


def _condition(key: str, rule: Rule, questions: set[Question]) -> Judge:
    wanted = rule[key]
    if key in conditions.EVENT_KEYS:
        return _event(key, rule, questions)
    if key == "segment":
        return _segment(str(wanted), questions)
    if key == "tag":
        thresholds = wanted["thresholds"] if isinstance(wanted, Mapping) else None
        detail = "" if thresholds is None else json.dumps(thresholds, sort_keys=True)
        return _compared(Question("tag", conditions.tag_id(wanted), detail), True, questions)
    if key in conditions.NAMED_KEYS:
        name = vocabulary.kept(rule[key]) if key == "prediction" else rule[key]
        return _compared(Question(key, name), conditions.named_comparison(key, rule), questions)
    if key in conditions.ORDER_KEYS:
        return _nobody
    if key not in TRAITS:
        raise BadPlaybook(f"unknown condition {key!r} in a rule")
    if TRAITS[key].kind not in ("money", "band"):
        return _compared(Question("trait", key), wanted, questions)
    if TRAITS[key].kind == "money":
        return _compared(money_question(key, wanted), wanted, questions)
    if not isinstance(wanted, Mapping) or "thresholds" not in wanted:
        raise BadPlaybook(f"{key} has no thresholds; publishing fills them in from spend_bands")
    question = money_question("spend", wanted)
    questions.add(question)
    return lambda batch, inside: _column(batch, question).band(wanted)


def money_question(name: str, wanted: Any) -> Question:
    told = wanted if isinstance(wanted, Mapping) else {}
    return Question("money", name, json.dumps({key: told[key] for key in ("currency", "rates") if key in told}))


def _column(batch: Batch, question: Question) -> Any:
    return batch.columns[question]


def _compared(question: Question, wanted: Any, questions: set[Question]) -> Judge:
    questions.add(question)
    return lambda batch, inside: _column(batch, question).compare(wanted)


def _nobody(batch: Batch, inside: Inside | None) -> "Array":
    import numpy as np

    return np.zeros(batch.rows, dtype=bool)


def _segment(name: str, questions: set[Question]) -> Judge:
    question = Question("member", name)
    questions.add(question)

    def judge(batch: Batch, inside: Inside | None) -> "Array":
        if inside is None:
            held: Array = _column(batch, question).compare(True)
            return held
        return inside[name] if name in inside else _nobody(batch, inside)

    return judge


def _event(key: str, rule: Rule, questions: set[Question]) -> Judge:
    name, times = rule[key], rule.get("times")
    span = clock.parse_duration(rule["within"]) if rule.get("within") else None
    if "where" in rule:
        return _where(key, rule, questions)
    if times is not None and key == "did":
        counted = Question("days", name)
        questions.add(counted)

        def judge_times(batch: Batch, inside: Inside | None) -> "Array":
            first = None if span is None else day_number(batch.now - span)
            return Whole(_column(batch, counted).count(first, day_number(batch.now))).compare(times)

        return judge_times
    last = Question("last", name)
    questions.add(last)

    def judge(batch: Batch, inside: Inside | None) -> "Array":
        column = _column(batch, last)
        done: Array = column.ever() if span is None else column.since(milliseconds(batch.now - span))
        return done if key == "did" else ~done

    return judge


def _where(key: str, rule: Rule, questions: set[Question]) -> Judge:
    question = Question("single", rule[key])
    questions.add(question)
    span = clock.parse_duration(rule["within"]) if rule.get("within") else None
    wanted = rule["times"] if rule.get("times") is not None else {"gte": 1} if key == "did" else 0
    where = {name: happenings.shortened(name, value) for name, value in rule["where"].items()}

    def judge(batch: Batch, inside: Inside | None) -> "Array":
        import numpy as np

        column = _column(batch, question)
        such = np.ones(len(column.part_of), dtype=bool)
        for name, value in where.items():
            such &= _price(column, value) if name == "price" else column.field(name).compare(value)
        since = None if span is None else milliseconds(batch.now - span)
        return Whole(column.count(such, since)).compare(wanted)

    return judge


def _price(column: Any, wanted: Any) -> "Array":
    """A price in another currency than the one wanted is not known, like none at all."""
    import numpy as np

    currency = wanted.get("currency") if isinstance(wanted, Mapping) else None
    known = column.currency.compare({"not_in": [""]} if currency is None else currency)
    held = np.ones(len(known), dtype=bool)
    for sign, value in comparisons(wanted):
        compared = column.field("price").compare({sign: value})
        held &= np.where(known, compared, conditions.compare(None, {sign: value}))
    return held

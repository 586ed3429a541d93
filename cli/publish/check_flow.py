"""Mistakes in flows that a schema cannot find: mixed steps, unreachable arms, unknown templates and offers."""

from collections.abc import Callable, Iterator
from typing import Any

from chalicelib.events import EmailOpened, EmailRead
from cli.publish.check_template import Templates, carries_order, template_problems
from cli.publish.load import Document, Playbook, Problem, Where
from cli.publish.wording import nearest

RuleCheck = Callable[..., list[Problem]]
OPENS = (EmailOpened.name, EmailRead.name)


def flow_problems(
    document: Document, playbook: Playbook, templates: Templates | None, check_rule: RuleCheck
) -> Iterator[Problem]:
    """Problems of a flow whose shape is right. `check_rule` is check.rule_problems."""
    enter = document.data["enter"]
    about_order = carries_order(enter["event"])
    if "who" in enter:
        yield from check_rule(document, enter["who"], ("enter", "who"), playbook.segments, about_order=about_order)
    yield from _steps(document, document.data["steps"], ("steps",), playbook, templates, check_rule, about_order)
    yield from _opens(document, document.data, ())
    if not _sends(document.data["steps"]):
        yield document.problem(("steps",), "the flow sends nothing")


def _opens(document: Document, part: Any, where: Where) -> Iterator[Problem]:
    """A flow works the same for people whose opens nobody sees, so none may ask for one."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key in ("event", "did", "did_not") and value in OPENS:
                message = f"{value} is not known of everybody; a flow goes by clicks, visits and orders"
                yield document.problem((*where, key), message)
            else:
                yield from _opens(document, value, (*where, key))
    elif isinstance(part, list):
        for number, each in enumerate(part):
            yield from _opens(document, each, (*where, number))


def _steps(
    document: Document,
    steps: list[dict[str, Any]],
    where: Where,
    playbook: Playbook,
    templates: Templates | None,
    check_rule: RuleCheck,
    about_order: bool,
) -> Iterator[Problem]:
    offers = playbook.settings.data["offers"]
    for number, step in enumerate(steps):
        here = (*where, number)
        kinds = [kind for kind in (("wait", "until"), ("email",), ("branch",)) if any(key in step for key in kind)]
        if len(kinds) != 1:
            yield document.problem(here, "a step either waits (wait, until), sends (email) or branches (branch)")
        for extra in ("coupon", "points"):
            if extra in step and "email" not in step:
                yield document.problem((*here, extra), f"`{extra}` goes with an `email` in the same step")
        email, coupon = step.get("email"), step.get("coupon")
        if email and templates is not None:
            event = document.data["enter"]["event"]
            given = {"coupon": coupon is not None, "points": "points" in step}
            for message in template_problems(email, templates, started_by=event, **given):
                yield document.problem((*here, "email"), message)
        if coupon and coupon not in offers:
            yield document.problem((*here, "coupon"), f"there is no offer {coupon!r}{nearest(coupon, offers)}")
        for index, arm in enumerate(step.get("branch", ())):
            at = (*here, "branch", index)
            if ("if" in arm) == ("else" in arm):
                yield document.problem(at, "an arm has either `if` with a rule or `else: true`")
            if "if" in arm:
                yield from check_rule(document, arm["if"], (*at, "if"), playbook.segments, about_order=about_order)
            if "else" in arm and index < len(step["branch"]) - 1:
                yield document.problem((*at, "else"), "`else` must be the last arm; those behind it are never reached")
            yield from _steps(document, arm["steps"], (*at, "steps"), playbook, templates, check_rule, about_order)


def _sends(steps: list[dict[str, Any]]) -> bool:
    return any("email" in step or any(_sends(arm["steps"]) for arm in step.get("branch", ())) for step in steps)

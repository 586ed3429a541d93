"""Turns a checked playbook into the bundle: plain JSON that Lambdas use as it stands.

Money conditions get the store's currency and spend bands the store's
thresholds, shares become fractions, texts are rendered from MJML. Durations
and local times stay as written. The version is the digest of the content, so
the same files are the same version wherever they are compiled.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib import ids
from chalicelib.errors import BadPlaybook
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile.comparison import comparisons
from chalicelib.profile.traits import TRAITS
from cli.publish.check import check
from cli.publish.load import DEFAULT, Document, Playbook, Problem, load
from cli.publish.reasons import read_reasons

Renderer = Callable[[Path, list[str]], tuple[dict[str, Any], dict[str, Any]]]
"""(directory, languages) → templates by id, pages by language. Raises BadPlaybook, as `file:line:column: message`."""


@dataclass(frozen=True)
class Compiled:
    """The bundle when there are no problems, else None."""

    problems: list[Problem]
    bundle: Bundle | None


def render_files(directory: Path, languages: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Templates and pages as the playbook's `templates/` and `strings/` say them."""
    from cli.publish.templates import compile_pages, compile_templates

    return compile_templates(directory, languages), compile_pages(directory, languages)


def compile_playbook(directory: Path = DEFAULT, render: Renderer = render_files) -> Compiled:
    """Load, check and compile. Never raises for what stands in the files."""
    playbook = load(directory)
    in_templates: list[Problem] = []
    templates: dict[str, Any] | None = None
    pages: dict[str, Any] = {}
    languages = _languages(playbook)
    if languages:
        try:
            templates, pages = render(directory, languages)
        except BadPlaybook as fault:
            in_templates = [_read_problem(line) for line in str(fault).splitlines() if line.strip()]
    reasons, in_reasons = read_reasons(directory)
    problems = sorted(in_templates + in_reasons + check(playbook, templates))
    if problems or templates is None:
        return Compiled(problems, None)
    return Compiled([], _bundle(playbook, templates, pages, reasons))


def bundle_of(directory: Path = DEFAULT, render: Renderer = render_files) -> Bundle:
    """The bundle of a playbook that must be right; raises BadPlaybook with all problems when it is not."""
    compiled = compile_playbook(directory, render)
    if compiled.bundle is None:
        raise BadPlaybook("\n".join(map(str, compiled.problems)))
    return compiled.bundle


def content_of(bundle: Bundle) -> dict[str, Any]:
    """The bundle as stored; the order of keys is content too, for reasons and wordings are shown in it."""
    return {name: getattr(bundle, name) for name in Bundle.__dataclass_fields__}


def complete(rule: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The rule with the store's currency and spend bands where it does not name its own, and with its rates."""
    done: dict[str, Any] = {}
    for key, wanted in rule.items():
        kind = "money" if key == "order_total" else TRAITS[key].kind if key in TRAITS else ""
        if key in ("all", "any", "none"):
            done[key] = [complete(each, settings) for each in wanted]
        elif kind in ("money", "band"):
            done[key] = _rates(settings) | _amount(wanted, settings)
            if kind == "band":
                done[key] = {"thresholds": settings["spend_bands"]} | done[key]
        elif key == "tag":
            done[key] = {"eq": wanted, "thresholds": thresholds_of(settings)}
        elif key == "where":
            done[key] = {name: _amount(each, settings) if name == "price" else each for name, each in wanted.items()}
        else:
            done[key] = wanted
    return done


def _amount(wanted: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    compared = wanted if isinstance(wanted, Mapping) else dict(comparisons(wanted))
    return {"currency": settings["store"]["currency"]} | dict(compared)


def _rates(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What a unit of each currency is worth in the store's; nothing where the store names no other."""
    others = settings.get("currencies")
    return {"rates": {settings["store"]["currency"]: 1} | others} if others else {}


def thresholds_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What tags are judged by, shares as fractions, as they already are in a published bundle."""
    told: Mapping[str, Any] = settings.get("tags", {})
    return {key: _share(value) if isinstance(value, str) else value for key, value in told.items()}


def _bundle(playbook: Playbook, templates: dict[str, Any], pages: dict[str, Any], reasons: dict[str, Any]) -> Bundle:
    settings = playbook.settings.data
    content = {
        "settings": settings | {"holdout": _share(settings["holdout"]), "tags": thresholds_of(settings)},
        "segments": {name: _segment(each, settings) for name, each in playbook.segments.items()},
        "flows": {name: _flow(each, settings) for name, each in playbook.flows.items()},
        "campaigns": {name: _campaign(each, settings) for name, each in playbook.campaigns.items()},
        "templates": templates,
        "pages": pages,
        "sources": {name: _without_id(each) for name, each in playbook.sources.items()},
        "surveys": {name: _without_id(each) for name, each in playbook.surveys.items()},
        "reasons": reasons,
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Bundle(version=ids.digest("bundle", text), **json.loads(text))


def _without_id(document: Document) -> dict[str, Any]:
    return {key: value for key, value in document.data.items() if key != "id"}


def _segment(document: Document, settings: Mapping[str, Any]) -> dict[str, Any]:
    return _without_id(document) | {"who": complete(document.data["who"], settings)}


def _flow(document: Document, settings: Mapping[str, Any]) -> dict[str, Any]:
    data = _without_id(document)
    enter = dict(data["enter"])
    if "who" in enter:
        enter["who"] = complete(enter["who"], settings)
    return data | {
        "enter": enter,
        "holdout": _share(data.get("holdout", settings["holdout"])),
        "steps": [_step(step, settings) for step in data["steps"]],
    }


def _step(step: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    if "branch" not in step:
        return dict(step)
    arms = []
    for arm in step["branch"]:
        done = dict(arm) | {"steps": [_step(each, settings) for each in arm["steps"]]}
        if "if" in arm:
            done["if"] = complete(arm["if"], settings)
        arms.append(done)
    return dict(step) | {"branch": arms}


def _campaign(document: Document, settings: Mapping[str, Any]) -> dict[str, Any]:
    data = _without_id(document)
    return data | {"holdout": _share(data.get("holdout", settings["holdout"]))}


def _share(text: str) -> float:
    return round(float(text.removesuffix("%")) / 100, 6)


def _languages(playbook: Playbook) -> list[str]:
    """The store's languages if the settings say them well enough to compile templates, else none."""
    data = playbook.settings.data
    store = data.get("store") if isinstance(data, dict) else None
    found = store.get("languages") if isinstance(store, dict) else None
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        return []
    return found


def _read_problem(line: str) -> Problem:
    found = re.match(r"^([^\s:]+):(\d+)(?::(\d+))?: (.*)$", line.strip())
    if not found:
        return Problem("templates", 1, 1, line.strip())
    file, row, column, message = found.groups()
    return Problem(file, int(row), int(column or 1), message)

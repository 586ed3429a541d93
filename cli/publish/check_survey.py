"""Mistakes in surveys that a schema cannot find: keys used twice, choices that are none, rewards not offered."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from chalicelib.profile import implicit
from cli.publish.load import Document, Playbook, Problem, Where
from cli.publish.wording import nearest

Localised = Callable[[Document, dict[str, str], Sequence[str], Where], list[Problem]]

MOST_QUESTIONS, MOST_CHOICES = 30, 40
"""What a form can post; the answers of one survey are one fact."""
AGE_BANDS = [implicit.named(*band) for band in implicit.BANDS]
_FIELD_KINDS = {"gender": ("single",), "birthday": ("date",)}


def survey_problems(document: Document, playbook: Playbook, localised: Localised) -> Iterator[Problem]:
    """Problems of a survey whose shape is right. `localised` is check._localised."""
    data, settings = document.data, playbook.settings.data
    languages = settings["store"]["languages"]
    for name in ("title", "intro"):
        yield from localised(document, data[name], languages, (name,))
    reward = data.get("reward")
    if reward and reward not in settings["offers"]:
        message = f"there is no offer {reward!r}{nearest(reward, settings['offers'])}"
        yield document.problem(("reward",), message)
    if len(data["questions"]) > MOST_QUESTIONS:
        yield document.problem(("questions", MOST_QUESTIONS), f"at most {MOST_QUESTIONS} questions; few answer so many")
    seen: set[str] = set()
    for number, question in enumerate(data["questions"]):
        where: Where = ("questions", number)
        if question["key"] in seen:
            message = f"the key {question['key']!r} is used twice; each names its answers for good"
            yield document.problem((*where, "key"), message)
        seen.add(question["key"])
        yield from _question(document, question, where, languages, localised)


def _question(
    document: Document, question: Mapping[str, Any], where: Where, languages: Sequence[str], localised: Localised
) -> Iterator[Problem]:
    kind = question["kind"]
    for name in ("ask", "hint"):
        if name in question:
            yield from localised(document, question[name], languages, (*where, name))
    chosen = kind in ("single", "multiple")
    choices = question.get("choices", {})
    if chosen and len(choices) < 2:
        yield document.problem(where, f"a question of kind {kind} needs at least two `choices`")
    if not chosen and choices:
        yield document.problem((*where, "choices"), f"a question of kind {kind} has no choices")
    if len(choices) > MOST_CHOICES:
        yield document.problem((*where, "choices"), f"at most {MOST_CHOICES} choices")
    if question["key"] == "age_band":
        for key in choices:
            if key not in AGE_BANDS:
                message = f"{key!r} is no age band of segments: {', '.join(AGE_BANDS)}"
                yield document.problem((*where, "choices", key), message)
    for key, texts in choices.items():
        yield from localised(document, texts, languages, (*where, "choices", key))
    for name in ("least", "most"):
        if name in question and kind != "number":
            yield document.problem((*where, name), f"`{name}` belongs to a question of kind number")
    if question.get("least", 0) > question.get("most", question.get("least", 0)):
        yield document.problem((*where, "least"), "`least` must not be above `most`")
    field = question.get("field", "")
    wanted = _FIELD_KINDS.get(field, ("text", "single"))
    if field and kind not in wanted:
        yield document.problem((*where, "field"), f"{field} is told by a question of kind {' or '.join(wanted)}")

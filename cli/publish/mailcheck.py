"""What can be wrong with the Liquid of a template or of its words, found before anybody is mailed.

Unknown names, filters and tags; a sample of each mail is rendered strictly,
timed and weighed. Refuses to correct anything.
"""

import re
import time
from collections.abc import Iterator
from typing import Any

from chalicelib.deliver import language
from chalicelib.deliver.content import LINES_SHOWN
from cli.publish.wording import nearest

SIZE_LIMIT = 100 * 1024  # Gmail cuts off a mail at 102 KB, and with it the unsubscribe link
TIME_LIMIT = 0.050  # seconds of CPU for one mail

Mistake = tuple[int, str]
"""Where in the text, counted in characters, and what."""

LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ELEMENT = re.compile(r"<(/?)(mj-?[\w-]+)[^<>]*?(/?)>")
_ELEMENTS = {
    *("mjml", "mj-all", "mj-attributes", "mj-body", "mj-button", "mj-class", "mj-column", "mj-divider", "mj-group"),
    *("mj-head", "mj-hero", "mj-image", "mj-include", "mj-preview", "mj-raw", "mj-section", "mj-social"),
    *("mj-social-element", "mj-spacer", "mj-style", "mj-table", "mj-text", "mj-title", "mj-wrapper"),
}


class SampleLinks:
    """As long as real links are."""

    def make(self, url: str) -> str:
        return "https://abcdefghij.execute-api.us-east-1.amazonaws.com/api/c/" + "x" * 52


def liquid_mistakes(source: str) -> Iterator[Mistake]:
    """Every unknown name, filter and tag in one file or string."""
    from liquid.exceptions import LiquidError

    environment = language.environment(escaped=True)
    try:
        used = environment.from_string(source).analyze()
    except LiquidError as fault:
        yield getattr(fault.token, "start_index", 0) or 0, str(fault.message or fault)
        return
    for name, places in used.filters.items():
        if name not in environment.filters:
            for span in places:
                yield span.index, f"unknown filter {name!r}{nearest(name, environment.filters)}"
    for variables in used.globals.values():
        for variable in variables:
            name = ".".join(str(part) for part in variable.segments)
            if name not in language.VOCABULARY:
                yield variable.span.index, f"unknown name {name!r}{nearest(name, language.VOCABULARY)}"
    for root, variables in used.variables.items():
        for variable in variables:
            if root == "line" and root not in used.globals and str(variable.segments[-1]) not in language.LINE_WORDS:
                yield variable.span.index, f"a line has {', '.join(language.LINE_WORDS)}"


def mjml_mistakes(source: str) -> Iterator[Mistake]:
    """Elements that mails have no use for, and those not closed where they were opened: the compiler drops both."""
    bare = _COMMENT.sub(_blank, LIQUID.sub(_blank, source))
    open_elements: list[tuple[int, str]] = []
    for match in _ELEMENT.finditer(bare):
        closes, name, closed = match.groups()
        if name not in _ELEMENTS:
            yield match.start(), f"unknown element {name!r}{nearest(name, _ELEMENTS)}"
        elif closes and not open_elements:
            yield match.start(), f"</{name}> closes what is not open here"
        elif closes:
            place, opened = open_elements.pop()
            if opened != name:
                yield place, f"<{opened}> is not closed before </{name}>"
                return
        elif not closes and not closed:
            open_elements.append((match.start(), name))
    for place, name in open_elements:
        yield place, f"<{name}> is not closed"


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def names_used(*sources: str) -> list[str]:
    """The names of the vocabulary in these texts, sorted."""
    environment = language.environment(escaped=True)
    found = set()
    for source in sources:
        for variables in environment.from_string(source).analyze().globals.values():
            found |= {".".join(str(part) for part in variable.segments) for variable in variables}
    return sorted(found)


def sample_mistakes(copy: dict[str, Any]) -> Iterator[str]:
    """What goes wrong when a person with much, and one with little, is written to."""
    for person in ("Maximiliane", ""):
        values = _sample(person)
        try:
            language.fill(copy["subject"], values, SampleLinks(), escaped=False, strict=True)
            language.fill(copy["text"], values, SampleLinks(), escaped=False, strict=True)
            html = language.fill(copy["html"], values, SampleLinks(), escaped=True, strict=True)
        except language.TemplateFault as fault:
            yield f"it cannot be rendered: {fault}"
            return
        size = len(html.encode())
        if size > SIZE_LIMIT:
            yield f"the mail has {size // 1024} KB; Gmail cuts it off at 102 KB, so at most 100 are allowed"
    taken = min(_time(copy["html"], values) for _ in range(3))
    if taken > TIME_LIMIT:
        yield f"rendering takes {taken * 1000:.0f} ms; at most {TIME_LIMIT * 1000:.0f} ms are allowed"


def _time(source: str, values: dict[str, Any]) -> float:
    started = time.process_time()
    language.fill(source, values, SampleLinks(), escaped=True)
    return time.process_time() - started


def _sample(person: str) -> dict[str, Any]:
    page = "https://shop.example/pay?order=123456789"
    line = {
        "title": "A product whose title is about this long",
        "quantity": 2,
        "price": "US$19.99",
        "total": "US$39.98",
    }
    link = SampleLinks().make("")
    return {
        "customer": {"first_name": person, "points": 120},
        "store": {"name": "Store", "url": page, "postal_address": "Store Inc., 1 Long Street, Town, 12345, Country"},
        "order": {
            "number": "#1001",
            "total": "US$799.60",
            "pay_url": page,
            "lines": [line] * LINES_SHOWN,
            "more_lines": 3,
        },
        "coupon": {"code": "WELCOME10", "value": "10%", "expires_on": "November 30, 2026"},
        "points": {"granted": 100},
        "unsubscribe_url": link,
        "preferences_url": link,
        "survey_url": link,
        "confirm_url": link,
        "pixel_url": link,
    }

"""Compiles mail templates: MJML and words of each language → HTML and text with Liquid left for each person.

`templates/<id>.mjml` and `<id>.txt` hold no words; `[[name]]` stands for those
in `strings/<language>.yaml`. Files that begin with `_` are parts, put in by
`<mj-include path="_part.mjml" />` and `[[include _part.txt]]`. The first line
of a template says its class: `<!-- class: marketing -->` or transactional.

Every problem is found here, with file:line:column, so that none is found when
a mail is sent: see `mailcheck.py` for those of Liquid. A marketing template
must show a way to unsubscribe and the store's postal address, in both parts.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from typing import Any

from chalicelib.deliver.language import LINKS, OWN_LINKS
from chalicelib.errors import BadPlaybook
from cli.publish import copy as words
from cli.publish.load import Document, Problem
from cli.publish.mailcheck import LIQUID, liquid_mistakes, mjml_mistakes, names_used, sample_mistakes

_CLASS = re.compile(r"\s*<!-- class: (marketing|transactional) -->\n?")
_INCLUDE = re.compile(r'<mj-include path="([\w.-]+)"\s*/>|\[\[include ([\w.-]+)\]\]\n?')
_WORD = re.compile(r"\[\[(\w+)\]\]")
_PAGE = re.compile(r"\{\{(-?)\s*(" + "|".join(map(re.escape, LINKS)) + r")\s*(-?)\}\}")
_HREF = re.compile(r'href="([^"]*)"')
_COUNTED = re.compile(r"\{\{-?[^}]*\|\s*link\s*-?\}\}")
_OURS = re.compile(r"\{\{-?\s*(" + "|".join(OWN_LINKS) + r")\s*-?\}\}")
_REQUIRED = {"unsubscribe_url": "a way to unsubscribe", "store.postal_address": "the store's postal address"}
_PIXEL = (
    "{% if pixel_url != '' %}"
    '<img src="{{ pixel_url }}" width="1" height="1" alt="" style="display:block;border:0" />'
    "{% endif %}"
)


def compile_templates(playbook_dir: Path, languages: list[str]) -> dict[str, Any]:
    """Template id → {class, uses, locales: {language: {subject, preheader, html, text, formats}}}.

    `uses` are the names of the vocabulary it shows. Raises BadPlaybook with one line a problem.
    """
    strings, problems = words.read_strings(playbook_dir, languages)
    problems += [] if problems else words.compare(strings, "formats")
    _refuse(problems)
    compiled = {}
    for path in sorted((playbook_dir / "templates").glob("*.mjml")):
        if not path.name.startswith("_"):
            template = _Template(playbook_dir, path.stem)
            compiled[path.stem] = template.compile(strings)
            problems += template.problems
    _refuse(problems)
    return compiled


def compile_pages(playbook_dir: Path, languages: list[str]) -> dict[str, Any]:
    """Language → the words of the public pages, as `pages:` says them, and `formats` for days. Raises BadPlaybook."""
    strings, problems = words.read_strings(playbook_dir, languages)
    problems += [] if problems else [*words.compare(strings, "formats"), *words.compare(strings, "pages")]
    _refuse(problems)
    return {
        language: words.plain(document.data["pages"]) | {"formats": words.plain(document.data["formats"])}
        for language, document in strings.items()
    }


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise BadPlaybook("\n".join(str(problem) for problem in sorted(set(problems))))


@dataclass(frozen=True)
class _Source:
    """A template's file with its parts put in."""

    file: str
    text: str


class _Template:
    def __init__(self, directory: Path, name: str) -> None:
        self.problems: list[Problem] = []
        self._directory = directory
        self._name = name
        self._html = self._read(f"{name}.mjml")
        self._text = self._read(f"{name}.txt")

    def compile(self, strings: dict[str, Document]) -> dict[str, Any]:
        found = _CLASS.match(self._html.text)
        if not found:
            self._blame(self._html.file, "the first line must be <!-- class: marketing --> or transactional")
        kind = found[1] if found else "marketing"
        locales: dict[str, Any] = {}
        if not self.problems:
            for language, document in strings.items():
                copy = self._compile_locale(language, document)
                if copy:
                    locales[language] = copy
        uses: list[str] = []
        if not self.problems:
            copies = list(locales.values())
            uses = names_used(*(copy[part] for copy in copies for part in ("subject", "html", "text")))
            if kind == "marketing":
                self._check_marketing(copies)
            for copy in copies:
                for message in sample_mistakes(copy):
                    self._blame(self._html.file, message)
        return {"class": kind, "uses": uses, "locales": locales}

    def _compile_locale(self, language: str, strings: Document) -> dict[str, Any] | None:
        before = len(self.problems)
        copy = {
            "subject": self._put_words("[[subject]]", strings, _join_text),
            "preheader": self._put_words("[[preheader]]", strings, _join_text),
            "text": _count_clicks(self._put_words(self._text.text, strings, _join_text)),
            "formats": words.plain(strings.data["formats"]),
        }
        mjml = _count_clicks(self._put_words(_CLASS.sub("", self._html.text, count=1), strings, _join_html))
        if len(self.problems) > before:
            return None
        copy["html"] = self._to_html(mjml, language)
        return copy

    def _put_words(self, text: str, strings: Document, join: Callable[[str | list[str]], str]) -> str:
        def put(match: re.Match[str]) -> str:
            found = words.find(strings, self._name, match[1])
            if found is None:
                self.problems.append(
                    strings.problem(("mails", self._name), f"mails.{self._name}.{match[1]} is missing")
                )
                return ""
            where, value = found
            for line in [value] if isinstance(value, str) else value:
                self.problems += [strings.problem(where, message) for _, message in liquid_mistakes(line)]
            return join(value)

        return _WORD.sub(put, text)

    def _to_html(self, mjml: str, language: str) -> str:
        """MJML → HTML; Liquid steps aside meanwhile, since it is not XML."""
        import mrml

        kept: list[str] = []

        def keep(match: re.Match[str]) -> str:
            kept.append(match[0])
            return f"LIQUID{len(kept) - 1}END"

        def restore(text: str) -> str:
            return re.sub(r"LIQUID(\d+)END", lambda match: kept[int(match[1])], text)

        def lead(match: re.Match[str]) -> str:
            target = restore(match[1])
            if target.startswith(("https://", "http://")) and not LIQUID.search(target):
                return "href=\"{{ '" + unescape(target).replace("'", "%27") + "' | link }}\""
            if not (_COUNTED.fullmatch(target) or _OURS.fullmatch(target) or target.startswith(("mailto:", "#"))):
                self._blame(
                    self._html.file, f"a link must be one of {', '.join(LINKS + OWN_LINKS)} or start with https://"
                )
            return match[0]

        try:
            html = str(mrml.to_html(LIQUID.sub(keep, mjml), render_options=mrml.RenderOptions(fonts={})).content)
        except OSError as fault:
            self._blame(self._html.file, f"not MJML: {fault}")
            return ""
        html = _HREF.sub(lead, html).replace('lang="und"', f'lang="{language}"')
        return restore(html.replace("</body>", f"{_PIXEL}</body>"))

    def _check_marketing(self, copies: list[dict[str, Any]]) -> None:
        for part, file in (("html", self._html.file), ("text", self._text.file)):
            for copy in copies:
                shown = names_used(copy[part])
                for name, meaning in _REQUIRED.items():
                    if name not in shown:
                        self._blame(file, f"a marketing mail must show {meaning}: {{{{ {name} }}}}")

    def _read(self, name: str, depth: int = 0) -> _Source:
        """The file with its parts; what is wrong with the Liquid of each file is noted at its place."""
        file = f"templates/{name}"
        try:
            text = (self._directory / file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            self._blame(file, "this file is missing or is not UTF-8 text")
            return _Source(file, "")
        if depth > 3:
            self._blame(file, "parts include each other")
            return _Source(file, "")
        mistakes = [*liquid_mistakes(text), *(mjml_mistakes(text) if name.endswith(".mjml") else ())]
        for index, message in mistakes:
            before = text[:index]
            line, column = before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1
            self.problems.append(Problem(file, line, column, message))
        return _Source(file, _INCLUDE.sub(lambda match: self._read(match[1] or match[2], depth + 1).text, text))

    def _blame(self, file: str, message: str) -> None:
        self.problems.append(Problem(file, 1, 1, message))


def _join_text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "\n\n".join(value)


def _join_html(value: str | list[str]) -> str:
    """Words as markup: everything but Liquid is escaped, paragraphs become paragraphs."""
    if isinstance(value, str):
        return "".join(_escape_around_liquid(value))
    paragraphs = ["".join(_escape_around_liquid(each)) for each in value]
    last = len(paragraphs) - 1
    return "".join(
        f'<p style="margin:0 0 {0 if number == last else 12}px">{each}</p>' for number, each in enumerate(paragraphs)
    )


def _escape_around_liquid(text: str) -> Iterator[str]:
    end = 0
    for match in LIQUID.finditer(text):
        yield escape(text[end : match.start()])
        yield match[0]
        end = match.end()
    yield escape(text[end:])


def _count_clicks(text: str) -> str:
    """Every page of the store goes through `link`, whether its author thought of it or not."""
    return _PAGE.sub(r"{{\1 \2 | link \3}}", text)

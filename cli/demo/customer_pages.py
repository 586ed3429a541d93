"""Customers of the demo: a list, and one with everything known, the proof of consent and the evidence for the zone.

In the operator's languages, with `?language=zh-CN` as with `customer show --language zh-CN`.
"""

import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from chalicelib import clock
from chalicelib.playbook import bundle
from chalicelib.profile import store
from chalicelib.profile.customer import Customer
from chalicelib.profile.words import LANGUAGES
from cli import portrait, portrait_insights, portrait_text
from cli.demo import frame
from cli.demo.run import Demo
from cli.local.gateway import Answer, Request
from cli.portrait_words import Words, moment, started

SHOWN = 100
CALLED = {"en": "English", "zh-CN": "中文"}


def answer(demo: Demo, request: Request) -> Answer | None:
    """`/customers`, with `?q=` an address, and `/customers/<profile id>`."""
    if request.path != "/customers" and not request.path.startswith("/customers/"):
        return None
    asked = request.query.get("language", "")
    page = _Page(demo, asked if asked in LANGUAGES else LANGUAGES[0], request.path)
    if request.path == "/customers":
        return page.many(request.query.get("q", ""))
    found = portrait.find(demo.cloud.services, request.path.removeprefix("/customers/"))
    return page.one(found) if found else None


class _Page:
    def __init__(self, demo: Demo, language: str, path: str) -> None:
        self._demo, self._language, self._path = demo, language, path
        self._now = demo.cloud.now()
        self._playbook = bundle.load(demo.cloud.services.data, self._now)
        self._words = Words(self._playbook, language)
        self._invented = frame.invented(self._words.label("invented"))

    def many(self, wanted: str) -> Answer:
        words = self._words
        customers = [each for each in _everyone(self._demo) if wanted.lower() in each.email]
        customers.sort(key=lambda each: (each.last("Message Sent") is None, each.email))
        rows = (
            (
                f'<a href="/customers/{each.profile_id}{self._asking()}">{escape(each.email or each.profile_id)}</a>',
                escape(each.first_name),
                escape(each.country),
                escape(each.zone.name if each.zone else words.label("unknown")),
                escape(words.name("consent", each.consent_of("email").state)),
                str(len(each.orders)),
                str(len(each.messages)),
                escape(words.joined(*(words.speech.segment(segment) for segment in sorted(each.segments)))),
            )
            for each in customers[:SHOWN]
        )
        count = words.say("page_customers", number=len(customers), shown=min(len(customers), SHOWN))
        search = (
            f'<form method="get" action="/customers"><label>{escape(words.label("address contains"))}'
            f'<input name="q" value="{escape(wanted)}"></label>'
            f'<input type="hidden" name="language" value="{self._language}">'
            f'<button class="main">{escape(words.label("search"))}</button></form>'
        )
        intro = f"<p>{escape(count)} {escape(words.say('page_invented'))} {self._invented}</p>{search}"
        return self._page(
            words.label("Customers"),
            intro,
            self._table(
                "Customers",
                ("address", "name", "country", "time zone", "mail consent", "orders kept", "messages", "segments"),
                rows,
                numbers=(5, 6),
            ),
        )

    def one(self, customer: Customer) -> Answer:
        services, words = self._demo.cloud.services, self._words
        painted = portrait.paint(services, customer, self._playbook, self._now, self._language)
        made_up = words.labels("country", "language", "time zone")
        profile = [(words.label("name"), f"{escape(painted['first_name'])} {self._invented}")]
        for label, told in portrait_text.head(painted, words):
            mark = f" {self._invented}" if label in made_up else ""
            profile.append((label, escape(told) + mark))
        return self._page(
            painted["email"] or painted["profile_id"],
            f'<div class="split"><div class="card">{frame.pairs(profile)}</div><div class="card">'
            f"{self._title('consent')}{self._consent(painted)}</div></div>",
            self._title("tags") + self._tags(painted["tags"]),
            self._title("insights") + self._insights(painted["insights"]),
            self._title("known") + self._known(painted["known"]),
            self._title("wishes") + self._wanted(painted),
            self._title("measures") + self._measures(painted["measures"]),
            self._title("lately") + self._shopping(painted),
            self._title("segments") + self._segments(painted["segments"]),
            self._title("orders") + self._orders(painted["orders"]),
            self._title("timeline") + self._timeline(painted["timeline"]),
        )

    def _page(self, title: str, *parts: str) -> Answer:
        links = "".join(
            f'<li><a lang="{each}" href="{quote(self._path)}?language={each}"'
            f"{' aria-current=true' if each == self._language else ''}>{CALLED[each]}</a></li>"
            for each in LANGUAGES
        )
        chooser = f'<ul class="chips" aria-label="{escape(self._words.label("language"))}">{links}</ul>'
        now = clock.to_text(self._now)[:16]
        return frame.page(title, now, "/customers", chooser, *parts, language=self._language, said=self._words.label)

    def _asking(self) -> str:
        return f"?language={self._language}" if self._language != LANGUAGES[0] else ""

    def _title(self, label: str) -> str:
        return f"<h2>{escape(self._words.label(label))}</h2>"

    def _table(
        self, caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int] = ()
    ) -> str:
        """`caption` and `heads` are labels."""
        words = self._words
        named = words.labels(*heads)
        return frame.table(words.label(caption), named, rows, numbers=numbers, empty=words.label("nothing yet"))

    def _consent(self, painted: dict[str, Any]) -> str:
        words = self._words
        if not painted["consent"]:
            return f"<p>{escape(words.say('show_no_consent'))}</p>"
        shown = ""
        for channel, consent in painted["consent"].items():
            how = words.name("how", consent["how"]) if portrait_text.says_how(consent, words) else ""
            told_by = words.joined(words.name("source", consent["source"]), how)
            rows = {
                words.name("channel", channel): f"<strong>{escape(words.name('consent', consent['state']))}</strong>",
                words.label("since"): escape(moment(consent["since"] or "")),
                words.label("wording"): escape(portrait_text.worded(consent)),
                words.label("told by"): escape(told_by),
                words.label("proof"): escape(consent["proof"]),
            }
            shown += frame.pairs((name, told) for name, told in rows.items() if told)
        stopped = (
            words.say("show_stopped", channel=channel, stop=reason) for channel, reason in painted["suppressed"].items()
        )
        return shown + "".join(f"<p>{escape(each)}</p>" for each in stopped)

    def _tags(self, tags: Iterable[dict[str, Any]]) -> str:
        rows = (
            (escape(self._words.tag(each)), escape(each["tag"]), escape(each["why"][self._language])) for each in tags
        )
        return self._table("tags", ("what", "tag", "why"), rows)

    def _insights(self, told: dict[str, Any]) -> str:
        words = self._words
        if not told["as_of"]:
            return f'<p class="soft">{escape(words.say("show_not_computed"))}</p>'
        found = (
            tuple(map(escape, (each.what, each.found, each.figure, each.since, each.why)))
            for each in portrait_insights.shown(told, words)
        )
        blank = (tuple(map(escape, each)) for each in portrait_insights.blank(told, words))
        shown = self._table("insights", ("what", "found", "figure", "since", "why"), found, numbers=(2,))
        if told["suggested"]:
            pairs = (
                (each["name"][self._language], escape(words.joined(*each["titles"]))) for each in told["suggested"]
            )
            shown += f'<h3>{escape(words.label("worth showing"))}</h3><div class="card">{frame.pairs(pairs)}</div>'
        return f"{shown}<h3>{escape(words.label('blank'))}</h3>{self._table('blank', ('what', 'why'), blank)}"

    def _known(self, known: Iterable[dict[str, Any]]) -> str:
        words, rows = self._words, []
        for each in known:
            called = words.question(each["key"])
            for place, belief in enumerate((each, *each["beside"])):
                how = "show_told_by" if belief["explicit"] else "show_concluded_from"
                told = (
                    called if place == 0 else f"{called}{words.aside(words.label('beside'))}",
                    words.answer(each["key"], belief["value"]),
                    words.say(how, source=belief["source"]),
                    belief["at"][:10],
                    words.name("confidence", belief["confidence"]),
                    belief["why"].get(self._language, ""),
                )
                rows.append(tuple(map(escape, told)))
        return self._table("known", ("what", "value", "source", "at", "confidence", "why"), rows)

    def _wanted(self, painted: dict[str, Any]) -> str:
        rows = [(name, escape(told)) for name, told in portrait_text.wanted(painted, self._words)]
        if not rows:
            return f'<p class="soft">{escape(self._words.label("nothing said"))}</p>'
        return f'<div class="card">{frame.pairs(rows)}</div>'

    def _measures(self, measures: Iterable[dict[str, Any]]) -> str:
        words = self._words
        rows = (
            (
                escape(words.name("figure", each["name"])),
                escape(words.measure(each, "value")),
                escape(words.measure(each, "before")),
                escape(portrait_text.trend(each, words)),
                str(each["occurrences"]),
            )
            for each in measures
        )
        return self._table("measures", ("what", "now", "before", "trend", "rests on"), rows, numbers=(1, 2, 4))

    def _shopping(self, painted: dict[str, Any]) -> str:
        words, held = self._words, painted["cart"]
        content = words.joined(*(f"{line['quantity']} × {line['title']}" for line in held["lines"])) if held else ""
        listed = words.joined(*(f"{wish['title'] or wish['product_id']} {wish['price']}" for wish in painted["wishes"]))
        none = words.label("none")
        carts = ((words.label("cart"), escape(content or none)), (words.label("wish-list"), escape(listed or none)))
        rows = (
            (
                escape(moment(act["at"])),
                escape(started(words.name("act", act["kind"]))),
                escape(act["about"]),
                escape(act["price"]),
            )
            for act in painted["recent"]
        )
        table = self._table("lately", ("at", "act", "about", "price"), rows, numbers=(3,))
        return f'<div class="card">{frame.pairs(carts)}</div>{table}'

    def _segments(self, segments: Iterable[dict[str, Any]]) -> str:
        rows = (
            (
                escape(self._words.speech.segment(each["segment"])),
                escape(moment(each["since"])),
                f"<pre>{escape(chr(10).join(each['why'][:-1]))}</pre>",
            )
            for each in segments
        )
        return self._table("segments", ("segment", "since", "why"), rows)

    def _orders(self, orders: Sequence[dict[str, Any]]) -> str:
        rows = (
            (
                escape(moment(order["placed_at"])),
                escape(order["number"] or order["order_id"]),
                str(order["lines"]),
                escape(order["total"]),
                escape(self._words.name("status", order["status"])),
            )
            for order in orders[:50]
        )
        return self._table("orders", ("placed", "number", "lines", "total", "status"), rows, numbers=(2, 3))

    def _timeline(self, facts: Iterable[dict[str, Any]]) -> str:
        words = self._words
        rows = (
            (
                escape(moment(fact["at"])),
                escape(started(words.name("event", fact["event"]))),
                escape(words.about(fact["detail"])),
                escape(words.name("source", fact["source"])),
                f"<details><summary>{escape(fact['event'])}</summary><pre>{escape(_detail(fact))}</pre></details>",
            )
            for fact in facts
        )
        return self._table("timeline", ("at", "event", "about", "source", "detail"), rows)


def _everyone(demo: Demo) -> list[Customer]:
    found: list[Customer] = []
    after = None
    while True:
        page, after = store.scan(demo.cloud.services, after=after)
        found += page
        if after is None:
            return found


def _detail(fact: dict[str, Any]) -> str:
    return json.dumps(
        {name: value for name, value in fact["detail"].items() if name != "lines"}, ensure_ascii=False, default=str
    )[:300]

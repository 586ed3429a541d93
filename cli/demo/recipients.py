"""Simulated recipients: what they do with a mail, drawn from the seed and the mail alone. No person is behind them.

Shares are invented, and far livelier than any real store's, so that a few hundred
mails show every path. They use the links, pages and headers of the mail itself, over HTTP: pixels, clicks,
the one-click header, the unsubscribe page with a reason, the confirmation
button. Some are machines: a privacy proxy that loads every image, a scanner
that asks for every link with HEAD and GET.
"""

import random
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from cli.demo import wishes
from cli.demo.browser import Browser, Page
from cli.demo.people import Person
from cli.demo.timeline import Timeline
from cli.local.feedback import Posted, PostOffice

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
PROXY = "Mozilla/5.0"
SCANNER = "Mozilla/5.0 (compatible; Barracuda Link Protection; +https://www.barracuda.com/)"

BOUNCES, COMPLAINS = 0.02, 0.004
HAS_PROXY, HAS_SCANNER = 0.25, 0.06
OPENS, CLICKS, LEAVES = 0.75, 0.6, 0.24
ONE_CLICK = 0.5
GIVES_REASON = 0.85
LEAVES_BY_OLD_MAIL = 0.2
CONFIRMS = 0.8


class Recipients:
    """Reads each new mail once and plans what its recipient will do."""

    def __init__(
        self,
        post: PostOffice,
        timeline: Timeline,
        browser: Browser,
        person_of: Callable[[str], Person | None],
        after_click: Callable[[Person, str, datetime], None],
        seed: int,
    ) -> None:
        self._post = post
        self._timeline = timeline
        self._browser = browser
        self._person_of = person_of
        self._after_click = after_click
        self._seed = seed
        self._read = 0
        self._reasons_given = 0

    def leave_by_old_mail(self, start: datetime, span: timedelta) -> None:
        """Some who have a mail from before take its link to leave, within `span` from `start`."""
        newest = {posted.mail.recipient: posted for posted in self._post.posted}
        for address, posted in newest.items():
            chance = random.Random(f"{self._seed}:{address}:{start:%Y-%m-%d}:old mail")
            if self._person_of(address) is not None and chance.random() < LEAVES_BY_OLD_MAIL:
                at, reason = start + span * chance.random(), chance.random()
                self._timeline.at(
                    at,
                    lambda now, posted=posted, reason=reason: self._leave(  # type: ignore[misc]
                        posted, DESK, one_click=False, reason=reason
                    ),
                )

    def read_new_mail(self) -> None:
        """Plan the fate of every mail posted since the last look."""
        new, self._read = self._post.posted[self._read :], len(self._post.posted)
        for posted in new:
            person = self._person_of(posted.mail.recipient)
            if person is not None:
                self._plan(posted, person)

    def _plan(self, posted: Posted, person: Person) -> None:
        chance = random.Random(f"{self._seed}:{posted.mail.tag}")
        at = posted.sent_at + timedelta(seconds=1)
        self._timeline.at(at, lambda now: self._post.report(posted, "Send"))
        if chance.random() < BOUNCES:
            self._timeline.at(at + timedelta(seconds=9), lambda now: self._post.report(posted, "Bounce"))
            return
        at += timedelta(seconds=chance.randint(3, 40))
        self._timeline.at(at, lambda now: self._post.report(posted, "Delivery"))
        html = posted.body("html")
        links = [link for link in _hrefs(html) if "/c/" in link]
        if random.Random(f"{self._seed}:{person.number}:machines").random() < HAS_PROXY:
            self._timeline.at(at + timedelta(seconds=chance.randint(1, 20)), lambda now: self._load(html, PROXY))
        elif chance.random() < HAS_SCANNER:
            self._timeline.at(at + timedelta(seconds=2), lambda now: self._scan(links))
        self._plan_person(posted, person, chance, at, html, links)

    def _plan_person(
        self, posted: Posted, person: Person, chance: random.Random, at: datetime, html: str, links: list[str]
    ) -> None:
        agent = PHONE if chance.random() < 0.6 else DESK
        confirmation = next((link for link in _hrefs(html) if "/confirm/" in link), "")
        if confirmation:
            if chance.random() < CONFIRMS:
                at += timedelta(minutes=chance.randint(1, 50))
                self._timeline.at(at, lambda now: self._confirm(posted, confirmation, agent))
            return
        if chance.random() >= OPENS:
            return
        at += timedelta(minutes=min(chance.lognormvariate(4.2, 1.3), 3000))
        self._timeline.at(at, lambda now: self._load(html, agent))
        self._plan_wishes(posted, html, agent, at)
        fate = chance.random()
        if fate < COMPLAINS:
            self._timeline.at(at + timedelta(seconds=30), lambda now: self._post.report(posted, "Complaint"))
        elif fate < COMPLAINS + LEAVES:
            one_click = chance.random() < ONE_CLICK
            reason = chance.random() if chance.random() < GIVES_REASON else None
            self._timeline.at(
                at + timedelta(seconds=40), lambda now: self._leave(posted, agent, one_click=one_click, reason=reason)
            )
        elif links and chance.random() < CLICKS:
            link = links[int(chance.random() * len(links))]
            at += timedelta(seconds=chance.randint(5, 120))
            self._timeline.at(at, lambda now: self._click(posted, person, link, agent, now))

    def _plan_wishes(self, posted: Posted, html: str, agent: str, at: datetime) -> None:
        chance = random.Random(f"{self._seed}:{posted.mail.tag}:wishes")
        link = next((link for link in _hrefs(html) if "/p/" in link), "")
        if link and chance.random() < wishes.CHANGES_PREFERENCES:
            later = at + timedelta(minutes=chance.randint(1, 20))
            self._timeline.at(later, lambda now: wishes.change_preferences(self._browser, link, chance, agent))

    def _load(self, html: str, agent: str) -> None:
        for image in _images(html):
            self._browser.ask("GET", image, agent=agent)

    def _scan(self, links: list[str]) -> None:
        for link in links:
            self._browser.ask("HEAD", link, agent=SCANNER)
            self._browser.ask("GET", link, agent=SCANNER)

    def _click(self, posted: Posted, person: Person, link: str, agent: str, now: datetime) -> None:
        self._browser.ask("GET", link, agent=agent)
        self._after_click(person, posted.mail.tag, now)

    def _confirm(self, posted: Posted, link: str, agent: str) -> None:
        page = self._browser.ask("GET", link, agent=agent)
        for form in page.forms()[:1]:
            thanks = self._browser.submit(form, link, {}, agent=agent)
            chance = random.Random(f"{self._seed}:{posted.mail.recipient}:survey")
            wishes.answer_survey(self._browser, thanks, link, chance, agent)

    def _leave(self, posted: Posted, agent: str, *, one_click: bool, reason: float | None) -> None:
        link = re.sub("[<>]", "", str(posted.message["List-Unsubscribe"] or "").split(",")[-1].strip())
        if not link.startswith("http"):
            return
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        if one_click:
            self._browser.ask("POST", link, agent=agent, body=b"List-Unsubscribe=One-Click", headers=kind)
            if reason is None:
                return
        page = self._browser.ask("GET", link, agent=agent)
        for form in page.forms()[:1]:
            page = self._browser.submit(form, link, {}, agent=agent)
        if reason is None:
            return
        for form in page.forms():
            choices = form.choices.get("reason", [])
            if choices:
                # The first who leave name one reason each in turn, so that none is missing; the others as drawn.
                place = self._reasons_given if self._reasons_given < len(choices) else int(reason * len(choices))
                self._reasons_given += 1
                self._browser.submit(form, link, {"reason": choices[place]}, agent=agent)
                return


def _hrefs(html: str) -> list[str]:
    return Page(200, html).links()


def _images(html: str) -> list[str]:
    return [image for image in Page(200, html).images() if "/o/" in image]

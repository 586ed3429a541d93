"""Joining a list: the form, the same answer for everybody, and the button that makes it true."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from chalicelib import clock, ids
from chalicelib.collect import pages
from chalicelib.ids import Purpose
from chalicelib.profile import jobs, store
from tests.collect.conftest import NOW, playbook

FORM = {
    "action": "signup",
    "email": " Bea@Mail.example",
    "first_name": "Bea",
    "time_zone": "Europe/Berlin",
    "website": "",
}
SIGNED = re.compile(r"survey/[\w-]+")
BEA = ids.identity_key("email", "bea@mail.example")


@pytest.fixture
def form(web):
    return FORM | web.stamp("signup")


class Reader(HTMLParser):
    """What a page is made of: elements, the labels' targets, the ids, everything it would load."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.labels, self.ids, self.loads, self.handlers = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.elements.append((tag, given))
        if tag == "label" and "for" in given:
            self.labels.append(given["for"])
        if "id" in given:
            self.ids.append(given["id"])
        self.loads += [given[name] for name in ("src", "srcset", "data") if name in given]
        self.handlers += [name for name in given if name.startswith("on") or name == "style"]


def test_signing_up_is_one_fact_with_the_wording_shown(web, form):
    shown = web.call("GET", "/signup", {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
    assert "我愿意通过邮件接收" in shown.text
    answers = [web.post_form("/signup?lang=zh-CN", form) for _ in range(3)]
    assert [answer.status for answer in answers] == [200] * 3
    (fact,) = web.facts()
    assert (fact.name, fact.email, fact.first_name, fact.wording) == (
        "Signed Up",
        "bea@mail.example",
        "Bea",
        "signup-2026-11",
    )
    assert (fact.language, fact.time_zone, fact.channel) == ("zh-CN", "Europe/Berlin", "email")
    clock.set_source(lambda: NOW + timedelta(days=1, minutes=1))
    web.post_form("/signup", form)
    assert len(web.facts()) == 1, "a form a day old is shown once more"
    web.post_form("/signup", FORM | web.stamp("signup"))
    assert len(web.facts()) == 2


def test_the_answer_tells_nobody_who_is_known(web, form):
    web.post_form("/signup", form)
    jobs.fold_now(web.cloud, web.facts(), NOW)
    known = web.post_form("/signup", form)
    unknown = web.post_form("/signup", form | {"email": "nobody@mail.example"})
    trapped = web.post_form("/signup", form | {"website": "http://spam.example", "email": "bot@mail.example"})
    assert (known.status, known.headers) == (unknown.status, unknown.headers)
    assert SIGNED.sub("", known.text) == SIGNED.sub("", unknown.text), "the survey's link is the address's own"
    assert SIGNED.sub("", trapped.text) == SIGNED.sub("", known.text)
    assert {fact.email for fact in web.facts()} == {"bea@mail.example", "nobody@mail.example"}
    assert web.drops() == {"bot": 1}


def test_one_network_address_cannot_sign_up_the_world_and_nobody_is_left_waiting_for_a_mail(web, form):
    answers = [web.post_form("/signup", form | {"email": f"c{number}@mail.example"}) for number in range(22)]
    assert [answer.status for answer in answers] == [200] * 20 + [429] * 2
    assert len({SIGNED.sub("", answer.text) for answer in answers[:20]}) == 1
    assert "in an hour" in answers[-1].text
    assert 'value="c21@mail.example"' in answers[-1].text
    assert len(web.facts()) == 20
    assert web.drops() == {"too_often": 2}
    known = web.post_form("/signup", form | {"email": "c1@mail.example"})
    assert known.text.replace("c1@", "") == answers[-1].text.replace("c21@", ""), "nothing is told of who is known"
    trapped = web.post_form("/signup", form | {"email": "c22@mail.example", "website": "x"})
    assert (trapped.status, SIGNED.sub("", trapped.text)) == (200, SIGNED.sub("", answers[0].text))
    clock.set_source(lambda: NOW + timedelta(hours=1))
    assert web.post_form("/signup", form | {"email": "c21@mail.example"}).status == 200


@pytest.mark.parametrize(
    "email", ["", "a@b", "two@@mail.example", '"><script>alert(1)</script>@x.example', "a@b.example\nBcc: c"]
)
def test_an_address_that_is_none_is_shown_again_with_what_is_wrong(web, form, email):
    answer = web.post_form("/signup", form | {"email": email, "time_zone": "<b>"})
    assert answer.status == 400
    assert 'aria-invalid="true"' in answer.text
    assert "<script>alert" not in answer.text
    assert web.facts() == []


def test_only_the_button_behind_the_link_subscribes(web, form):
    web.post_form("/signup", form)
    jobs.fold_now(web.cloud, web.facts(), NOW)
    link = f"/confirm/{web.token(Purpose.CONFIRM, profile_id=BEA)}"
    clock.set_source(lambda: NOW + timedelta(minutes=5))
    for _ in range(3):
        assert web.call("GET", link, {"User-Agent": "curl/8"}).status == 200
    assert store.load(web.cloud, BEA).consent_of("email").state == "pending"
    first, second = (web.post_form(link, {"action": "confirm"}) for _ in range(2))
    assert (first.status, first.text) == (second.status, second.text)
    (fact,) = web.facts("Subscription Confirmed")
    assert fact.wording == "signup-2026-11"
    found = store.load(web.cloud, BEA).consent_of("email")
    assert (found.state, found.event_id) == ("subscribed", fact.id)


def test_every_page_is_whole_labelled_and_loads_nothing(web, form):
    tokens = web.send_message()
    seen = [
        web.call("GET", "/signup"),
        web.post_form("/signup", {"email": "x"}),
        web.post_form("/signup", form),
        web.call("GET", f"/u/{tokens[Purpose.UNSUBSCRIBE]}"),
        web.post_form(f"/u/{tokens[Purpose.UNSUBSCRIBE]}", {"action": "unsubscribe"}),
        web.post_form(f"/u/{tokens[Purpose.UNSUBSCRIBE]}", {"action": "undo"}),
        web.call("GET", f"/confirm/{tokens[Purpose.CONFIRM]}"),
        web.post_form(f"/confirm/{tokens[Purpose.CONFIRM]}", {"action": "confirm"}),
        web.call("GET", "/u/forged"),
    ]
    for answer in seen:
        page = Reader(answer.text)
        names = [tag for tag, _ in page.elements]
        assert page.elements[0] == ("html", {"lang": "en"})
        assert (names.count("h1"), names.count("main"), names.count("title")) == (1, 1, 1)
        assert page.loads == page.handlers == []
        assert len(page.ids) == len(set(page.ids))
        assert set(page.labels) <= set(page.ids)
        visible = [
            given
            for tag, given in page.elements
            if tag in ("input", "textarea") and given.get("type") not in ("hidden", "radio", "checkbox")
        ]
        assert {given["id"] for given in visible} <= set(page.labels)
        assert "{" not in answer.text.split("</style>")[1].split("<script>")[0]
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_words_are_escaped_and_a_missing_one_is_readable():
    words = pages.Words("en", {"signup_title": "<b>{store}</b>"}, store='"><img src=x>')
    page = pages.document(words, "signup_title", [pages.text_field("email", "E", value='"><script>')])
    assert "<img" not in page
    assert "<script>" not in page
    assert words("undo_button") == "Undo button"


def test_the_first_of_a_month_is_said_as_the_language_says_it():
    french, german = (pages.Words(each, playbook()["pages"][each]) for each in ("fr", "de"))
    first = datetime(2027, 1, 1, tzinfo=UTC)
    assert (french.day(first), german.day(first)) == ("1er janvier 2027", "1. Januar 2027")
    assert french.day(first + timedelta(days=1)) == "2 janvier 2027"

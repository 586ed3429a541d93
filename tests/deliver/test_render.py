"""What a mail says, in every language, to people with much, little or hostile data."""

import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib import ids
from chalicelib.deliver.content import format_money, to_first_name
from chalicelib.deliver.gate import SkipReason
from chalicelib.deliver.links import LINK_LIMIT, Links, add_campaign, to_store_page
from chalicelib.deliver.render import Rendered, render
from chalicelib.events import PreferencesChanged, Said
from chalicelib.ids import Purpose
from chalicelib.money import Money
from chalicelib.playbook.bundle import Bundle
from tests.deliver.people import (
    KEYS,
    LANGUAGES,
    NOW,
    PUBLIC_URL,
    TEMPLATES,
    TRANSACTIONAL,
    bundle_with,
    default_bundle,
    message_to,
    order,
    person,
)

HOSTILE = Path(__file__).resolve().parents[3] / "shared" / "material" / "hostile"
CLICK = re.compile(re.escape(PUBLIC_URL) + r"/c/([\w-]+)")


def mail(template="unpaid_3", *, profile=None, bundle=None, titles=("Linen duvet cover",), **changes) -> Rendered:
    profile = profile or person(facts=[order(titles=titles)])
    message = message_to(profile.profile_id, template, **changes)
    made = render(message, profile.customer, bundle or default_bundle(), keys=KEYS, public_url=PUBLIC_URL)
    assert isinstance(made, Rendered)
    return made


class Page(HTMLParser):
    """What a browser would act on: tags, and every address and handler in them."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.addresses, self.handlers, self.words = [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        for name, value in attributes:
            if name in ("href", "src", "action", "background"):
                self.addresses.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_data(self, data):
        self.words.append(data)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_reads_complete_in_every_language(template, language):
    profile = person(language=language, facts=[order()])
    made = mail(template, profile=profile)
    address = default_bundle().settings["store"]["postal_address"]
    assert made.language == language
    assert made.subject
    for part in (made.html, made.text):
        assert "{{" not in part
        assert "{%" not in part
        assert "[[" not in part
        assert address in part
        assert (f"{PUBLIC_URL}/u/" in part) == (template not in TRANSACTIONAL)
        assert (f"{PUBLIC_URL}/p/" in part) == (template != "confirm_subscription")
        assert (f"{PUBLIC_URL}/confirm/" in part) == (template == "confirm_subscription")
    assert f'lang="{language}"' in made.html
    assert not re.search(r"<[a-z/]", made.text)
    assert len(made.html.encode()) < 100 * 1024


@pytest.mark.parametrize(("language", "greeting"), [("en", "Hello,"), ("zh-CN", "您好！")])
def test_an_unknown_name_is_greeted_all_the_same(language, greeting):
    made = mail("welcome", profile=person(language=language, first_name=""))
    assert f"\n{greeting}\n" in made.text
    assert greeting in " ".join(Page(made.html).words)


def test_a_language_the_store_does_not_write_gets_the_stores_own():
    assert mail("welcome", profile=person(language="fi")).language == "en"
    assert mail("welcome", profile=person(language="zh")).language == "zh-CN"


def test_every_link_is_signed_and_leads_where_the_message_says():
    made = mail("unpaid_1")
    numbers = set()
    for part in (made.html, made.text):
        for token in CLICK.findall(part):
            read = ids.read_token(token, Purpose.CLICK, KEYS)
            assert read.profile_id == person().profile_id
            numbers.add(read.link)
    assert numbers == set(range(len(made.links)))
    for target in made.links:
        assert urlsplit(target).hostname == "shop.example"
        assert parse_qs(urlsplit(target).query)["utm_source"] == ["dripline"]
        assert parse_qs(urlsplit(target).query)["utm_campaign"] == ["flow:unpaid_order"]
    others = [each for each in Page(made.html).addresses if "/c/" not in each]
    assert sorted(each.removeprefix(PUBLIC_URL)[:3] for each in others) == ["/o/", "/p/", "/u/"]


def test_how_much_a_mail_tells_follows_country_consent_and_wish():
    asked = {"pixel": "individual", "ask_in": ["FR", "IT"], "wordings": []}
    agreed = asked | {"wordings": ["signup-2026-11"]}
    nobody = {"pixel": "none", "ask_in": [], "wordings": []}
    by_country = {"pixel": "none", "countries": {"DE": "campaign", "US": "individual"}, "ask_in": [], "wordings": []}
    french, german = person(country="FR"), person(country="DE")
    no = PreferencesChanged(
        id="no",
        occurred_at=NOW - timedelta(days=1),
        received_at=NOW - timedelta(days=1),
        source="test",
        who={"email": "ann@mail.example"},
        topics=(Said("tracking", "no"),),
    )
    declined = person(country="US", facts=[no])
    for tracking, profile, mode in (
        (asked, french, "none"),
        (asked | {"unasked": "campaign"}, french, "campaign"),
        (agreed, french, "individual"),
        (agreed, declined, "none"),
        (asked, person(country="US"), "individual"),
        (asked, person(country=""), "individual"),  # unknown counts as the store's own country
        (nobody, person(), "none"),
        (by_country, german, "campaign"),
        (by_country, french, "none"),
        (by_country, person(country="US"), "individual"),
    ):
        made = mail("welcome", profile=profile, bundle=bundle_with(tracking=tracking))
        assert (f"{PUBLIC_URL}/o/" in made.html) is (mode != "none")
        assert bool(CLICK.search(made.html + made.text)) is (mode == "individual")
        assert bool(made.links) is (mode == "individual")
        assert f"{PUBLIC_URL}/u/" in made.html
        assert "utm_source=dripline" in "".join(made.links) + made.text


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/pay",
        "//evil.example",
        "https:evil.example",
        "https://shop.example@evil.example/",
        "https://shop.example\\@evil.example/",
        "javascript:alert(1)//shop.example",
        "https://shop.example.evil.example/",
        "https://shop.example/\r\nSet-Cookie: a=b",
        "data:text/html,shop.example",
        "https://[shop.example/",
        "https://shop.example:99999/",
        "",
        "https://shop.example/" + "a" * 2000,
    ],
)
def test_a_page_that_is_not_the_stores_becomes_its_home_page(url):
    store = default_bundle().settings["store"]
    assert to_store_page(url, store) == store["url"]
    profile = person(facts=[order(pay_url=url)])
    assert {urlsplit(target).netloc for target in mail("unpaid_1", profile=profile).links} == {"shop.example"}


def test_campaign_parameters_keep_what_is_there():
    kept = add_campaign("https://shop.example/pay?key=a%2Fb&x=#top", "flow:welcome")
    assert kept.startswith("https://shop.example/pay?key=a%2Fb&x=&utm_source=dripline")
    assert kept.endswith("#top")
    assert add_campaign("https://shop.example/?utm_source=store", "c") == "https://shop.example/?utm_source=store"


def test_the_number_of_counted_links_ends_before_a_tokens_byte_does():
    store = default_bundle().settings["store"]
    links = Links("a" * 16, "b" * 16, "flow:x", store, keys=KEYS, public_url=PUBLIC_URL, mode="individual")
    made = [links.make(f"https://shop.example/{number}") for number in range(300)]
    assert len(links.targets) == LINK_LIMIT
    assert all("/c/" in each for each in made[:LINK_LIMIT])
    assert all(each.startswith("https://shop.example/") for each in made[LINK_LIMIT:])


def test_a_long_order_shows_its_beginning():
    made = mail("unpaid_1", titles=[f"Piece {number}" for number in range(23)])
    assert "Piece 19" in made.text
    assert "Piece 20" not in made.text
    assert "and 3 more" in made.text


def test_amounts_cannot_be_mistaken():
    assert format_money(Money(129_900, "USD")) == "US$1,299.00"
    assert format_money(Money(1_200, "JPY")) == "JP¥1,200"
    assert format_money(Money(-1_234_567, "KWD")) == "-1,234.567 KWD"


@pytest.mark.parametrize("name", ["Ann", "José María", "王芳", "O’Neil", "Jean-Luc", "J.R.", "राम", "Ωmega"])
def test_names_of_all_scripts_are_names(name):
    assert to_first_name(name)


@pytest.mark.parametrize(
    "name", ["evil.com", "http://a", "You won $500", "<b>", "{{ store }}", "a@b", "", "…", "Click here: x", "x" * 41]
)
def test_what_cannot_be_a_name_is_not_said(name):
    assert to_first_name(name) == ""


def naughty_strings():
    if not HOSTILE.is_dir():
        pytest.skip(f"the hostile strings are not at {HOSTILE}")
    return json.loads((HOSTILE / "blns.json").read_text())


def test_hostile_text_stays_text():
    calm = Page(mail(titles=["A calm title", "Another"]).html)
    strings = naughty_strings()
    assert len(strings) >= 500
    for hostile in [*strings, "\ud800", "a\x00b", "\u202egnp.exe", "</style><script>alert(1)</script>"]:
        profile = person(first_name=hostile, facts=[order(titles=[hostile, hostile + '"onload="x'])])
        made = mail(profile=profile)
        page = Page(made.html)
        assert page.tags == calm.tags, hostile
        assert page.handlers == []
        assert all(each.startswith("https://mail.shop.example/") for each in page.addresses)
        assert "\n" not in made.subject
        made.html.encode()
        made.text.encode()


@pytest.mark.parametrize(
    "code",
    [
        "{{ 7 | times: 7 }}",
        "{{ 7 | plus: 42 }}",
        "{% for i in (1..9) %}49{% endfor %}",
        "${7*7}",
        "<%= 7*7 %>",
        "#{7*7}",
        "{{ ''.__class__.__mro__ }}",
        "{% include '/etc/passwd' %}",
        "[[subject]]",
        "LIQUID0END",
    ],
)
def test_template_code_in_customer_data_stays_text(code):
    made = mail(titles=[code])
    assert code in " ".join(Page(made.html).words)
    assert f"- {code}: " in made.text


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in (1..1000) %}{% for b in (1..1000) %}{{ a }}{% endfor %}{% endfor %}",
        "{% for a in (1..100000000) %}{% endfor %}",
        "{% assign x = 'aaaaaaaaaa' %}{% for a in (1..1900) %}{{ x }}" + "a" * 200 + "{% endfor %}",
        "{{ customer.__class__ | nothing }}",
        "{% include 'x' %}",
    ],
)
def test_a_template_beyond_its_limits_is_not_sent(source):
    bundle = default_bundle()
    profile = person()
    copies = {language: copy | {"html": source} for language, copy in bundle.templates["welcome"]["locales"].items()}
    content = {name: getattr(bundle, name) for name in Bundle.__dataclass_fields__}
    broken = Bundle(**content | {"templates": {"welcome": bundle.templates["welcome"] | {"locales": copies}}})
    answer = render(message_to(profile.profile_id), profile.customer, broken, keys=KEYS, public_url=PUBLIC_URL)
    assert answer is SkipReason.UNRENDERABLE


def test_a_name_unknown_to_the_language_comes_out_empty_when_sent():
    bundle = default_bundle()
    profile = person()
    copies = {"en": bundle.templates["welcome"]["locales"]["en"] | {"text": "a{{ customer.nothing.at.all }}b"}}
    content = {name: getattr(bundle, name) for name in Bundle.__dataclass_fields__}
    older = Bundle(**content | {"templates": {"welcome": bundle.templates["welcome"] | {"locales": copies}}})
    made = render(message_to(profile.profile_id), profile.customer, older, keys=KEYS, public_url=PUBLIC_URL)
    assert isinstance(made, Rendered)
    assert made.text == "ab\n"

"""Compiling templates: every mistake is found before anybody is mailed, at its file and line."""

import shutil

import pytest

from chalicelib.deliver import language
from chalicelib.errors import BadPlaybook
from cli.publish.load import DEFAULT
from cli.publish.mailcheck import SIZE_LIMIT
from cli.publish.templates import compile_pages, compile_templates
from tests.deliver.people import LANGUAGES, TEMPLATES, TRANSACTIONAL, default_bundle


@pytest.fixture
def playbook(tmp_path):
    """A playbook with one template, the welcome mail, to be broken."""
    for folder in ("templates", "strings"):
        shutil.copytree(DEFAULT / folder, tmp_path / folder)
    for name in TEMPLATES:
        if name != "welcome":
            (tmp_path / "templates" / f"{name}.mjml").unlink()
    return tmp_path


def change(playbook, file, before, after):
    path = playbook / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


def problems(playbook, languages=("en", "zh-CN")):
    with pytest.raises(BadPlaybook) as fault:
        compile_templates(playbook, list(languages))
    return str(fault.value).splitlines()


def test_the_default_playbook_compiles_into_every_language():
    compiled = default_bundle().templates
    assert sorted(compiled) == sorted(TEMPLATES)
    for name, template in compiled.items():
        assert template["class"] == ("transactional" if name in TRANSACTIONAL else "marketing")
        assert sorted(template["locales"]) == sorted(LANGUAGES)
        assert set(template["uses"]) <= set(language.VOCABULARY)
        for copy in template["locales"].values():
            assert set(copy) == {"subject", "preheader", "html", "text", "formats"}
            assert "fonts.googleapis" not in copy["html"]
            assert "prefers-color-scheme: dark" in copy["html"]
    assert "order.pay_url" in compiled["unpaid_1"]["uses"]
    assert "coupon.code" in compiled["unpaid_3"]["uses"]


@pytest.mark.parametrize(
    ("file", "before", "after", "expected"),
    [
        (
            "templates/welcome.mjml",
            "[[closing]]",
            "{{ customer.frist_name }}",
            "templates/welcome.mjml:18:23: unknown name 'customer.frist_name'; did you mean 'customer.first_name'?",
        ),
        (
            "templates/_coupon.mjml",
            "{{ coupon.code }}",
            "{{ coupon.code | upcse }}",
            "templates/_coupon.mjml:4:176: unknown filter 'upcse'; did you mean 'upcase'?",
        ),
        (
            "templates/welcome.txt",
            "[[closing]]",
            "{% include 'x' %}",
            "templates/welcome.txt:13:4: unexpected tag 'include'",
        ),
        ("templates/welcome.txt", "[[closing]]", "{% if customer.points %}", "templates/welcome.txt:"),
        ("templates/welcome.mjml", "[[closing]]", "[[ending]]", "mails.welcome.ending is missing"),
        ("strings/zh-CN.yaml", "    button: 去逛逛\n", "", "mails.welcome.button is missing"),
        ("strings/en.yaml", "Welcome, and thank you", "Hi {{ nobody }}", "unknown name 'nobody'"),
        ("strings/en.yaml", "  day: ", "  dya: ", "formats.day is missing in en"),
        ("strings/en.yaml", "    greeting: ", "  \tgreeting: ", "strings/en.yaml:"),
        (
            "templates/welcome.mjml",
            "<!-- class: marketing -->",
            "",
            "templates/welcome.mjml:1:1: the first line must be",
        ),
        ("templates/_foot.mjml", "{{ unsubscribe_url }}", "#", "must show a way to unsubscribe: {{ unsubscribe_url }}"),
        ("templates/_foot.txt", "{{ unsubscribe_url }}", "", "must show a way to unsubscribe: {{ unsubscribe_url }}"),
        ("templates/_foot.mjml", "{{ store.postal_address }}", "", "must show the store's postal address"),
        ("templates/welcome.mjml", "{{ store.url }}", "{{ customer.first_name }}", "a link must be one of"),
        ("templates/welcome.mjml", "{{ store.url }}", "javascript:alert(1)", "a link must be one of"),
        ("templates/welcome.mjml", "</mj-wrapper>", "</mj-wraper>", "unknown element 'mj-wraper'; did you mean"),
        (
            "templates/welcome.mjml",
            "</mj-wrapper>",
            "",
            "welcome.mjml:6:5: <mj-wrapper> is not closed before",
        ),
        ("templates/welcome.mjml", "</mjml>", "</mjml></mj-text>", "</mj-text> closes what is not open here"),
        ("templates/welcome.mjml", '"_brand.mjml"', '"_none.mjml"', "_none.mjml:1:1: this file is missing"),
        (
            "templates/_brand.mjml",
            "</mj-section>",
            '<mj-include path="_brand.mjml" /></mj-section>',
            "include each other",
        ),
        ("templates/welcome.mjml", "[[closing]]", "y" * SIZE_LIMIT, "Gmail cuts it off"),
        (
            "templates/welcome.mjml",
            "[[closing]]",
            "{% for a in (1..100) %}{% for b in (1..100) %}x{% endfor %}{% endfor %}",
            "cannot be rendered: loop iteration limit reached",
        ),
    ],
)
def test_a_mistake_is_found_at_its_place(playbook, file, before, after, expected):
    change(playbook, file, before, after)
    found = problems(playbook)
    assert any(expected in each for each in found), found


def test_a_line_of_an_order_has_known_words(playbook):
    change(playbook, "templates/_order.mjml", "{{ line.total }}", "{{ line.colour }}")
    change(
        playbook, "templates/welcome.mjml", '<mj-include path="_coupon.mjml" />', '<mj-include path="_order.mjml" />'
    )
    assert any("a line has title, quantity, price, total" in each for each in problems(playbook))


def test_a_language_without_words_is_a_problem(playbook):
    assert "strings/it.yaml:1:1: the words in it are missing or cannot be read" in problems(playbook, ["en", "it"])


def test_a_page_of_the_store_written_out_is_counted_too(playbook):
    change(playbook, "templates/welcome.mjml", "{{ store.url }}", "https://shop.example/new?a=1&amp;b=2")
    html = compile_templates(playbook, ["en"])["welcome"]["locales"]["en"]["html"]
    assert "{{ 'https://shop.example/new?a=1&b=2' | link }}" in html


def test_words_are_text_not_markup(playbook):
    change(playbook, "strings/en.yaml", "Welcome, and thank you", "Tea & <b>biscuits</b>")
    copy = compile_templates(playbook, ["en"])["welcome"]["locales"]["en"]
    assert "Tea &amp; &lt;b&gt;biscuits&lt;/b&gt;" in copy["html"]
    assert "Tea & <b>biscuits</b>" in copy["text"]


def test_pages_have_the_same_words_in_every_language(playbook):
    pages = compile_pages(playbook, list(LANGUAGES))
    assert set(pages) == set(LANGUAGES)
    with (playbook / "strings" / "en.yaml").open("a") as words:
        words.write("  only_here: x\n")
    with pytest.raises(BadPlaybook, match=r"pages\.only_here is missing in zh-CN"):
        compile_pages(playbook, list(LANGUAGES))

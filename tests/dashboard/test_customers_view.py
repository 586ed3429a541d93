"""The view of the customers in a real browser: found by keyboard, kept in the address, in words and in numbers."""

import csv
import re

import pytest

from tests.collect.chromium import needs_chromium

pytestmark = needs_chromium
CARDS = ("groups", "life", "best", "models", "segment")
WORDS = {
    "en": ("Customers", "At-risk VIPs", "Blank, because ", "Where mails were opened"),
    "zh-CN": ("客户", "有流失风险的 VIP", "暂无：", "邮件在哪里被打开"),
}


@pytest.mark.parametrize(("language", "theme", "width"), [("en", "light", 1280), ("zh-CN", "dark", 360)])
def test_a_segment_is_found_with_the_keyboard_and_kept_in_the_address(chromium, address, language, theme, width):
    page = chromium.new_page(viewport={"width": width, "height": 800})
    faults, asked = [], []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[1]))
    view, vip, blank, places = WORDS[language]
    page.goto(f"{address}&lang={language}&theme={theme}")
    page.locator("#card-places svg rect").first.wait_for()
    assert page.locator("#card-places h2").inner_text() == places
    assert "customers.json" not in asked, "only who looks at the customers fetches them"

    page.get_by_role("link", name=view, exact=True).press("Enter")
    page.locator("#card-segments tbody tr").first.wait_for()
    assert page.locator("[aria-current=page]").inner_text() == view
    for card in CARDS:
        assert page.locator(f"#card-{card} svg").first.is_visible()
    assert blank in page.locator("#card-models").inner_text()
    page.locator("#card-segments input").press_sequentially("risk_vip")
    found = page.locator("#card-segments tbody button")
    assert found.all_inner_texts() == [vip]
    found.press("Enter")
    assert page.locator("#card-segment h2").inner_text() == vip
    page.locator(".rule summary").press("Enter")
    assert "prediction: dormancy_60d" in page.locator(".rule pre").inner_text()

    page.reload()
    page.locator("#card-segments tbody tr").first.wait_for()
    assert (found.all_inner_texts(), page.locator("#card-segment h2").inner_text()) == ([vip], vip)
    for card in CARDS:
        page.locator(f"#card-{card} .tools button").first.press("Enter")
        assert page.locator(f"#card-{card} table").is_visible()
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    words = page.evaluate("document.body.innerText").replace("at_risk_vip", "")
    assert not re.search(r"\b[a-z]+_[a-z_]+\b|undefined|NaN", words), "every word is one of the language's"
    page.go_back()
    page.locator("#card-places").wait_for()
    assert faults == []
    page.close()


def test_the_csv_of_the_segments_tells_of_people_in_tens(chromium, address):
    page = chromium.new_page()
    page.goto(f"{address}&lang=en&view=customers")
    with page.expect_download() as told:
        page.locator("#card-segments .tools button").last.press("Enter")
    rows = list(csv.reader(told.value.path().read_text("utf-8-sig").splitlines()))
    page.close()
    assert rows[0][:3] == ["id", "Segment", "Customers"]
    assert len(rows) > 50
    people = [row[place] for row in rows[1:] for place in (2, 4, 5, 6, 7)]
    assert "" in people, "fewer than ten is no number"
    assert all(int(number) % 10 == 0 and int(number) >= 10 for number in people if number)

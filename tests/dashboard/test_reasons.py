"""The cards that say why people left, in a real browser: by week and by flow, as chart and as table, on any screen."""

import pytest

from tests.collect.chromium import needs_chromium

pytestmark = needs_chromium
CARDS = ("#card-reasons", "#card-reasons-by-flow")
WORDS = {"en": ("All flows and campaigns", "Members' week"), "zh-CN": ("全部流程与活动", "会员周")}


def rows_of(page, card):
    return [row.split("\t") for row in page.locator(f"{card} tbody tr").all_inner_texts()]


@pytest.mark.parametrize(("language", "theme", "width"), [("en", "light", 1280), ("zh-CN", "dark", 360)])
def test_a_flow_is_chosen_with_the_keyboard_and_kept_in_the_address(chromium, address, language, theme, width):
    page = chromium.new_page(viewport={"width": width, "height": 800})
    faults = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.goto(f"{address}&lang={language}&theme={theme}")
    everything, week = WORDS[language]
    choice = page.locator("#card-reasons select")
    choice.wait_for()
    assert choice.locator("option").all_inner_texts()[0] == everything
    for card in CARDS:
        assert page.locator(f"{card} svg rect").count() > 5
        page.locator(f"{card} .tools button").first.press("Enter")
        assert page.locator(f"{card} table").is_visible()
    assert {row[1] for row in rows_of(page, "#card-reasons")} >= {everything, week}
    assert week in {row[0] for row in rows_of(page, "#card-reasons-by-flow")}

    choice.focus()
    choice.select_option(label=week)
    assert page.evaluate("document.activeElement.tagName") == "SELECT", "the keyboard stays where it was"
    assert {row[1] for row in rows_of(page, "#card-reasons")} == {week}
    page.reload()
    choice.wait_for()
    assert choice.evaluate("each => each.selectedOptions[0].textContent") == week
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert faults == []
    page.close()


def test_a_reason_of_fewer_than_ten_is_no_number_in_the_table(chromium, address):
    page = chromium.new_page()
    page.goto(f"{address}&lang=en&table=reasons")
    page.locator("#card-reasons tbody tr").first.wait_for()
    numbers = [cell for row in rows_of(page, "#card-reasons") for cell in row[2:-1]]
    assert "–" in numbers
    assert all(cell == "–" or int(cell) >= 10 for cell in numbers)
    page.close()

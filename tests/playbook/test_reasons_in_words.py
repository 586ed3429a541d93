"""A store may word reasons its own way: its words count, the rest come with Dripline, mistakes are named."""

import re
import shutil
from datetime import UTC, datetime

import pytest

from chalicelib.profile import words
from chalicelib.profile.customer import Customer
from chalicelib.profile.insights import Reason
from chalicelib.segment import membership
from cli.publish.compile import bundle_of
from cli.publish.load import DEFAULT, load
from cli.publish.reasons import read_reasons
from tests.playbook.speech import CHINESE
from tests.playbook.stand_in import render_names


def with_words(directory, text, language="en"):
    (directory / "reasons").mkdir(exist_ok=True)
    (directory / "reasons" / f"{language}.yaml").write_text(text, encoding="utf-8")
    return read_reasons(directory)


def test_a_playbook_without_reasons_has_those_that_come_with_dripline(tmp_path):
    assert read_reasons(tmp_path) == read_reasons(DEFAULT)
    assert read_reasons(DEFAULT)[1] == []


def test_own_words_count_and_the_rest_stays(tmp_path):
    found, problems = with_words(
        tmp_path, "names: {group: {champions: Our heroes}}\nreasons: {no_order: not one order so far}\n"
    )
    assert problems == []
    assert words.name("group", "champions", found["en"]) == "Our heroes"
    assert words.name("group", "loyal", found["en"]) == "Loyal"
    assert words.say(Reason("no_order"), found["en"]) == "not one order so far"
    assert words.say(Reason("ignored", {"in_a_row": 6}), found["en"]).startswith("the last 6 messages")
    assert found["zh-CN"] == read_reasons(DEFAULT)[0]["zh-CN"]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("reasons: {no_ordre: none}", "reasons/en.yaml:1:11", "there is no reason no_ordre"),
        ("reasons: {rfm: '{days} and {hours}'}", "reasons/en.yaml:1:11", "rfm has no figure hours"),
        ("reasons: {rfm: 7}", "reasons/en.yaml:1:11", "expected a sentence, or a list of clauses"),
        ("names: {colour: {red: Red}}", "reasons/en.yaml:1:9", "nothing is named by colour"),
        ("words: {}", "reasons/en.yaml:1:1", "words is not known here; expected join, names and reasons"),
        ("[1, 2]", "reasons/en.yaml:1:1", "expected join, names and reasons"),
        ("reasons: [", "reasons/en.yaml:1:11", ""),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path, text, place, message):
    found, problems = with_words(tmp_path, text)
    assert [f"{each.file}:{each.line}:{each.column}" for each in problems] == [place]
    assert message in problems[0].message
    assert set(found) == set(words.LANGUAGES)


def test_reasons_are_no_strays(tmp_path):
    shutil.copytree(DEFAULT / "reasons", tmp_path / "reasons")
    assert not [each for each in load(tmp_path).problems if each.file.startswith("reasons")]


def test_clauses_without_figures_are_left_out_and_numbers_agree():
    sentences = {
        "join": " + ",
        "reasons": {"many": ["{cats|cat|cats}", "{dogs|dog|dogs}", "{share:%} of {food}"], "one": "{cats|cat|cats}"},
        "names": {"food": {"fish": "Fish!"}},
    }
    assert words.say(Reason("many", {"cats": 1, "dogs": 0, "share": 0.255, "food": "fish"}), sentences) == (
        "1 cat + 26% of Fish!"
    )
    assert words.say(Reason("many", {"cats": 0, "dogs": 2.5, "share": 0, "food": ""}), sentences) == "2.5 dogs"
    assert words.say(Reason("one", {"cats": 0}), sentences) == "0 cats"


def test_every_condition_of_the_default_segments_is_explained_in_chinese():
    nobody, now = Customer("ann", {"created": "2026-01-01T00:00:00.000Z"}), datetime(2026, 11, 23, tzinfo=UTC)
    segments = bundle_of(DEFAULT, render_names).segments
    for segment in segments:
        for line in membership.explain(segments, nobody, segment, now, CHINESE):
            said = re.sub(r"(分群|标签) \S+：", "", line)
            assert "condition_" not in line
            assert re.search("[\u4e00-\u9fff]", said), line
            assert not re.search(r"\b(wanted|not known|never|some|none|one of|yes|no|high|subscribed)\b", said), line
            assert not re.search(r"[a-z]+_[a-z]+", said.removeprefix(f"不属于分群 {segment}")), line


def test_a_reason_without_a_sentence_shows_its_key_and_figures():
    assert words.say(Reason("new_kind", {"days": 3}), {}) == "new_kind, days 3"
    assert words.name("tag", "brand:Aster", {}) == "brand:Aster"
    assert words.name("group", "champions", {}) == "champions"

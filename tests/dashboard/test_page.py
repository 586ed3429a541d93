"""The page's files: the contract, the two languages, the manners that keep strings from becoming markup."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest

from chalicelib.collect.delivery import DropReason
from chalicelib.decide.message import OVER_CAP
from chalicelib.deliver.gate import SkipReason
from chalicelib.measure import schema

PAGE = Path(__file__).resolve().parents[2] / "dashboard"
LANGUAGES = {name: json.loads((PAGE / "i18n" / f"{name}.json").read_text()) for name in ("en", "zh-CN")}
SCRIPTS = sorted(PAGE.rglob("*.js"))


@pytest.mark.parametrize("name", schema.FILES)
def test_the_schema_is_what_the_code_means_and_the_sample_satisfies_it_and_says_what_it_is(name):
    meant = schema.FILES[name]()
    assert json.loads((PAGE / "schema" / f"{name}.json").read_text()) == meant
    jsonschema.Draft202012Validator.check_schema(meant)
    manifest = json.loads((PAGE / "sample" / "manifest.json").read_text())
    sample = json.loads((PAGE / "sample" / manifest["files"][name]).read_text())
    jsonschema.Draft202012Validator(meant).validate(sample)
    schema.check(name, sample)
    assert sample["sample"] is True


def test_both_languages_say_everything_with_the_same_blanks():
    english, chinese = LANGUAGES["en"], LANGUAGES["zh-CN"]
    assert list(english) == list(chinese)
    for key, text in english.items():
        assert text.strip()
        assert chinese[key].strip()
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", chinese[key])), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_for_what_did_not_happen_has_words(language):
    words = LANGUAGES[language]
    assert {f"skip_{reason.value}" for reason in SkipReason} | {f"skip_{OVER_CAP}"} <= set(words)
    assert {f"drop_{reason.value}" for reason in DropReason} <= set(words)


def test_every_word_that_the_page_asks_for_is_there():
    asked = set()
    for script in SCRIPTS:
        asked |= set(re.findall(r"\bsay\(\"(\w+)\"", script.read_text()))
    asked |= set(re.findall(r'data-(?:text|label)="(\w+)"', (PAGE / "index.html").read_text()))
    assert len(asked) > 50
    assert asked <= set(LANGUAGES["en"])


def test_no_string_is_ever_parsed_as_markup_and_nothing_comes_from_elsewhere():
    for script in SCRIPTS:
        text = script.read_text()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), (
            script
        )
        addresses = set(re.findall(r"https?://[^\"'`\s)]+", text))
        assert addresses <= {"http://www.w3.org/2000/svg"}, script
    page = (PAGE / "index.html").read_text()
    assert "default-src 'self'" in page
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script>", page)
    assert not re.findall(r"https?://", page + (PAGE / "style.css").read_text())


def test_the_page_stays_light():
    files = [*SCRIPTS, PAGE / "index.html", PAGE / "style.css"]
    assert sum(each.stat().st_size for each in files) < 100_000


CELLS = {
    "=HYPERLINK(1)": "'=HYPERLINK(1)",
    " =1+1": "' =1+1",
    "\u00a0@x": "'\u00a0@x",
    "x\n=cmd": "'x\n=cmd",
    "+1": "'+1",
    "-1": "'-1",
    "\tx": "'\tx",
    "＝1": "'＝1",
    "plain": "plain",
    "a = b": "a = b",
}


@pytest.mark.skipif(shutil.which("node") is None, reason="runs the page's CSV module, which needs node")
def test_a_spreadsheet_runs_nothing_of_the_csv():
    program = (
        f"import {{ cell }} from {json.dumps((PAGE / 'csv.js').as_uri())};"
        f"console.log(JSON.stringify([{json.dumps(list(CELLS))}.map(cell), cell(-5), cell(null)]))"
    )
    answer = subprocess.run(
        ["node", "--no-warnings", "--input-type=module", "-e", program], capture_output=True, text=True, check=True
    )
    cells, number, nothing = json.loads(answer.stdout)
    assert [each[1:-1].replace('""', '"') if each.startswith('"') else each for each in cells] == list(CELLS.values())
    assert (number, nothing) == ("-5", "")

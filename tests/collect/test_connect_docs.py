"""The pages that say how to connect a store name just what the code does."""

import json
import re

import pytest

from chalicelib.collect.delivery import DropReason
from chalicelib.collect.intake import STATUS
from chalicelib.collect.sources import shopify, shoplazza, shopline, woocommerce
from tests.collect.conftest import NOW, ROOT, sign_generic

DOCS = ROOT / "docs" / "connect"
NAMES = ("shopify", "woocommerce", "shopline", "shoplazza", "generic")


@pytest.mark.parametrize("platform", [shopify, shopline, shoplazza], ids=lambda each: each.NAME)
def test_every_topic_that_is_read_is_in_the_table(platform):
    page = (DOCS / f"{platform.NAME}.md").read_text()
    named = re.findall(r"^\|(?: [^|]+ \|)? `([a-z_]+/[a-z_]+)` \|", page, re.MULTILINE)
    assert sorted(named) == sorted(platform.TOPICS)


def test_every_topic_of_woocommerce_is_in_its_table():
    named = re.findall(r"^\| [^|]+ \| `([a-z]+\.[a-z]+)`", (DOCS / "woocommerce.md").read_text(), re.MULTILINE)
    assert set(named) == {topic for topic in woocommerce.TOPICS if not topic.startswith("coupon.")} | {"coupon.created"}


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_named_is_one_that_is_given(name):
    rows = re.findall(r"^\| (\d{3}) (`[^|]*`) \|", (DOCS / f"{name}.md").read_text(), re.MULTILINE)
    found = [(int(status), word) for status, words in rows for word in re.findall(r"`(\w+)`", words) if word != "ok"]
    assert len(found) >= 3
    for status, word in found:
        assert STATUS.get(DropReason(word), 200) == status


def test_the_example_of_the_generic_source_is_taken(web):
    program = re.search(r"```python\n(.*?)```", (DOCS / "generic.md").read_text(), re.DOTALL).group(1)
    values = {}
    exec(program.split("stamp =")[0], values)
    body = values["body"]
    assert json.loads(body)["type"] == "order.placed"
    headers = {"Content-Type": "application/json", "X-Dripline-Signature": sign_generic(body, "generic-secret", NOW)}
    assert web.call("POST", "/webhooks/generic", headers, body).text == "ok"
    assert [fact.order_id for fact in web.facts()] == ["generic:1001"]

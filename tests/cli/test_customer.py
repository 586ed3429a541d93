"""`dripline customer show` and `split`, as an operator calls them on a store's facts."""

import io
import json
import re
import sys
import threading
from datetime import timedelta

from chalicelib import events, ids
from chalicelib.events import Line, Said
from chalicelib.money import Money
from chalicelib.profile import store
from cli.demo import prompt
from tests.cli.conftest import NOW
from tests.profile.facts import fact, stream

ADA = {"email": "ada@show.example"}
BOTH = ADA | {"customer": "show-7"}


def facts():
    lines = (Line("p1", "Kettle", 1, Money(4000, "USD"), "kitchen"),)
    for days in (80, 60, 40, 20):
        when = NOW - timedelta(days=days)
        content = {"order_id": f"show-{days}", "total": Money(4000, "USD"), "updated_at": when, "lines": lines}
        yield fact(events.OrderCompleted, when, BOTH, **content, placed_at=when, discount=Money(500, "USD"))
    yield fact(
        events.SurveyAnswered, NOW, ADA, survey="about_you", answers=(Said("occupation", "nurse"),), source="pages"
    )
    yield fact(events.CustomerUpdated, NOW, BOTH, city="Tokyo", said=(Said("occupation", "teacher"),))
    yield fact(events.ProductAddedToWishlist, NOW, ADA, product_id="p9", title="Teapot", price=Money(900, "USD"))
    yield fact(events.ProductViewed, NOW, {"customer": "show-7"}, product_id="p9", title="Teapot")


def test_a_customer_is_shown_with_sources_tags_measures_and_why(local, run):
    stream(local.services, facts())
    assert run("publish").exit_code == 0
    shown = run("customer", "show", "ada@show.example", "--why")
    assert shown.exit_code == 0, shown.output
    for line in (
        "  No consent on record: nothing is sent but what an order needs",
        "  occupation: nurse (told by a survey, 2026-11-23, certain)",
        "    beside: teacher (told by the store, 2026-11-23, likely)",
        "  Promo-sensitive (promo_sensitive)",
        "    4 of 4 orders without a code in a year were bought at a reduced price",
        "  2026-11-23 09:00 UTC  Looked at a product: Teapot (shopify)",
        "  2026-10-14 09:00 UTC  Paid for an order: show-40 (shopify)",
        "  2026-11-23  Teapot  9.00 USD",
    ):
        assert line in shown.output.splitlines(), shown.output
    whole = json.loads(run("customer", "show", "show-7", "--json").stdout)
    chinese = run("customer", "show", "ada@show.example", "--language", "zh-CN").output
    for line in (
        "  对促销敏感（promo_sensitive）",
        "  没有订阅同意记录：除订单所需通知外，不发送任何消息",
        "  职业：nurse（来源：问卷，2026-11-23，确定）",
        "  2026-11-23 09:00 UTC  浏览商品：Teapot（shopify）",
        "行为指标（近 90 天与此前 90 天对比）",
    ):
        assert line in chinese.splitlines(), chinese
    said = "\n".join(line for line in chinese.splitlines() if "shopify" not in line).replace(whole["profile_id"], "")
    said = re.sub(r"（[a-z_:0-9-]+）|\S+@\S+|[A-Z]\w+/\w+|show-\d+", "", said)
    assert set(re.findall(r"[A-Za-z]{4,}", said)) <= {"nurse", "teacher", "Teapot", "Tokyo", "kitchen", "Tier"}
    assert {"tag", "name", "why", "confidence"} == set(whole["tags"][0])
    assert next(each for each in whole["measures"] if each["name"] == "orders")["value"] == "4"


class Thinking(io.StringIO):
    """An operator who looks at a page before answering."""

    def __init__(self, answer, look):
        super().__init__(answer)
        self._look, self.looked = look, False

    def readline(self, *_):
        page = threading.Thread(target=self._look, daemon=True)
        page.start()
        page.join(60)
        self.looked = not page.is_alive()
        return super().readline()


def test_while_an_operator_is_asked_the_demos_pages_are_served_and_its_metrics_stay_off_the_terminal(local, run):
    stream(local.services, facts())

    def look():
        with local.lock:
            print("a metric")

    for answer, end in (("n\n", "Aborted"), ("", "Aborted")):
        out, operator, typed = io.StringIO(), Thinking(answer, look), sys.stdin
        prompt.carry_out(local, "customer erase ada@show.example", out, operator)
        assert operator.looked
        assert "Remove everything held of this person" in out.getvalue()
        assert end in out.getvalue()
        assert "a metric" not in out.getvalue()
        assert sys.stdin is typed
    assert store.find(local.services, "email", "ada@show.example") is not None
    out = io.StringIO()
    prompt.carry_out(local, "dashboard", out)
    assert "/dashboard/" in out.getvalue()


def test_a_customer_is_split_and_their_own_name_stays(local, run):
    stream(local.services, facts())
    own = run("customer", "split", "ada@show.example", "--identifier", "email:ada@show.example", "--yes")
    assert "this is the customer's own name" in own.output
    strange = run("customer", "split", "ada@show.example", "--identifier", "customer:nobody", "--yes")
    assert "is not this customer's" in strange.output
    done = run("customer", "split", "ada@show.example", "--identifier", "customer:show-7", "--yes")
    assert done.exit_code == 0, done.output
    other = store.find(local.services, "customer", "show-7")
    assert other.profile_id == ids.identity_key("customer", "show-7")
    assert other.count("Product Viewed", now=NOW) == 1
    assert store.find(local.services, "email", "ada@show.example").count("Product Viewed", now=NOW) == 0

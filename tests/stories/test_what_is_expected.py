"""A store's months, one daily run, and what an operator reads of its customers: each expectation with its reason."""

import csv
import io
import json
import re

import pytest

from chalicelib import events, ids
from chalicelib.catalogue import snapshot
from chalicelib.profile import jobs, vocabulary
from chalicelib.segment import daily
from cli.publish import release
from cli.publish.compile import bundle_of
from cli.publish.load import DEFAULT
from tests.operator import _standing, local, run
from tests.playbook.stand_in import render_names
from tests.segment.store_of import NOW, make, title_of

__all__ = ["_standing", "local", "run"]

CUSTOMERS = 260


@pytest.fixture(scope="module")
def store(_standing):
    """The store as it is the morning after; the ids of its customers."""
    _standing.clock.install()
    _standing.clock.move_to(NOW)
    release.publish(_standing.services.data, bundle_of(DEFAULT, render_names), NOW)
    people = make(_standing.services, CUSTOMERS)
    daily.begin(_standing.services, NOW, at_once=True)
    _standing.pump()
    return people


def shown(run, who):
    answer = run("customer", "show", who, "--json")
    assert answer.exit_code == 0, answer.output
    insights = json.loads(answer.stdout)["insights"]
    return {each["id"]: each for each in insights["found"] if each["kind"] == "prediction"}, insights


def test_every_expectation_has_a_value_and_a_reason_or_a_reason_why_not(store, local, run):
    people = [shown(run, who) for who in store[:12]]
    for predictions, _ in people:
        assert predictions.keys() >= set(vocabulary.PREDICTIONS)
        for each in predictions.values():
            for language in ("en", "zh-CN"):
                assert each["why"][language]
                assert not re.search(r"[{}]", each["why"][language])
            assert re.search("[\u4e00-\u9fff]", each["name"]["zh-CN"] + each["why"]["zh-CN"])
    silent = [each["dormancy_60d"] for each, _ in people]
    assert {"likely to buy nothing in 60 days" in each["why"]["en"] for each in silent} == {True}
    assert all(0 <= each["value"] <= 1 for each in silent)
    for predictions, _ in people:
        number, worth = predictions["purchases_90d"], predictions["value_90d"]
        assert number["value"] <= predictions["purchases_365d"]["value"]
        assert "90 days" in number["why"]["en"]
        assert (worth["value"] > 0) == (number["value"] > 0)
        assert 0 <= predictions["best_hour"]["value"] < 24
        assert "around" in predictions["best_hour"]["why"]["en"]
    coupons = [each["coupon_response"] for each, _ in people]
    assert all("coupon" in each["why"]["en"] for each in coupons)


def test_what_to_show_leaves_out_what_was_bought_and_repeats_what_is_bought_again(store, local, run):
    for who in store[:12]:
        _, insights = shown(run, who)
        assert len(insights["recommendations"]["new"]) > 3
        assert not set(insights["recommendations"]["new"]) & set(insights["recommendations"].get("again", ()))


def known(cloud, fact, email, **told):
    made = fact(id=ids.event_id("t", fact.name, email), who={"email": email}, occurred_at=NOW, received_at=NOW,
                source="shopify", **told)  # fmt: skip
    jobs.fold_now(cloud.services, [made], NOW)


def test_the_due_list_ranks_who_buys_what_this_week(store, local, run, tmp_path):
    told = json.loads(run("segment", "due", "--json", "--most", 50).stdout)
    chances = [row["chance"] for row in told["due"]]
    assert chances == sorted(chances, reverse=True)
    assert len(chances) == 50
    first = told["due"][0]
    predictions, _ = shown(run, first["profile_id"])
    assert first["kind"] == "category"
    assert predictions["due_7d"]["value"] == first["chance"]
    assert first["item"] in predictions["due_7d"]["why"]["en"]
    table = run("segment", "due", "--most", 3).output.splitlines()
    assert len(table) == 3
    assert first["title"] in table[0]
    products = json.loads(run("segment", "due", "--json", "--most", 50, "--of", "product").stdout)["due"]
    assert {row["kind"] for row in products} == {"product"}
    assert all(row["item"].startswith(("coffee-", "tea-", "filters-", "cups-", "lamps-")) for row in products)
    # The catalogue knows none of them: their titles are those of the customer's own orders.
    assert all(row["title"] == title_of(row["item"]) for row in products)
    one, other, *_ = dict.fromkeys(row["item"] for row in products)
    known_to_it = [{"product_id": one, "title": "A Tin of It"}, {"product_id": other, "title": ""}]
    local.services.data.put_json(snapshot.SNAPSHOT, {"products": known_to_it})
    file = tmp_path / "products.csv"
    run("segment", "due", "--most", 50, "--of", "product", "--csv", file)
    titles = {row["item"]: row["title"] for row in csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig")))}
    assert titles == {row["item"]: row["title"] for row in products} | {one: "A Tin of It"}
    local.services.data.delete(snapshot.SNAPSHOT)
    table = run("segment", "due", "--most", 3, "--of", "product").output
    assert table.count("product") == 3
    assert all(row["title"] in table for row in products[:3])
    # Two have addresses; one of them may be written to.
    named = [
        f"customer-{store.index(each)}@mail.example" for each in dict.fromkeys(row["profile_id"] for row in told["due"])
    ]
    for email in named[:2]:
        known(local, events.CustomerUpdated, email)
    known(local, events.ConsentRecorded, named[1], channel="email", subscribed=True, wording="w1")
    file = tmp_path / "due.csv"
    written = run("segment", "due", "--most", 50, "--show", "--csv", file)
    assert (written.exit_code, written.stdout) == (0, "")
    assert written.stderr == f"50 lines written to {file}, besides the heading\n"
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    for column in ("kind", "item", "title", "profile_id"):
        assert [row[column] for row in rows] == [row[column] for row in told["due"]]
    assert {row["email"] for row in rows} == {"", named[1]}, "a list of addresses is one of people who agreed"

"""Shopify's API on a bad day: busy, away, closed, forbidding, or saying nonsense; nothing of a credential is shown."""

from datetime import UTC, datetime

import pytest

from chalicelib.errors import DriplineError
from cli.reconcile.shopify import parts
from cli.reconcile.shopify.admin import LONGEST_WAIT, Admin
from cli.reconcile.told import PARTS
from tests.reconcile.shopify_stub import SCOPES, Shop, served

NOW = datetime(2023, 2, 25, tzinfo=UTC)
SINCE = datetime(2023, 2, 20, tzinfo=UTC)


def read(shop, *, credential="token-1", only=PARTS, since=SINCE):
    with served(shop) as web:
        admin = Admin(web, credential, pause=web.waited.append)
        try:
            found = [each.part for each in parts.read(admin, since, only, NOW)]
        except DriplineError as fault:
            found = str(fault)
    assert "secret-of-client" not in found
    assert "token-" not in found
    return found, web.waited


def test_a_busy_shop_is_waited_for_and_a_fault_of_the_network_is_tried_again():
    throttled = {
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
        "extensions": {
            "cost": {"requestedQueryCost": 900, "throttleStatus": {"currentlyAvailable": 100, "restoreRate": 100}}
        },
    }
    shop = Shop()
    shop.faults = [throttled, None, 503, 430]
    assert read(shop, only=("orders",)) == ([], [8.0, 1.0, 2.0, 4.0])
    shop.cost = {"requestedQueryCost": 300, "throttleStatus": {"currentlyAvailable": 50, "restoreRate": 50}}
    assert read(shop, only=("orders",)) == ([], [5.0])  # before the next question, not after the last
    old = {"errors": [{"message": "Throttled"}]}
    shop.faults = [old] * 8
    said, waited = read(shop)
    assert "no room" in said
    assert max(waited) <= LONGEST_WAIT
    shop.faults = [None] * 5
    assert "gave no answer in 5 tries" in read(shop)[0]


def test_a_client_gets_a_token_and_another_when_it_has_run_out():
    shop = Shop()
    assert read(shop, credential="client-1:secret-of-client")[0] == []
    shop.tokens.append("token-2")
    shop.faults = [401]
    assert read(shop, credential="client-1:secret-of-client")[0] == []
    shop.faults = [401, 401]
    assert "refused the credential" in read(shop, credential="client-1:secret-of-client")[0]
    assert "refused the credential" in read(shop)[0]
    assert "shop_not_permitted" in read(shop, credential="client-1:another")[0]


def test_what_the_app_may_not_read_is_said_before_anything_is_read():
    shop = Shop(scopes=("read_orders", "read_products", "write_customers"))
    said, _ = read(shop)
    assert "stock needs read_inventory, read_locations" in said
    assert len(shop.asked) == 1
    assert read(shop, only=("orders", "customers"))[0] == []
    assert "read_all_orders" in read(shop, only=("orders",), since=datetime(2022, 12, 1, tzinfo=UTC))[0]
    assert read(shop, only=("customers",), since=datetime(2022, 12, 1, tzinfo=UTC))[0] == []
    old = Shop(scopes=(*SCOPES, "read_all_orders"))
    assert read(old, since=datetime(2022, 12, 1, tzinfo=UTC))[0] == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (402, "frozen or locked"),
        (403, "access scopes"),
        (404, "answered 404"),
        (b"<html>", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        ({"errors": "x"}, "gave no reason"),
        ({"data": None}, "gave no reason"),
        (
            {"errors": [{"message": "Access denied for customers field. Required access: `read_customers`",
                         "extensions": {"code": "ACCESS_DENIED"}}]},
            "it needs the scope read_customers",
        ),
        ({"errors": [{"message": "token-1 is bad"}]}, "… is bad"),
        ({"errors": [{"message": "Field 'x' doesn't exist on type 'Order'"}]}, "Field 'x' doesn't exist"),
        ({"errors": [{"message": "x", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}, "more points"),
    ],
)  # fmt: skip
def test_a_shop_that_answers_something_else_is_told_of(fault, said):
    shop = Shop()
    shop.faults = [fault]
    assert said in read(shop)[0]


def test_a_shop_that_gives_the_same_page_for_ever_is_told_of():
    page = {"data": {"customers": {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": "x"}}}}
    shop = Shop()
    shop.faults = [shop.answer({"query": "{ currentAppInstallation { accessScopes { handle } } }", "variables": {}})]
    scopes = shop.faults[0]
    shop.faults += [page] * 5
    assert "same page again" in read(shop, only=("customers",))[0]
    shop.faults = [scopes, {"data": {"customers": None}}]
    assert "without its customers" in read(shop, only=("customers",))[0], "no list is not an empty one"

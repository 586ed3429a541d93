"""Segment's own libraries, unchanged, against the deployed app behind the local gateway: all they send arrives.

`@segment/analytics-node` is not Python's to install: run `npm install @segment/analytics-node@3` in a folder and name
that folder in DRIPLINE_NODE_CLIENTS.
"""

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from segment.analytics.client import Client

from chalicelib import clock
from chalicelib.profile import jobs, store
from cli.local.gateway import Gateway
from tests.conftest import SECRETS_JSON

KEY = json.loads(SECRETS_JSON)["api_key_backend"]
NODE_CLIENTS = os.environ.get("DRIPLINE_NODE_CLIENTS", "")
needs_node = pytest.mark.skipif(
    not (shutil.which("node") and Path(NODE_CLIENTS, "node_modules/@segment/analytics-node").is_dir() and NODE_CLIENTS),
    reason="no Node, or DRIPLINE_NODE_CLIENTS names no folder where @segment/analytics-node is installed",
)

ORDER = {
    "order_id": "50314b8e9bcf000000000000",
    "total": 27.5,
    "revenue": 25.0,
    "shipping": 3,
    "discount": 2.5,
    "coupon": "hasbros",
    "currency": "USD",
    "products": [
        {"product_id": "507f1f77bcf86cd799439011", "name": "Monopoly", "price": 19, "quantity": 1, "category": "Games"},
        {"product_id": "505bd76785ebb509fc183733", "name": "UNO", "price": 3, "quantity": 2, "category": "Games"},
    ],
}

NODE_PROGRAM = """
const { Analytics } = require('@segment/analytics-node');
const order = JSON.parse(process.env.ORDER);
const { KEY: writeKey, HOST: host } = process.env;
const analytics = new Analytics({ writeKey, host, path: '/api/v1/batch', flushAt: 7 });
analytics.on('error', (fault) => { console.error(fault); process.exitCode = 1; });
const context = { timezone: 'Asia/Tokyo', locale: 'ja-JP' };
const anonymousId = 'b5f0a1d2-visitor';
analytics.page({ anonymousId, name: 'Home', properties: { path: '/', url: 'https://shop.example/' }, context });
analytics.track({ anonymousId, event: 'Product Viewed', properties: order.products[0] });
const traits = { email: 'peter@mail.example', firstName: 'Peter' };
analytics.identify({ userId: '97980cfea0067', anonymousId, traits, context });
analytics.track({ userId: '97980cfea0067', event: 'Order Completed', properties: order });
analytics.group({ userId: '97980cfea0067', groupId: 'club', traits: { name: 'Club' } });
analytics.screen({ userId: '97980cfea0067', name: 'Basket' });
for (let number = 0; number < 40; number++)
  analytics.track({ userId: '97980cfea0067', event: 'Products Searched', properties: { query: `game ${number}` } });
analytics.closeAndFlush({ timeout: 20000 }).then(() => console.log('flushed'));
"""


@pytest.fixture
def gateway(web):
    """The app over HTTP on loopback, at the system's time, as the clients' clocks have it."""
    clock.set_source(lambda: datetime.now(UTC))
    opened = Gateway()
    opened.serve(lambda event: web.app(event, None), web.app.routes)
    yield opened
    opened.close()


def fold(web):
    jobs.fold_now(web.cloud, web.facts(), clock.now())


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzip"])
def test_segments_python_library_posts_unchanged(web, gateway, zipped):
    faults = []
    sending = {"gzip": zipped, "upload_size": 30, "upload_interval": 0.1}
    client = Client(KEY, host=gateway.api_url, on_error=lambda *said: faults.append(said), **sending)
    anonymous, context = "a1b2-visitor", {"timezone": "Europe/Berlin", "locale": "de-DE"}
    client.page(None, "Docs", "Home", {"path": "/"}, context, anonymous_id=anonymous)
    client.track(None, "Product Viewed", ORDER["products"][0], anonymous_id=anonymous)
    client.identify(
        "019mr8mf4r", {"email": "Calvin@mail.example", "firstName": "Calvin", "createdAt": datetime.now(UTC)},
        context, anonymous_id=anonymous,
    )  # fmt: skip
    client.track("019mr8mf4r", "Order Completed", ORDER)
    client.group("019mr8mf4r", "club", {"name": "Club", "email": "club@mail.example"})
    client.screen("019mr8mf4r", "App", "Basket")
    for number in range(90):
        client.track("019mr8mf4r", "Products Searched", {"query": f"game {number}"})
    client.alias("old-visitor", "019mr8mf4r")
    client.flush()
    client.join()
    assert faults == []
    fold(web)
    calvin = store.find(web.cloud, "email", "calvin@mail.example")
    assert (calvin.first_name, calvin.zone.name, calvin.language) == ("Calvin", "Europe/Berlin", "de-DE")
    counted = {name: calvin.count(name, within=None, now=clock.now()) for name in (
        "Page Viewed", "Product Viewed", "Customer Updated", "Order Completed", "Group Joined", "Products Searched",
    )}  # fmt: skip
    assert list(counted.values()) == [2, 1, 2, 1, 1, 90]
    (order,) = calvin.orders.values()
    assert (order.total, order.codes, len(order.lines), order.status) == ((2750, "USD"), ("hasbros",), 2, "paid")
    assert store.find(web.cloud, "email", "club@mail.example") is None
    assert web.drops() == {}


@needs_node
def test_segments_node_library_posts_unchanged(web, gateway):
    ran = subprocess.run(
        ["node", "-e", NODE_PROGRAM],
        cwd=NODE_CLIENTS,
        env=os.environ | {"HOST": gateway.origin, "KEY": KEY, "ORDER": json.dumps(ORDER)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr, ran.stdout) == (0, "", "flushed\n")
    fold(web)
    peter = store.find(web.cloud, "email", "peter@mail.example")
    assert (peter.first_name, peter.zone.name, peter.language) == ("Peter", "Asia/Tokyo", "ja-JP")
    counted = {name: peter.count(name, within=None, now=clock.now()) for name in (
        "Page Viewed", "Product Viewed", "Customer Updated", "Order Completed", "Group Joined", "Products Searched",
    )}  # fmt: skip
    assert list(counted.values()) == [2, 1, 1, 1, 1, 40]
    (order,) = peter.orders.values()
    assert (order.total, order.discount, order.status) == ((2750, "USD"), (250, "USD"), "paid")

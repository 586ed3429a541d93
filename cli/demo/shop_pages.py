"""The mini shop: a developer is the customer, looks at products, orders, pays or does not, and sees events arrive.

Each button posts what a storefront would: a signed webhook over HTTP to the
deployed code. Time can be let pass, so that the reminder of tomorrow need not
be waited for.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html import escape

from chalicelib import clock
from chalicelib.collect import fields
from cli.demo import frame, journey
from cli.demo.browser import Browser
from cli.demo.journey import Item
from cli.demo.people import Person
from cli.demo.run import Demo
from cli.demo.storefront import Order, Post, add_webhook, order_webhook, view_webhook
from cli.local.gateway import Answer, Request

PRODUCTS = 12
WAITS = {"hour": ("Let an hour pass", timedelta(hours=1)), "day": ("Let a day pass", timedelta(days=1))}
NEWEST = 25


class Shop:
    """One visitor, whose address the page asks for; `/shop` shows, POST `/shop` acts."""

    def __init__(self, demo: Demo, pass_time: Callable[[timedelta], None]) -> None:
        self._demo = demo
        self._pass_time = pass_time
        self._products = journey.catalogue(demo.baskets, PRODUCTS)
        self._visitor = Person(999_999, "US", "en", "America/New_York", "Robin", True, "generic")
        self._cart: list[Item] = []
        self._orders: list[Order] = []
        self._numbers = 990_000

    def answer(self, request: Request) -> Answer | None:
        if request.path != "/shop":
            return None
        if request.method != "POST":
            return self._page()
        form = request.form()
        item = next((each for each in self._products if each.product_id == form.get("product")), None)
        self._act(form.get("do", ""), form, item)
        self._demo.cloud.pump()
        return frame.see_other("/shop")

    def _act(self, what: str, form: dict[str, str], item: Item | None) -> None:
        now = self._demo.cloud.now()
        if what == "be":
            self._visitor = replace(self._visitor, address=fields.email(form.get("email")))
            self._cart, self._orders = [], []
        elif what == "view" and item:
            self._send(view_webhook(self._visitor, item, now, now))
        elif what == "add" and item:
            self._cart.append(replace(item, quantity=1))
            self._send(add_webhook(self._visitor, item, now, now))
        elif what == "order" and self._cart:
            self._numbers += 1
            total = str(sum(Decimal(each.price) for each in self._cart))
            order = Order(str(self._numbers), self._visitor, tuple(self._cart), total, now)
            self._cart = []
            self._orders.append(order)
            self._send(order_webhook(order, now))
        elif what == "pay":
            for place, order in enumerate(self._orders):
                if order.number == form.get("number") and not order.paid_at:
                    self._orders[place] = order.pay(now)
                    self._send(order_webhook(self._orders[place], now))
        elif what in WAITS:
            self._pass_time(WAITS[what][1])

    def _send(self, post: Post) -> None:
        browser = Browser(self._demo.gateway.origin)
        browser.ask("POST", f"/api/webhooks/{post.source}", body=post.body, headers=post.headers)
        browser.close()

    def _page(self) -> Answer:
        cards = "".join(
            f'<section class="card"><h3>{escape(item.title)}</h3><p class="soft">{escape(item.category)}, '
            f"{escape(item.price)} USD</p>"
            + frame.button("/shop", "Look at it", do="view", product=item.product_id)
            + frame.button("/shop", "Add to cart", main=True, do="add", product=item.product_id)
            + "</section>"
            for item in self._products
        )
        who = (
            '<form method="post" action="/shop"><input type="hidden" name="do" value="be"><label>You are'
            f'<input name="email" type="email" value="{escape(self._visitor.email)}"></label>'
            "<button>Change</button></form>"
        )
        waits = "".join(frame.button("/shop", text, do=name) for name, (text, _) in WAITS.items())
        sign_up = f'<p><a href="{escape(self._demo.gateway.api_url)}/signup">Sign up for mail</a> (the real page)</p>'
        return frame.page(
            "Mini shop",
            clock.to_text(self._demo.cloud.now())[:16],
            "/shop",
            "<p>What you do here reaches the deployed code as signed webhooks. Products are real, you are not.</p>"
            f'<div class="split"><div><h2>Products</h2><div class="grid">{cards}</div></div>'
            f'<div><div class="card">{who}{sign_up}'
            f"<h2>Time</h2>{waits}<h2>Cart</h2>{self._cart_shown()}<h2>Orders</h2>{self._orders_shown()}</div>"
            f"</div></div><h2>Events, newest first</h2>{self._events()}",
        )

    def _cart_shown(self) -> str:
        if not self._cart:
            return '<p class="soft">Empty.</p>'
        listed = "".join(f"<li>{escape(item.title)}, {escape(item.price)} USD</li>" for item in self._cart)
        return f"<ul>{listed}</ul>" + frame.button("/shop", "Place the order, pay later", main=True, do="order")

    def _orders_shown(self) -> str:
        if not self._orders:
            return '<p class="soft">None.</p>'
        return "".join(
            f"<p>#{order.number}, {escape(order.total)} USD: "
            + (
                "paid</p>"
                if order.paid_at
                else "open</p>" + frame.button("/shop", "Pay", do="pay", number=order.number)
            )
            for order in self._orders
        )

    def _events(self) -> str:
        facts = self._demo.cloud.newest_facts(NEWEST)
        return frame.table(
            "Events",
            ("At, UTC", "Event", "From", "Detail"),
            (
                (
                    escape(fact["occurred_at"][:19].replace("T", " ")),
                    escape(fact["name"]),
                    escape(fact["source"]),
                    f"<pre>{escape(json.dumps(_detail(fact), ensure_ascii=False)[:240])}</pre>",
                )
                for fact in facts
            ),
        )


def _detail(fact: dict[str, object]) -> dict[str, object]:
    return {
        name: value
        for name, value in fact.items()
        if name not in ("name", "id", "occurred_at", "received_at", "source", "lines")
    }

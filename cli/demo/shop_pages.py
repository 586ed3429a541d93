"""The mini shop: a developer is the customer, browses, orders, pays or does not, and sees events arrive.

Its pages carry the snippet as any shop's would, so what is looked at, searched
for and put into the cart goes from the browser to the deployed API, once the
visitor agreed; orders and payments are a storefront's signed webhooks. Time can
be let pass, so that the reminder of tomorrow need not be waited for.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html import escape
from pathlib import Path
from urllib.parse import quote

from chalicelib import clock
from chalicelib.collect import fields
from cli.demo import frame, journey
from cli.demo.browser import Browser
from cli.demo.journey import Item
from cli.demo.people import Person
from cli.demo.run import BROWSER_KEY, Demo
from cli.demo.storefront import Order, Post, order_webhook
from cli.local.gateway import Answer, Request

PRODUCTS = 12
WAITS = {"hour": ("Let an hour pass", timedelta(hours=1)), "day": ("Let a day pass", timedelta(days=1))}
NEWEST = 25
SCRIPT = Path(__file__).with_name("shop.js")
POLICY = f"{frame.CSP}; script-src 'self'; connect-src 'self'"
Call = list[object]
"""A call of the snippet: its name and what is told."""


class Shop:
    """One visitor, whose address the page asks for; GET below `/shop` shows, POST `/shop` acts."""

    def __init__(self, demo: Demo, pass_time: Callable[[timedelta], None]) -> None:
        self._demo = demo
        self._pass_time = pass_time
        self._products = journey.catalogue(demo.baskets, PRODUCTS)
        self._visitor = Person(999_999, "US", "en", "America/New_York", "Robin", True, "generic")
        self._cart: list[Item] = []
        self._wishes: list[str] = []
        self._orders: list[Order] = []
        self._numbers = 990_000

    def answer(self, request: Request) -> Answer | None:
        if request.path == "/shop.js":
            return Answer(200, SCRIPT.read_bytes(), frame.secured("text/javascript; charset=utf-8"))
        if request.path == "/shop/events":
            self._demo.cloud.pump()
            return Answer(200, self._events().encode(), frame.secured("text/html; charset=utf-8"))
        if request.path != "/shop" and not request.path.startswith("/shop/p/"):
            return None
        if request.method != "POST":
            return self._page(request)
        form = request.form()
        self._act(form.get("do", ""), form, self._find(form.get("product", "")))
        self._demo.cloud.pump()
        back = self._find(form.get("back", ""))
        return frame.see_other(f"/shop/p/{quote(back.product_id)}" if back else "/shop")

    def _find(self, product_id: str) -> Item | None:
        return next((each for each in self._products if each.product_id == product_id), None)

    def _act(self, what: str, form: dict[str, str], item: Item | None) -> None:
        now = self._demo.cloud.now()
        if what == "be":
            self._visitor = replace(self._visitor, address=fields.email(form.get("email")))
            self._cart, self._orders, self._wishes = [], [], []
        elif what == "add" and item:
            self._cart.append(replace(item, quantity=1))
        elif what == "remove" and item:
            place = next((n for n, each in enumerate(self._cart) if each.product_id == item.product_id), None)
            if place is not None:
                del self._cart[place]
        elif what == "wish" and item:
            self._wishes.append(item.product_id)
        elif what == "unwish" and item:
            self._wishes = [each for each in self._wishes if each != item.product_id]
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

    def _page(self, request: Request) -> Answer:
        item = self._find(request.path.removeprefix("/shop/p/"))
        calls: list[Call] = [["product", tell(item)]] if item else []
        title, shown = (item.title, self._product(item)) if item else self._shelf(request.query, calls)
        page = frame.page(
            title,
            clock.to_text(self._demo.cloud.now())[:16],
            "/shop",
            "<p>What you do here goes from your browser to the deployed code, once you agree to it. Products are real, "
            "you are not.</p>"
            f'<div class="split"><div>{shown}</div><div class="card">{self._side()}</div></div>'
            f'<h2>Events, newest first</h2><div id="events">{self._events()}</div>'
            f'<script src="/shop.js" data-key="{BROWSER_KEY}" data-calls="{escape(json.dumps(calls))}"></script>'
            '<script async src="/api/dripline.js"></script>',
        )
        return replace(page, headers=frame.secured("text/html; charset=utf-8", POLICY))

    def _shelf(self, asked: dict[str, str], calls: list[Call]) -> tuple[str, str]:
        """Title and products of the list: all, of a category, or found by words; adds what the snippet is told."""
        words, category = asked.get("q", "").strip()[:80], asked.get("category", "")
        found = [
            each
            for each in self._products
            if words.lower() in f"{each.title} {each.category}".lower() and category in ("", each.category)
        ]
        categories = "".join(
            f'<li><a href="/shop?category={quote(name)}">{escape(name)}</a></li>'
            for name in sorted({each.category for each in self._products})
        )
        cards = "".join(
            f'<section class="card"><h2><a href="/shop/p/{quote(each.product_id)}">{escape(each.title)}</a></h2>'
            f'<p class="soft">{escape(each.category)}, {escape(each.price)} USD</p>'
            + _press("Add to cart", "add", each, main=True)
            + "</section>"
            for each in found
        )
        search = (
            f'<form action="/shop" role="search"><label>Search<input name="q" value="{escape(words)}"></label>'
            "<button>Find</button></form>"
        )
        calls += [["list", {"category": category}]] if category else []
        calls += [["search", words]] if words else []
        shown = f'{search}<ul class="chips">{categories}</ul><div class="grid">{cards or "<p>Nothing found.</p>"}</div>'
        return category or "Mini shop", shown

    def _product(self, item: Item) -> str:
        wished = item.product_id in self._wishes
        return (
            f'<div class="card"><p class="soft">{escape(item.category)}, {escape(item.price)} USD</p>'
            + _press("Add to cart", "add", item, main=True, back=item.product_id)
            + (
                _press("Take off the wish-list", "unwish", item, back=item.product_id)
                if wished
                else _press("Put on the wish-list", "wish", item, back=item.product_id)
            )
            + '</div><p><a href="/shop">All products</a></p>'
        )

    def _side(self) -> str:
        who = (
            '<form method="post" action="/shop" data-identify><input type="hidden" name="do" value="be"><label>You are'
            f'<input name="email" type="email" value="{escape(self._visitor.email)}"></label>'
            "<button>Change</button></form>"
        )
        agree = (
            "<h2>May the shop follow what you do?</h2>"
            """<button data-press='["consent", true]'>Yes</button> """
            """<button data-press='["consent", false]'>No</button>"""
            ' <span id="said" role="status"></span>'
        )
        waits = "".join(frame.button("/shop", text, do=name) for name, (text, _) in WAITS.items())
        sign_up = f'<p><a href="{escape(self._demo.gateway.api_url)}/signup">Sign up for mail</a> (the real page)</p>'
        return (
            f"{who}{sign_up}{agree}<h2>Time</h2>{waits}<h2>Cart</h2>{self._cart_shown()}<h2>Wish-list</h2>"
            f"{self._wishes_shown()}<h2>Orders</h2>{self._orders_shown()}"
        )

    def _cart_shown(self) -> str:
        if not self._cart:
            return '<p class="soft">Empty.</p>'
        listed = "".join(
            f"<li>{escape(item.title)}, {escape(item.price)} USD {_press('Remove', 'remove', item)}</li>"
            for item in self._cart
        )
        return f"<ul>{listed}</ul>" + frame.button("/shop", "Place the order, pay later", main=True, do="order")

    def _wishes_shown(self) -> str:
        wished = [item for item in self._products if item.product_id in self._wishes]
        listed = "".join(
            f'<li><a href="/shop/p/{quote(each.product_id)}">{escape(each.title)}</a></li>' for each in wished
        )
        return f"<ul>{listed}</ul>" if wished else '<p class="soft">Empty.</p>'

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


def tell(item: Item) -> dict[str, object]:
    """A product as a shop's page tells the snippet of it."""
    return {
        "product_id": item.product_id,
        "name": item.title,
        "category": item.category,
        "price": item.price,
        "currency": "USD",
    }


def _press(text: str, what: str, item: Item, *, main: bool = False, back: str = "") -> str:
    """A button that acts in the shop, and tells the snippet."""
    form = frame.button("/shop", text, main=main, do=what, product=item.product_id, back=back)
    return form.replace("<form ", f'<form data-call="{escape(json.dumps([what, tell(item)]))}" ', 1)


def _detail(fact: dict[str, object]) -> dict[str, object]:
    return {
        name: value
        for name, value in fact.items()
        if name not in ("name", "id", "occurred_at", "received_at", "source", "lines")
    }

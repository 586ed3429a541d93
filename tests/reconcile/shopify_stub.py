"""A Shopify shop on this machine: a server that answers GraphQL questions as the Admin API does, in little.

It gives only the fields that a question names and refuses one it does not
know, filters by `updated_at`, pages, and can be busy, closed or deaf. The
nodes are made of webhook bodies, with money and times in GraphQL's spelling.
"""

import contextlib
import json
import re
import threading
from datetime import UTC, datetime
from decimal import Decimal
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from cli.reconcile.web import Https

SCOPES = ("read_orders", "read_customers", "read_products", "write_inventory", "read_locations")
ROOTS = ("orders", "customers", "products", "abandonedCheckouts", "locations")
TOKENS = re.compile(r"\.\.\.|[{}():$!\[\],]|\"[^\"]*\"|[A-Za-z_][A-Za-z0-9_]*|[0-9]+")


class Shop:
    """`lists` are the shop's own; `faults` are given instead of the next answers: a status, None, or a body."""

    def __init__(self, scopes=SCOPES, **lists):
        self.lists = {name: list(lists.get(name, ())) for name in ROOTS}
        self.scopes, self.faults, self.asked, self.tokens, self.cost = scopes, [], [], ["token-1"], None
        self.limit = 1000

    def index(self):
        found, waiting = {}, [self.lists]
        while waiting:
            each = waiting.pop()
            waiting += each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
            if isinstance(each, dict) and len(each) > 1 and str(each.get("id", "")).startswith("gid:"):
                found[each["id"]] = each
        return found

    def answer(self, question):
        variables = question["variables"]
        selection = parse(question["query"])
        if variables.get("first", 1) > self.limit:
            return {"errors": [{"message": "too much", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}
        try:
            data = {name: self._root(name, args, sub, variables) for name, args, sub in selection}
        except KeyError as fault:
            return {"errors": [{"message": f"Field {fault} doesn't exist", "extensions": {"code": "undefinedField"}}]}
        return {"data": data, "extensions": {"cost": self.cost or {}}}

    def _root(self, name, args, sub, variables):
        if name == "currentAppInstallation":
            return {"accessScopes": [{"handle": each} for each in self.scopes]}
        if name in ROOTS:
            listed = changed(self.lists[name], variables.get("query"))
            if "UPDATED_AT" in args:
                listed = sorted(listed, key=lambda node: node["updatedAt"])
            return connection(listed, args, sub, variables)
        return prune(self.index()[variables["id"]], sub, variables)


def changed(nodes, query):
    since = re.search(r"updated_at:>='([^']+)'", query or "")
    return [node for node in nodes if not since or node["updatedAt"] >= since[1]]


def connection(nodes, args, sub, variables):
    if "inventoryLevels" in args:
        nodes = changed(nodes, variables["query"])
    first = first_of(args) or variables["first"]
    start = int(variables.get("after") or 0) if "after" in args else 0
    page, end = nodes[start : start + first], start + first
    wanted = next(inner for name, _, inner in sub if name == "nodes")
    return {
        "nodes": [prune(node, wanted, variables) for node in page],
        "pageInfo": {"hasNextPage": end < len(nodes), "endCursor": str(end)},
    }


def first_of(args):
    """The number a question says itself; 0 where it is a variable, or none."""
    told = args[args.index("first") + 2] if "first" in args else ""
    return int(told) if told.isdecimal() else 0


def prune(node, selection, variables):
    found = {}
    for name, args, sub in selection:
        value = node[name]
        if sub and isinstance(value, list):
            if any(inner == "nodes" for inner, _, _ in sub):
                value = connection(value, [name, *args], sub, variables)
            else:
                value = [prune(each, sub, variables) for each in value[: first_of(args) or len(value)]]
        elif sub and value is not None:
            value = prune(value, sub, variables)
        found[name] = value
    return found


def parse(query):
    """[(field, words of its arguments, selection or None)], fragments taken for what they hold."""
    words = TOKENS.findall(query[query.index("{", query.index(")") if query.startswith("query (") else 0) :])

    def selection():
        found = []
        words.pop(0)
        while words[0] != "}":
            name, args = words.pop(0), []
            if name == "...":
                words[:2] = []
                found += selection()
                continue
            if words[0] == "(":
                end = words.index(")")
                args, words[: end + 1] = words[1:end], []
            found.append((name, args, selection() if words[0] == "{" else None))
        words.pop(0)
        return found

    return selection()


class Local(Https):
    """The client as it is, over a plain connection to this machine."""

    def __init__(self, port):
        self.waited = []
        super().__init__("a.myshopify.com", pause=self.waited.append)
        self._port = port

    def connect(self):
        return HTTPConnection("127.0.0.1", self._port, timeout=120)


@contextlib.contextmanager
def served(shop):
    """The client of a server for the shop."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            status, answer = self._judge(body)
            if status is None:
                self.close_connection = True
                return
            text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def _judge(self, body):
            if self.path == "/admin/oauth/access_token":
                form = parse_qs(body.decode())
                if form["client_secret"] != ["secret-of-client"] or form["grant_type"] != ["client_credentials"]:
                    return 400, {"error": "shop_not_permitted", "error_description": "secret-of-client"}
                return 200, {"access_token": shop.tokens[-1], "expires_in": 86399}
            assert self.path == "/admin/api/2026-10/graphql.json"
            shop.asked.append(json.loads(body))
            if shop.faults:
                fault = shop.faults.pop(0)
                return (200, fault) if isinstance(fault, dict | bytes) else (fault, {})
            if self.headers["x-shopify-access-token"] != shop.tokens[-1]:
                return 401, {}
            return 200, shop.answer(shop.asked[-1])

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Local(server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def utc(text):
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if text else None


def bag(amount, currency="CAD"):
    """`36.90` is `36.9` here, and `31.00` is `31.0`."""
    short = f"{Decimal(str(amount)).normalize():f}"
    return {"shopMoney": {"amount": short if "." in short else f"{short}.0", "currencyCode": currency}}


def gid(kind, number):
    return f"gid://shopify/{kind}/{number}"


def address(body):
    body = body or {}
    names = ("first_name", "last_name", "city", "province", "country_code")
    spelled = ("firstName", "lastName", "city", "province", "countryCodeV2")
    return {ours: body.get(theirs) for ours, theirs in zip(spelled, names, strict=True)} if body else None


def person_node(body, **more):
    mail = {"emailAddress": body["email"], **consent_node("email", body)} if body["email"] else None
    return {
        "id": gid("Customer", body["id"]), "legacyResourceId": str(body["id"]),
        "firstName": body["first_name"], "lastName": body["last_name"],
        "defaultAddress": address(body.get("default_address")),
        "defaultEmailAddress": mail,
        "defaultPhoneNumber": {"phoneNumber": body["phone"], "smsMarketingConsent": None} if body["phone"] else None,
        "createdAt": utc(body["created_at"]), "updatedAt": utc(body["updated_at"]), **more,
    }  # fmt: skip


def consent_node(channel, body):
    told = body.get(f"{channel}_marketing_consent") or {}
    return {
        "marketingState": (told.get("state") or "not_subscribed").upper(), "marketingOptInLevel": "SINGLE_OPT_IN",
        "marketingUpdatedAt": utc(told.get("consent_updated_at")),
    }  # fmt: skip


def line_nodes(lines):
    return [
        {
            "title": each["title"], "quantity": each["quantity"], "originalUnitPriceSet": bag(each["price"]),
            "product": {"legacyResourceId": str(each["product_id"])},
        }
        for each in lines
    ]  # fmt: skip


def order_node(body, *refunds, **more):
    return {
        "id": gid("Order", body["id"]), "legacyResourceId": str(body["id"]), "name": body["name"],
        "email": body["email"], "phone": body["phone"], "createdAt": utc(body["created_at"]),
        "updatedAt": utc(body["updated_at"]), "processedAt": utc(body["processed_at"] or body["created_at"]),
        "cancelledAt": utc(body["cancelled_at"]), "cancelReason": (body["cancel_reason"] or "").upper() or None,
        "currencyCode": body["currency"], "cartToken": body["cart_token"], "customerLocale": body["customer_locale"],
        "displayFinancialStatus": "PENDING", "displayFulfillmentStatus": "UNFULFILLED",
        "statusPageUrl": body["order_status_url"], "discountCodes": [each["code"] for each in body["discount_codes"]],
        "totalPriceSet": bag(body["total_price"]), "totalDiscountsSet": bag(body["total_discounts"]),
        "totalShippingPriceSet": bag(body["total_shipping_price_set"]["shop_money"]["amount"]),
        "billingAddress": address(body["billing_address"]), "shippingAddress": address(body["shipping_address"]),
        "customer": person_node(body["customer"]), "lineItems": line_nodes(body["line_items"]),
        "transactions": [], "fulfillments": [], "refunds": list(refunds), **more,
    }  # fmt: skip


def refund_node(body):
    return {
        "id": gid("Refund", body["id"]), "legacyResourceId": str(body["id"]), "note": body["note"],
        "createdAt": utc(body["created_at"]), "processedAt": utc(body["processed_at"]),
        "transactions": [], "orderAdjustments": [], "refundLineItems": [
            {
                "id": gid("RefundLineItem", each["id"]), "quantity": each["quantity"],
                "restockType": each["restock_type"].upper(), "subtotalSet": bag(each["subtotal"]),
                "totalTaxSet": bag(each["total_tax"]),
                "lineItem": {"product": {"legacyResourceId": str(each["line_item"]["product_id"])}},
            }
            for each in body["refund_line_items"]
        ],
    }  # fmt: skip


def product_node(body):
    return {
        "id": gid("Product", body["id"]), "legacyResourceId": str(body["id"]), "title": body["title"],
        "descriptionHtml": body["body_html"], "vendor": body["vendor"], "productType": body["product_type"],
        "handle": body["handle"], "status": body["status"].upper(), "tags": body["tags"].split(", "),
        "createdAt": utc(body["updated_at"]), "updatedAt": utc(body["updated_at"]),
        "publishedAt": utc(body["published_at"]),
        "featuredMedia": {"preview": {"image": {"url": f"https:{body['images'][0]['src']}"}}},
        "variants": [
            {
                "price": each["price"], "compareAtPrice": each["compare_at_price"],
                "inventoryPolicy": each["inventory_policy"].upper(), "inventoryQuantity": each["inventory_quantity"],
                "inventoryItem": {
                    "legacyResourceId": str(each["inventory_item_id"]), "tracked": bool(each["inventory_management"]),
                },
            }
            for each in body["variants"]
        ],
    }  # fmt: skip


def checkout_node(body):
    return {
        "id": gid("AbandonedCheckout", body["id"]), "createdAt": utc(body["created_at"]),
        "updatedAt": utc(body["updated_at"]), "completedAt": utc(body["completed_at"]),
        "abandonedCheckoutUrl": body["abandoned_checkout_url"], "totalPriceSet": bag(body["total_price"]),
        "customer": person_node(body["customer"]), "lineItems": line_nodes(body["line_items"]),
    }  # fmt: skip

"""A SHOPLINE and a Shoplazza shop on this machine: lists by page, as their public pages describe them, and bad days."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from chalicelib.collect import fields
from tests.reconcile.shopify_stub import Local

TOKEN = "token-of-app"


class Shop:
    """`faults` are statuses or bodies given before anything else; `asked` are (path, query) of every question."""

    def __init__(self, page=2, **lists):
        self.lists, self.page, self.faults, self.asked = lists, page, [], []

    def changed(self, name, query):
        since = fields.instant(query.get("updated_at_min"))
        listed = self.lists.get(name, [])
        return [each for each in listed if since is None or fields.instant(each["updated_at"]) >= since]


class Shopline(Shop):
    """Filters that are left out have the defaults its pages name; a page is known by nothing but its `page_info`."""

    header = ("Authorization", f"Bearer {TOKEN}")

    def answer(self, path, query):
        path = path.removeprefix("/admin/openapi/v20260301/").removesuffix(".json")
        if path.endswith("/refunds"):
            return {"refunds": self.lists["refunds"].get(path.split("/")[1], [])}, {}
        if path == "inventory_levels":
            pieces = query["inventory_item_ids"].split(",")
            assert len(pieces) <= 50
            return {path: [each for each in self.lists["levels"] if each["inventory_item_id"] in pieces]}, {}
        if "page_info" in query:
            assert set(query) == {"page_info", "limit"}
            start, query = json.loads(query["page_info"])
        else:
            start = 0
        name = path.rpartition("/")[2]
        found = self.changed(name, query)
        if name == "orders":
            shipping, filed = query.get("fulfillment_status", "unshipped"), query.get("hidden_order", "false")
            found = [each for each in found if each["fulfillment_status"] == shipping]
            if query.get("status") != "any":
                found = [each for each in found if each.get("hidden", "false") == filed]
        end = start + self.page
        host = "https://elsewhere.example/admin?limit=2&page_info="
        links = [f'<{host}x>; rel="previous"'] * (start > 0)
        if end < len(found):
            info = "".join(f"%{byte:02x}" for byte in json.dumps([end, query]).encode())
            links.append(f'<{host}{info}>; rel="next"')
        return {name: found[start:end]}, {"link": ", ".join(links)} if links else {}


class Shoplazza(Shop):
    header = ("access-token", TOKEN)

    def answer(self, path, query):
        name = path.removeprefix("/openapi/2022-01/")
        found = self.changed(name, query)
        if name == "products":
            start = int(query.get("cursor", "0"))
            end = start + self.page
            return {name: found[start:end], "cursor": str(end) if end < len(found) else "", "pre_cursor": ""}, {}
        start = (int(query["page"]) - 1) * self.page
        return {name: found[start : start + self.page]}, {}


@contextlib.contextmanager
def served(shop):
    """The client of a server for the shop."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, answer, headers = self._judge()
            text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def _judge(self):
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query))
            shop.asked.append((parts.path, query))
            if shop.faults:
                fault = shop.faults.pop(0)
                if isinstance(fault, int):
                    return fault, {"errors": "Too many request"}, {"Retry-After": "3"} if fault == 429 else {}
                return 200, fault, {}
            name, value = shop.header
            if self.headers[name] != value:
                return 401, {"errors": "Unauthorized"}, {}
            return 200, *shop.answer(parts.path, query)

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

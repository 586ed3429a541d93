"""The store's past as the CSV files an operator would bring, of customers, orders and a service desk; their import.

Refuses a way of its own: the files are written to a folder and read by the
same code as `dripline import`.
"""

import csv
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from chalicelib import clock
from chalicelib.aws.services import Services
from cli.demo import care
from cli.demo.journey import Basket
from cli.demo.people import INVENTED, Person
from cli.imports import customers, load, orders, service
from cli.imports.load import Report
from cli.imports.origin import Origin
from cli.imports.sheet import Sheet

PLATFORM = "shopify"
ORDER_COLUMNS = (
    *("Id", "Email", "Created at", "Paid at", "Total", "Currency"),
    *("Lineitem sku", "Lineitem name", "Lineitem quantity", "Lineitem price", "Product category"),
)
CUSTOMER_COLUMNS = (
    *("Email", "First Name", "Country", "Language", "Time zone", "Created at"),
    *("Accepts Email Marketing", "Consent date", "Consent wording"),
)
DESK_COLUMNS = ("Kind", "Id", "At", "Email", "Order", "Product", "Category", "Subject", "Reason", "Rating", "Words")
DESK_SHARE = 0.3
"""What was said of past orders, beside what is said of those of the last weeks; a store that grew."""


def write(
    folder: Path, people: Iterable[Person], baskets: Sequence[Basket], until: datetime
) -> tuple[Path, Path, Path]:
    """`customers.csv`, `orders.csv` and `desk.csv`; baskets at or after `until` are left to the replay."""
    first: dict[int, datetime] = {}
    orders_path = folder / "orders.csv"
    by_number = {person.number: person for person in people}
    with orders_path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(ORDER_COLUMNS)
        for basket in baskets:
            person = by_number[basket.household]
            first.setdefault(person.number, basket.at)
            if basket.at >= until:
                continue
            at, total = clock.to_text(basket.at), basket.total
            for place, item in enumerate(basket.items):
                head = [person.email, at, at, total, "USD"] if place == 0 else [person.email, "", "", "", ""]
                writer.writerow(
                    [basket.basket_id, *head, item.product_id, item.title, item.quantity, item.price, item.category]
                )
    customers_path = folder / "customers.csv"
    with customers_path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(CUSTOMER_COLUMNS)
        for person in by_number.values():
            since = clock.to_text(min(first.get(person.number, until), until - timedelta(days=1)))
            known = [person.email, person.first_name, person.country, person.language, person.zone, since]
            writer.writerow([*known, *(["yes", since, INVENTED] if person.subscribed else ["", "", ""])])
    return customers_path, orders_path, _write_desk(folder / "desk.csv", by_number, baskets, until)


def _write_desk(path: Path, by_number: dict[int, Person], baskets: Iterable[Basket], until: datetime) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, DESK_COLUMNS, restval="")
        writer.writeheader()
        for basket in baskets:
            chance = random.Random(f"desk:{basket.basket_id}")
            kind, at = care.draw_kind(chance.random() / DESK_SHARE), basket.at + timedelta(days=chance.uniform(1, 9))
            if not kind or at >= until:
                continue
            item = chance.choice(basket.items)
            said = {name.capitalize(): value for name, value in care.about(kind, item, chance).items()}
            row = {
                "Kind": kind,
                "Id": f"desk-{basket.basket_id}",
                "At": clock.to_text(at),
                "Email": by_number[basket.household].email,
                "Order": basket.basket_id,
                "Product": item.product_id,
                "Category": item.category,
            }
            writer.writerow(row | said)
    return path


def bring_in(
    services: Services, paths: tuple[Path, Path, Path], now: datetime, on_block: Callable[[], None]
) -> tuple[Report, ...]:
    """Import the files; `on_block` runs after each block of facts, so that the stream can be folded meanwhile."""
    customers_path, orders_path, desk_path = paths
    people = Sheet(customers_path, customers.COLUMNS, customers.NEEDED)
    bought = Sheet(orders_path, orders.COLUMNS, orders.NEEDED)
    said = Sheet(desk_path, service.COLUMNS, service.NEEDED)
    theirs, shops = Origin(now), Origin(now, platform=PLATFORM)
    return (
        load.load(services, customers.read(people, theirs), now=now, on_progress=on_block),
        load.load(services, orders.read(bought, shops), now=now, on_progress=on_block),
        load.load(services, service.read(said, shops), now=now, on_progress=on_block),
    )

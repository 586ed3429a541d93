"""Cells as shops and spreadsheets write them: phones, ids, decimal commas, dates by day or month, no time of day."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from chalicelib.errors import BadInput
from chalicelib.money import Rates
from chalicelib.profile import fold
from chalicelib.segment import gathering, habits
from chalicelib.segment.ledger import Ledger
from chalicelib.segment.models import hours
from chalicelib.segment.observed import Purchase
from cli.imports import cells, customers, orders, products
from cli.imports.origin import Origin
from cli.imports.sheet import Refusal, Sheet
from tests.imports import headers

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def read(path, noun, mapping=None, **origin):
    """(facts by row, remarks)."""
    found = list(noun.read(Sheet(path, noun.COLUMNS, noun.NEEDED, mapping=mapping), Origin(now=NOW, **origin)))
    return [each for each in found if isinstance(each, list)], [each for each in found if isinstance(each, Refusal)]


def test_shopifys_own_export_of_customers(sheet):
    rows = [
        {"Customer ID": "'6940095564", "First Name": "Ann", "Accepts Email Marketing": "no",
         "Default Address Country Code": "DE", "Default Address City": "Berlin", "Phone": "'+4915112345678"},
        {"Customer ID": "'6940095565", "Email": "bea@mail.example", "Default Address Country Code": "US",
         "Default Address Phone": "(202) 555-0142", "Default Address Province Code": "DC"},
        {"Customer ID": "6.94001E+9", "Email": "cy@mail.example"},
        {"Customer ID": "6.94001E+12", "Email": "cy@mail.example", "Phone": "call me"},
    ]  # fmt: skip
    facts, remarks = read(sheet(headers.file_of(headers.CUSTOMERS, *rows)), customers, platform="shopify")
    assert [each[0].who for each in facts] == [
        {"customer": "shopify:6940095564", "phone": "+4915112345678"},
        {"email": "bea@mail.example", "customer": "shopify:6940095565", "phone": "+12025550142"},
        {"email": "cy@mail.example"},
        {"email": "cy@mail.example"},
    ]
    assert (facts[0][0].city, facts[1][0].region) == ("Berlin", "DC")
    assert ["a spreadsheet has shortened" in each.reason for each in remarks] == [True, True]


def test_an_order_is_taken_without_a_phone_number_that_cannot_be_read(sheet):
    def row(number, phone, country, **more):
        return {
            "Name": f"#{number}", "Id": str(number), "Currency": "EUR", "Total": "1", "Created at": "2026-10-31T14:30Z",
            "Billing Phone": phone, "Billing Country": country, "Email": "v@mail.example",
        } | more  # fmt: skip

    rows = [
        row(1, "0151 23456789", "DE"),
        row(2, "(202) 555-0142", "US"),
        row(3, "0151 23456789", ""),
        row(4, "", "Atlantis", Phone="+4915123456789"),
        row(5, "call me", "DE", Email=""),
    ]
    facts, remarks = read(sheet(headers.file_of(headers.ORDERS, *rows)), orders)
    phones = ["+4915123456789", "+12025550142", None, "+4915123456789"]
    assert [each[0].who.get("phone") for each in facts] == phones
    assert [(each.line, each.reason) for each in remarks] == [
        (4, "a phone number must begin with + and its country; the rest was taken"),
        (6, "not a phone number"),
    ]


def test_of_columns_of_one_meaning_the_first_that_is_filled_is_read(sheet):
    head = "Default Address Phone,Phone,E-Mail,Email\n"
    rows = "+4915112345678,+12025550142,a@mail.example,\n+4915112345678,,,b@mail.example\n"
    facts, _ = read(sheet(head + rows), customers)
    assert [each[0].who for each in facts] == [
        {"email": "a@mail.example", "phone": "+12025550142"},
        {"email": "b@mail.example", "phone": "+4915112345678"},
    ]
    with pytest.raises(BadInput, match="no column order_id; its columns: Name"):
        read(sheet("Name,Email,Created at,Total,Currency\n"), orders)


def test_a_file_of_a_german_spreadsheet(sheet):
    head = "Bestellnummer;Email;Datum;Summe;Währung;Menge;Artikel;Preis\n"
    rows = (
        "1001;gg@mail.example;31.12.2025 14:30;1.299,50;EUR;2,0;Tee;12,50\n1002;gg@mail.example;1.2.2026;12.50;EUR;;;\n"
    )
    mapping = {
        "Bestellnummer": "order_id", "Datum": "placed_at", "Summe": "total", "Währung": "currency",
        "Menge": "line_quantity", "Artikel": "line_title", "Preis": "line_price",
    }  # fmt: skip
    path = sheet(head + rows)
    _, plain = read(path, orders, mapping, zone="Europe/Berlin")
    assert [each.reason.partition(";")[2] for each in plain] == [" --dates names another way to write them"] * 2
    facts, remarks = read(path, orders, mapping, zone="Europe/Berlin", decimal=",", dates="dd.mm.yyyy")
    ((order,),) = facts
    assert (order.total, order.lines[0].price.amount, order.lines[0].quantity) == ((129950, "EUR"), 1250, 2)
    assert order.occurred_at == datetime(2025, 12, 31, 14, 30, tzinfo=BERLIN)
    assert [each.reason for each in remarks] == ["not an amount such as 12,50; --decimal . reads 12.50"]


def test_products_of_a_german_spreadsheet(run, sheet):
    path = sheet("id;price;stock;updated_at\n1;1.299,50;4,0;31.10.2026\n2;12.50;1;31.10.2026\n")
    file = Sheet(path, products.COLUMNS, products.NEEDED)
    origin = Origin(NOW, zone="Europe/Berlin", decimal=",", dates="dd.mm.yyyy")
    news = products.read(file, origin, columns=lambda: file.name_columns(file.header), currency="EUR")
    change, refusal = news
    assert (change.told["price"], change.stock) == ([129950, "EUR"], {"": 4})
    assert change.updated_at == datetime(2026, 10, 31, 12, tzinfo=BERLIN)
    assert refusal.reason == "not an amount such as 12,50; --decimal . reads 12.50"
    options = ("--currency", "EUR", "--timezone", "Europe/Berlin", "--dry-run")
    assert run("import", "products", path, *options).exit_code == 1
    told = run("import", "products", path, *options, "--decimal", ",", "--dates", "dd.mm.yyyy")
    assert told.output.splitlines()[0] == "1 products read (dry run: nothing was written)"


@pytest.mark.parametrize(
    ("cell", "dates", "told"),
    [
        ("31.12.2025 14:30", "dd.mm.yyyy", "2025-12-31 14:30"),
        ("1/2/2026", "dd/mm/yyyy", "2026-02-01"),
        ("1/2/2026 9:05:07", "mm/dd/yyyy", "2026-01-02 09:05:07"),
        ("1/2/2026 12:05 am", "mm/dd/yyyy", "2026-01-02 00:05"),
        ("1/2/2026 9:05 PM", "mm/dd/yyyy", "2026-01-02 21:05"),
        ("2026-01-02T03:04:05Z", "dd.mm.yyyy", "2026-01-02T03:04:05Z"),
        ("31/12/2025", "dd.mm.yyyy", "31/12/2025"),
        ("31.12.2025", "", "31.12.2025"),
    ],
)
def test_dates_are_read_in_the_order_that_is_named(cell, dates, told):
    assert cells.as_iso(cell, dates) == told


@pytest.mark.parametrize("cell", ["1.5", "1,2,3", "12,50 EUR", "1.29,00", ","])
def test_an_amount_that_is_not_written_as_named_is_refused(cell):
    with pytest.raises(BadInput):
        cells.amount(cell, "EUR", ",")


def test_an_order_with_a_date_alone_has_no_time_of_day(sheet):
    head = "Id,Email,Created at,Paid at,Total,Currency\n"
    rows = "1,dan@mail.example,2026-05-09,2026-05-10,1,EUR\n2,dan@mail.example,2026-05-09T08:00:00Z,,1,EUR\n"
    facts, _ = read(sheet(head + rows), orders, zone="Europe/Berlin")
    found = fold.fold_all("p", [fact for each in facts for fact in each]).customer
    told = {order_id: (order.placed_at.hour, order.day_only) for order_id, order in found.orders.items()}
    assert told == {"1": (10, True), "2": (8, False)}
    days = [Purchase(order.placed_at.toordinal(), 1.0, (), (order,)) for order in found.orders.values()]
    times, trials = habits.count(found, days, "UTC", "EUR", {}, NOW)
    assert (trials["coupon"], trials["hour"], times["hour:morning"]) == (2, 1, 1)
    ledger = gathering.gather([found], zone="UTC", rates=Rates("EUR", {}))
    assert ledger["orders.hour"].tolist() == [-1]
    day = int(ledger["orders.day"][0])
    clicks = [(0, day + each, 9) for each in range(hours.OWN)]
    rows = {"orders": [(0, day, day, 0, 1.0, -1, 0.0)], "answers": clicks}
    rows |= {name: [] for name in ("refunds", "lines", "looks", "offers")}
    known = Ledger.of(["p"], rows, {"products": [], "categories": []})
    _, hour, _ = hours.best({"kind": hours.WITH_ORDERS, "everybody": [0] * 8 + [1] * 3 + [0] * 13}, known, day + 100)
    assert hour.tolist() == [9]

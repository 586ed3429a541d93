"""Import, publish, plan and look at a customer, with the commands an operator types, over the local cloud."""

import json

import pytest

from chalicelib.profile import store

CUSTOMERS = """Email,First Name,Country,Accepts Email Marketing,Consent date,Consent wording
ann@mail.example,Ann,DE,yes,2026-01-05T10:00:00Z,news please
bo@mail.example,<script>alert(1)</script>,US,no,,
"""
ORDERS = """Id,Email,Created at,Paid at,Total,Currency,Lineitem name,Lineitem quantity,Lineitem price
1001,ann@mail.example,2026-02-01T10:00:00Z,2026-02-01T10:01:00Z,30.00,EUR,Tea,2,10.00
1001,ann@mail.example,,,,,Cup,1,10.00
1002,bo@mail.example,2026-03-01T10:00:00Z,,5.00,USD,Tea,1,5.00
"""


@pytest.fixture
def sheet(tmp_path):
    def sheet(text, name="file.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return sheet


def bring_in(local, run, noun, path, *more):
    answer = run("import", noun, path, "--json", *more)
    assert answer.exit_code == 0, answer.output
    local.pump()
    return json.loads(answer.stdout)


@pytest.mark.parametrize(("noun", "text"), [("customers", CUSTOMERS), ("orders", ORDERS)])
def test_the_same_file_twice_changes_nothing(local, run, sheet, noun, text):
    path = sheet(text)
    first = bring_in(local, run, noun, path)
    assert (first["taken"], first["refused"]) == (2, 0)
    before = {each.profile_id: each for each in store.scan(local.services)[0]}
    second = bring_in(local, run, noun, path)
    assert (second["taken"], second["written"]) == (2, {})
    assert second["known_before"] == sum(first["written"].values())
    after = {each.profile_id: each for each in store.scan(local.services)[0]}
    assert {key: (each.orders, each.consent, each.email) for key, each in after.items()} == {
        key: (each.orders, each.consent, each.email) for key, each in before.items()
    }


def test_an_import_never_raises_an_unsubscribed(local, run, sheet):
    head = CUSTOMERS.splitlines()[0]
    bring_in(local, run, "customers", sheet(f"{head}\ncy@mail.example,Cy,US,yes,2026-01-01T00:00:00Z,news\n"))
    assert store.find(local.services, "email", "cy@mail.example").consent_of("email").state == "subscribed"
    bring_in(local, run, "customers", sheet(f"{head}\ncy@mail.example,Cy,US,no,2026-05-01T00:00:00Z,\n"))
    assert store.find(local.services, "email", "cy@mail.example").consent_of("email").state == "unsubscribed"
    bring_in(local, run, "customers", sheet(f"{head}\ncy@mail.example,Cy,US,yes,2026-11-01T00:00:00Z,news\n"))
    assert store.find(local.services, "email", "cy@mail.example").consent_of("email").state == "unsubscribed"


def test_hostile_rows_are_refused_with_line_and_reason_and_the_rest_is_taken(run, sheet):
    rows = [
        "2001,ann@mail.example,2026-02-01T10:00:00Z,1.00,EUR",  # line 2, right
        "2002,not an address,2026-02-01T10:00:00Z,1.00,EUR",
        "2003,ann@mail.example,2026-02-30T10:00:00Z,1.00,EUR",
        "2004,ann@mail.example,2026-02-01 10:00:00,1.00,EUR",
        "2005,ann@mail.example,2999-01-01T10:00:00Z,1.00,EUR",
        "2006,ann@mail.example,2026-02-01T10:00:00Z,NaN,EUR",
        "2007,ann@mail.example,2026-02-01T10:00:00Z,-1,EUR",
        "2008,ann@mail.example,2026-02-01T10:00:00Z,1.00,ABC",
        "2009,,2026-02-01T10:00:00Z,1.00,EUR",
        "2010,ann@mail.example,2026-02-01T10:00:00Z,1.00",
        "20\0,ann@mail.example,2026-02-01T10:00:00Z,1.00,EUR",
        "2001,ann@mail.example,2026-02-01T10:00:00Z,1.00,EUR",
    ]
    path = sheet("Id,Email,Created at,Total,Currency\n" + "\n".join(rows) + "\n")
    answer = run("import", "orders", path, "--dry-run", "--json")
    told = json.loads(answer.stdout)
    assert (answer.exit_code, told["taken"], told["refused"]) == (0, 1, len(rows) - 1)
    assert [each["line"] for each in told["refusals"]] == list(range(3, len(rows) + 2))
    assert all(each["reason"] and "ann@mail" not in each["reason"] for each in told["refusals"])


def test_a_file_of_nothing_but_refusals_ends_with_1(run, sheet):
    path = sheet("Id,Email,Created at,Total,Currency\n1,nobody,2026-01-01T00:00:00Z,1,EUR\n")
    answer = run("import", "orders", path, "--dry-run")
    assert answer.exit_code == 1
    assert "line 2: not a mail address" in answer.stdout
    assert run("import", "orders", sheet("a,b\n1,2\n"), "--dry-run").exit_code == 1
    assert run("import", "orders", path.with_name("absent.csv"), "--dry-run").exit_code == 2


def test_publish_then_plan_then_show_a_customer(local, run, sheet):
    published = json.loads(run("publish", "--json").stdout)
    assert published["version"] == json.loads(run("check", "--json").stdout)["version"]
    planned = run("plan", "--hours", "6", "--json")
    assert planned.exit_code == 0, planned.output
    assert json.loads(planned.stdout)["playbook"] == published["version"]
    assert "until" in run("plan").stdout
    bring_in(local, run, "customers", sheet(CUSTOMERS))
    shown = run("customer", "show", "bo@mail.example", "--json")
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout)["consent"]["email"]["state"] == "unsubscribed"
    assert "Consent (email): subscribed" in run("customer", "show", "ann@mail.example").stdout
    absent = run("customer", "show", "zoe@mail.example")
    assert (absent.exit_code, absent.stderr) == (1, "Error: no such customer\n")

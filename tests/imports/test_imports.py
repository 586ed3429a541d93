"""Stories of an operator with files: whatever exported them, however broken, and crashes in the middle."""

import csv
import io
import json
import tracemalloc
from datetime import UTC, datetime

import pytest

from chalicelib.errors import BadInput
from cli.imports import cells, orders
from cli.imports import sheet as sheets
from cli.imports.origin import Origin

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
KLAVIYO = (  # the columns of a list's export, in its order, without those for address, value and activity
    "Email,Klaviyo ID,First Name,Last Name,Organization,Title,Phone Number,City,State / Region,Country,Zip Code,Source,"
    "IP Address,Email Marketing Consent,Email Marketing Consent Timestamp,SMS Marketing Consent,"
    "SMS Marketing Consent Timestamp,Profile Created On,Date Added,Email Suppressions\n"
    "KIM@Mail.Example,01H,Kim,Lee,,,(202) 555-0142,Washington,DC,United States,20001,,,"
    "SUBSCRIBED,2025-01-02 03:04:05+00:00,UNSUBSCRIBED,2026-02-02 00:00:00+00:00,2025-01-02 03:04:05+00:00,,[]\n"
    "lou@mail.example,01J,Lou,,,,,,,Atlantis,,,,NEVER_SUBSCRIBED,,,,,,\n"
    "ron@mail.example,01K,Ron,,,,,,,DEU,,,,SUBSCRIBED,2025-01-02 03:04:05+00:00,,,,,['USER_SUPPRESSED']\n"
)
ENDPOINTS = [
    {
        "Id": "e1", "ChannelType": "EMAIL", "Address": "Pia@mail.example", "OptOut": "NONE",
        "EffectiveDate": "2025-03-04T05:06:07.089Z", "Location": {"Country": "DE", "City": "Bonn"},
        "Demographic": {"Timezone": "Europe/Berlin", "Locale": "de_DE"},
        "User": {"UserId": "u-7", "UserAttributes": {"FirstName": ["Pia"], "Tier": ["gold"]}},
        "Attributes": {"Interests": ["tea"]}, "Metrics": {"logins": 4.0},
    },
    {"ChannelType": "SMS", "Address": "+4915112345678", "OptOut": "ALL", "User": {"UserId": "u-7"}},
    {"ChannelType": "GCM", "Address": "token", "OptOut": "NONE"},
    {"ChannelType": "EMAIL", "Address": "quit@mail.example", "OptOut": "ALL"},
    {
        "ChannelType": "EMAIL", "Address": "dead@mail.example", "OptOut": "NONE", "EndpointStatus": "INACTIVE",
        "EffectiveDate": "2025-03-04T05:06:07.089Z", "CohortId": "7", "Location": {"Country": "CAN"},
    },
]  # fmt: skip


def test_klaviyos_export_is_taken_as_it_is(bring_in, customer, sheet):
    told = bring_in("customers", sheet(KLAVIYO), "--from", "klaviyo")
    assert told["taken"] == 3
    assert [each["reason"] for each in told["refusals"]] == [
        "a country must be two letters of ISO 3166; the rest was taken"
    ]
    kim = customer("kim@mail.example")
    assert (kim.phone, kim.country, kim.first_name) == ("+12025550142", "US", "Kim")
    assert (kim.consent_of("email").state, kim.consent_of("email").wording) == ("subscribed", "Klaviyo")
    assert kim.consent_of("sms").state == "unsubscribed"
    assert customer("lou@mail.example").consent_of("email").state == "never"
    ron = customer("ron@mail.example")
    assert (ron.country, ron.consent_of("email").state) == ("DE", "unsubscribed")  # said yes, and is never written to


@pytest.mark.parametrize("form", ["json", "csv"])
def test_pinpoints_export_is_taken_as_it_is(bring_in, customer, sheet, form):
    who = f"{form}-pia@mail.example"
    lines = [dict(each) for each in ENDPOINTS]
    lines[0]["Address"] = who.upper()
    for each in lines[:2]:
        each["User"] = {**each["User"], "UserId": f"u-{form}"}
    lines[1]["Address"] = "+4915112345670" if form == "json" else "+4915112345671"
    if form == "json":
        content = "\n".join(map(json.dumps, lines)) + "\n{broken\n[1]\n"
    else:
        file = io.StringIO(newline="")
        columns = [
            *("ChannelType", "Address", "OptOut", "EffectiveDate", "EndpointStatus"),
            *("User.UserId", "User.UserAttributes.FirstName"),
            *("Demographic.Timezone", "Demographic.Locale", "Location.Country"),
        ]
        rows = csv.DictWriter(file, columns)
        rows.writeheader()
        rows.writerow(
            {**{name: lines[0].get(name) for name in columns[:5]}, "User.UserId": f"u-{form}"}
            | {"User.UserAttributes.FirstName": "Pia", "Demographic.Timezone": "Europe/Berlin"}
            | {"Demographic.Locale": "de_DE", "Location.Country": "DE"}
        )
        for each in lines[1:]:
            rows.writerow(
                {name: each.get(name) for name in columns[:5]}
                | {"User.UserId": each.get("User", {}).get("UserId")}
                | {"Location.Country": each.get("Location", {}).get("Country")}
            )
        content = file.getvalue()
    path = sheet(content)
    told = bring_in("customers", path, "--from", "pinpoint")
    assert told["taken"] == 4
    assert told["refused"] == (3 if form == "json" else 1)
    pia = customer(who)
    assert (pia.first_name, pia.country, pia.language, pia.zone.name) == ("Pia", "DE", "de-DE", "Europe/Berlin")
    assert pia.consent_of("email").state == "never"  # that nobody opted out is no consent
    assert pia.consent_of("sms").state == "unsubscribed"
    assert pia.phone == lines[1]["Address"]  # one user, two endpoints
    assert customer("quit@mail.example").consent_of("email").state == "unsubscribed"
    bring_in("customers", path, "--from", "pinpoint", "--wording", "Yes, send me news")
    consent = customer(who).consent_of("email")
    assert (consent.state, consent.wording, f"{consent.since:%Y-%m-%d}") == (
        "subscribed", "Yes, send me news", "2025-03-04",
    )  # fmt: skip
    assert customer("quit@mail.example").consent_of("email").state == "unsubscribed"
    dead = customer("dead@mail.example")
    assert (dead.country, dead.consent_of("email").state) == ("CA", "never")


def test_no_list_of_consents_makes_an_unsubscribed_person_subscribed(bring_in, customer, sheet):
    head = "email,channel,consent,date,wording\n"
    told = bring_in(
        "consent",
        sheet(
            f"{head}ada@mail.example,email,yes,2026-01-01T00:00:00Z,news\nada@mail.example,sms,yes,2026-01-01T00:00:00Z,\n"
            "bea@mail.example,,no,,\nada@mail.example,email,yes,,\nada@mail.example,fax,yes,,\nada@mail.example,,pending,,\n"
        ),
    )
    assert told["written"] == {"Consent Recorded": 2}
    assert [each["reason"] for each in told["refusals"]] == [
        "consent for sms without a phone number",
        "consent without the date it was given is no proof",
        "a channel must be email or sms",
        "neither yes nor no",
    ]
    assert customer("ada@mail.example").consent_of("email").wording == "news"
    bring_in("consent", sheet(f"{head}ada@mail.example,,no,2026-03-01T00:00:00Z,\n"))
    for later in ("2026-02-01", "2026-11-22"):
        bring_in("consent", sheet(f"{head}ada@mail.example,,yes,{later}T00:00:00Z,news\n"))
        assert customer("ada@mail.example").consent_of("email").state == "unsubscribed"


def test_outcomes_of_calls_and_what_customers_told_the_service(bring_in, local, customer, sheet):
    told = bring_in(
        "calls",
        sheet(
            "Phone;Country;Customer email;Called at;Result;Notes\n"
            "0151 12345699;DE;eva@mail.example;2026-11-20 10:00 +0100;No answer;\n"
            '0151 12345699;DE;eva@mail.example;2026-11-21 10:00 +0100;Ordered;"wants\nthe kettle"\n'
            ";;eva@mail.example;;Ordered;\n"
        ),
    )
    assert told["written"] == {"Call Completed": 2}
    assert told["refusals"] == [{"line": 5, "reason": "no date"}]
    told = bring_in(
        "service",
        sheet(
            "kind,id,email,date,subject,product,order,quantity,reason,stars,text\n"
            "enquiry,t1,eva@mail.example,2026-11-01T10:00:00Z,Size?,1041,,,,,\n"
            "complaint,t2,eva@mail.example,2026-11-02T10:00:00Z,Late,,5001,,,,\n"
            "return,t3,eva@mail.example,2026-11-03T10:00:00Z,,1041,5001,1,Too small,,\n"
            "review,t4,eva@mail.example,2026-11-04T10:00:00Z,,1041,,,,4,Nice\n"
            "review,t5,eva@mail.example,2026-11-04T10:00:00Z,,1041,,,,6,\n"
            "praise,t6,eva@mail.example,2026-11-04T10:00:00Z,,,,,,,\n"
            "return,t7,eva@mail.example,2026-11-04T10:00:00Z,,,,,,,\n"
        ),
    )
    assert told["written"] == {
        "Complaint Opened": 1, "Inquiry Opened": 1, "Product Returned": 1, "Product Reviewed": 1,
    }  # fmt: skip
    assert [each["line"] for each in told["refusals"]] == [6, 7, 8]
    eva = customer("eva@mail.example")
    for name, number in (
        ("Call Completed", 2),
        ("Inquiry Opened", 1),
        ("Product Returned", 1),
        ("Product Reviewed", 1),
    ):
        assert eva.count(name, within=None, now=local.now()) == number


def test_rows_of_one_customer_are_merged_and_the_last_wins(bring_in, customer, sheet):
    told = bring_in(
        "customers",
        sheet(
            "Email,First Name,Country,Date of birth,Gender\n"
            'Tim@Mail.example,Tim,,1990-05-17,\n tim@mail.example ,Timothy,FR,,M\n"Tim <tim@mail.example>",,,,\n'
        ),
    )
    assert (told["taken"], told["repeated"]) == (3, 2)
    tim = customer("tim@mail.example")
    assert (tim.first_name, tim.country) == ("Timothy", "FR")


def test_columns_of_any_name_are_mapped_and_the_mapping_kept(bring_in, customer, run, sheet, tmp_path):
    path, kept = sheet("Kundenmail;Vorname;Name\nuwe@mail.example;Uwe;Kurz\n"), tmp_path / "shop.yaml"
    told = run("import", "customers", path, "--dry-run")
    assert told.exit_code == 1
    assert "its columns: Kundenmail, Vorname, Name" in told.stderr
    more = ("--map", "Kundenmail=email", "--map", "vor name=first_name", "--map", "Name=last_name")
    bring_in("customers", path, *more, "--save-mapping", kept)
    assert customer("uwe@mail.example").last_name == "Kurz"
    again = sheet("Kundenmail;Vorname;Name\nina@mail.example;Ina;Lang\n")
    bring_in("customers", again, "--mapping", kept, "--map", "Name=")
    assert (customer("ina@mail.example").first_name, customer("ina@mail.example").last_name) == ("Ina", "")
    for wrong in ("Kundenmail", "Kundenmail=mail", "Absent=email"):
        assert run("import", "customers", path, "--dry-run", "--map", wrong).exit_code == 1


ENCODED = 'Email;First Name\r\nzoë@mail.example;x\r\nmia@mail.example;"Mía ""M""\r\nO\'Hara"\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_unicode_file_is_read(run, sheet, encoding):
    told = json.loads(run("import", "customers", sheet(ENCODED.encode(encoding)), "--dry-run", "--json").stdout)
    assert (told["taken"], told["refusals"]) == (1, [{"line": 2, "reason": "not a mail address that can be sent to"}])


def test_another_encoding_must_be_named_and_nothing_is_taken_before(run, sheet):
    rows = "".join(f"n{number}@mail.example;Ann\n" for number in range(100_000))
    path = sheet(f"Email;First Name\n{rows}mia@mail.example;Mía\n".encode("cp1252"))
    told = run("import", "customers", path, "--dry-run", "--json")
    assert (told.exit_code, told.stdout) == (1, "")
    assert "is not UTF-8: line 100002 does not fit" in told.stderr
    assert run("import", "customers", path, "--dry-run", "--encoding", "klingon").exit_code == 1
    small = sheet("Email;First Name\nmia@mail.example;Mía\n".encode("cp1252"))
    assert run("import", "customers", small, "--dry-run", "--encoding", "cp1252").exit_code == 0


HOSTILE = [
    ('no end "to this', 2, "a quote that is opened here"),
    (f'"{"x" * 1_000_000}"', 2, "a cell that is too long"),
    ("x" * 3_000_000, 2, "a quote that is opened here"),
    ("a\0b", 2, "a cell that is too long or holds a zero byte"),
    ("one,two,three,four", 2, "cells where the header has 2"),
    ("a@b," + "\u202e" * 50, 2, "not a mail address"),
    ('="ann@mail.example",x', 2, "not a mail address"),
    ("ann@@mail.example,x", 2, "not a mail address"),
    ("ann@mail..example,x", 2, "not a mail address"),
    (f"{'a' * 65}@mail.example,x", 2, "not a mail address"),
]


@pytest.mark.parametrize(
    ("row", "line", "reason"), HOSTILE, ids=[reason[:30] + str(n) for n, (_, _, reason) in enumerate(HOSTILE)]
)
def test_a_hostile_row_is_refused_alone(run, sheet, row, line, reason):
    quoted = row if row.startswith(("no end", "x")) is False else f'"{row}'
    after = "" if quoted.count('"') % 2 else "eve@mail.example,Eve\n"
    path = sheet(f"Email,First Name\n{quoted}\n{after}")
    told = json.loads(run("import", "customers", path, "--dry-run", "--json").stdout)
    assert told["refusals"][0]["line"] == line
    assert told["taken"] == (1 if after else 0)


def test_an_open_quote_does_not_swallow_a_large_file(run, sheet):
    rows = "".join(f"n{number}@mail.example,Ann\n" for number in range(90_000))
    told = json.loads(
        run(
            "import", "customers", sheet(f'Email,First Name\nx@mail.example,"Ann\n{rows}'), "--dry-run", "--json"
        ).stdout
    )
    assert told["refused"] <= 3
    assert told["taken"] > 500
    assert "a quote that is opened here" in told["refusals"][0]["reason"]


ODD = [
    ("", "has no column email", 0),
    ("\n", "has no column email", 0),
    ("\ufeff", "has no column email", 0),
    ("Email\n", "", 0),
    ("sep=;\nEmail;Name\nann@mail.example;Ann\n", "", 1),
    ('\ufeff"Email\nx",b\n', "has no column email", 0),
    ("Email,First Name,email,E-Mail\nann@mail.example,Ann,bea@mail.example,\n", "", 1),
    (b"Email;Name\nann@mail.example;Zo\xeb\n", "is not UTF-8: line 2", 0),
    ('Email\tName\r\nann@mail.example\t"Ann\r\nLee"\r\n\r\n', "", 1),
]


@pytest.mark.parametrize(("content", "said", "taken"), ODD, ids=[str(n) for n in range(len(ODD))])
def test_files_of_almost_nothing_and_files_of_odd_programs(run, sheet, content, said, taken):
    told = run("import", "customers", sheet(content), "--dry-run", "--json")
    assert told.exit_code == bool(said)
    assert said in told.stderr
    if not said:
        assert json.loads(told.stdout)["taken"] == taken


def test_of_two_columns_of_one_meaning_the_first_is_read(bring_in, customer, sheet):
    bring_in("customers", sheet("Email,First Name,email,First\nno1@mail.example,Ann,no2@mail.example,Bea\n"))
    assert customer("no1@mail.example").first_name == "Ann"
    assert customer("no2@mail.example") is None


def test_a_phone_number_needs_its_country_and_must_be_one():
    assert cells.phone("0151 12345678", "DE") == "+4915112345678"
    assert cells.phone("0049 151 12345678") == "+4915112345678"
    assert cells.phone("'+81 90-1234-5678") == "+819012345678"
    assert cells.email("Bücher <leser@bücher.example>") == "leser@xn--bcher-kva.example"
    for wrong, region in (("0151 12345678", ""), ("12", "DE"), ("+999123456789", ""), ("call me", "US")):
        with pytest.raises(BadInput, match="number"):
            cells.phone(wrong, region)


def test_memory_stays_flat_however_long_the_file(tmp_path):
    def peak(rows):
        path = tmp_path / f"{rows}.csv"
        with path.open("w") as file:
            file.write("Id,Customer,Created at,Total,Currency\n")
            for number in range(rows):
                file.write(f"{number + 1},c{number},2026-01-01T00:00:00Z,1.00,EUR\n")
        tracemalloc.start()
        for _ in orders.read(sheets.Sheet(path, orders.COLUMNS, orders.NEEDED), Origin(NOW)):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(200)
    assert peak(1_600) < peak(400) * 1.5

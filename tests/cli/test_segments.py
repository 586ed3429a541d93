"""`dripline segment …` as an operator types it, over the local cloud."""

import json
import shutil
from datetime import timedelta

import pytest

from chalicelib.aws.services import Services
from chalicelib.events import ConsentRecorded, CustomerUpdated, Line, OrderCompleted, SubscriptionConfirmed
from chalicelib.money import Money
from chalicelib.profile import jobs as profile_jobs
from chalicelib.profile import log, store
from chalicelib.segment import jobs
from cli.publish import release
from cli.publish.compile import bundle_of, compile_playbook, complete
from cli.publish.load import DEFAULT, FOLDERS, SETTINGS
from tests.cli.conftest import NOW
from tests.playbook.stand_in import render_names

SPENDERS = """id: spenders
name: {en: Spenders, zh-CN: 高消费}
who:
  all:
    - spend: {gte: 80}
    - did: Order Completed
      where: {price: {gte: 80}}
    - segment: everybody
"""
EVERYBODY = "id: everybody\nname: {en: Everybody, zh-CN: 所有人}\nwho: {none: [{segment: unsubscribed}]}\n"


def tell(services, address, cls, phone="", **values):
    common = {
        "occurred_at": NOW,
        "received_at": NOW,
        "source": "shop",
        "who": {"email": address} | ({"phone": phone} if phone else {}),
    }
    return profile_jobs.fold_now(services, [cls(id=f"{cls.__name__}-{address}", **common, **values)], NOW)[0]


def shop(services):
    """Ann spent and may be written to, Bo spent, Cy may be written to and texted and left nothing; → their ids."""
    price = Money(9000, "USD")
    order = {"total": price, "lines": (Line("boot", "Boot", 1, price, "Shoes"),), "updated_at": NOW}
    people = {}
    for name in ("ann", "bo", "cy"):
        address = f"{name}@mail.example"
        people[name] = tell(
            services, address, CustomerUpdated, email=address, phone="+4915123456789" if name == "cy" else ""
        )
        if name != "cy":
            tell(services, address, OrderCompleted, order_id=name, **order)
        if name != "bo":
            tell(services, address, SubscriptionConfirmed, channel="email", wording="w1")
    tell(services, "cy@mail.example", ConsentRecorded, channel="sms", subscribed=True, wording="w1")
    return people


@pytest.fixture(scope="module")
def open_shop(_standing):
    _standing.clock.install()
    release.publish(_standing.services.data, bundle_of(DEFAULT, render_names), NOW)
    return _standing, shop(_standing.services)


@pytest.fixture(autouse=True)
def _on_the_shops_clock(local):
    pass


@pytest.fixture
def told(run):
    def told(*arguments):
        answer = run("segment", *arguments, "--json")
        assert answer.exit_code == 0, answer.output
        return json.loads(answer.stdout)

    return told


@pytest.fixture
def files(tmp_path):
    (tmp_path / "spenders.yaml").write_text(SPENDERS, encoding="utf-8")
    (tmp_path / "everybody.yaml").write_text(EVERYBODY, encoding="utf-8")
    return tmp_path


def stored(services):
    """Everything that a command could have written to."""
    return (
        [key for prefix in ("segments/", "playbook/", "metrics/") for key in services.data.list(prefix)],
        sorted((each.profile_id, repr(each.facets)) for each in store.scan(services)[0]),
        [len(list(log.read(services, each.profile_id))) for each in store.scan(services)[0]],
    )


def test_a_file_is_previewed_before_it_is_saved_and_nothing_is_written(open_shop, told, run, files):
    local, people = open_shop
    before = stored(local.services)
    found = told("preview", files / "spenders.yaml")
    assert (found["customers"], found["size"], found["published"]) == (3, 2, False)
    assert set(found["sample"]) == {people["ann"], people["bo"]}
    assert found["reach"] == {"email": 1, "sms": 0, "none": 1}
    assert found["overlap"]["everybody"] == {"both": 2, "size": 3}
    assert "unsubscribed" not in found["overlap"]
    assert found["conditions"] == {
        "spend: {gte: 80}": {"size": 2},
        "did: Order Completed, where: {price: {gte: 80}}": {"size": 2},
        "segment: everybody": {"size": 3},
    }
    everyone = told("preview", files / "everybody.yaml", "--sample", 2)
    assert everyone["reach"] == {"email": 2, "sms": 1, "none": 1}
    assert len(everyone["sample"]) == 2
    shown = run("segment", "preview", files / "spenders.yaml")
    assert "Spenders (spenders): 2 of 3 customers, 66.7%" in shown.output
    assert "@" not in shown.output
    assert "ann@mail.example" in run("segment", "preview", files / "spenders.yaml", "--show").output
    assert stored(local.services) == before


def test_a_segment_of_nobody_shows_which_condition_nobody_meets_and_of_whom_it_cannot_be_told(
    open_shop, told, run, tmp_path
):
    path = tmp_path / "mothers.yaml"
    path.write_text(
        "id: mothers\nname: {en: M, zh-CN: M}\n"
        "who: {all: [{gender: female}, {orders_count: {gte: 1}}, {orders_count: {gte: 9}}], none: [{rfm: recent}]}\n",
        encoding="utf-8",
    )
    found = told("preview", path)
    assert found["size"] == 0
    assert found["conditions"] == {
        "gender: female": {"size": 0, "untold": 3, "asked": 3},
        "orders_count: {gte: 1}": {"size": 2},
        "orders_count: {gte: 9}": {"size": 0},
        "none: [{rfm: recent}]": {"size": 3},
    }
    shown = run("segment", "preview", path).output
    assert "0  meet: Gender: female; it cannot be told of 3 of 3\n" in shown
    assert "0  meet: Orders paid: at least 9\n" in shown


def test_a_mistake_in_the_file_is_named_with_its_place(open_shop, run, files):
    wrong = SPENDERS.replace("price: {gte", "prise: {gte").replace("spend: {gte: 80}", "spend: {gte: much}")
    (files / "spenders.yaml").write_text(wrong, encoding="utf-8")
    answer = run("segment", "preview", files / "spenders.yaml")
    assert answer.exit_code == 1
    assert f"{files}/spenders.yaml:5:15: a number is wanted, not text" in answer.output
    assert f"{files}/spenders.yaml:7:15: Order Completed has no field 'prise'; did you mean 'price'?" in answer.output
    (files / "spenders.yaml").write_text("id: spenders\nname: {en: S, zh-CN: S}\n", encoding="utf-8")
    assert "`who` is missing" in run("segment", "why", "ann@mail.example", files / "spenders.yaml").output
    assert "did you mean 'dormant'" in run("segment", "preview", "dorment").output
    assert "there is no file nothing.yaml" in run("segment", "preview", "nothing.yaml").output


WRONG = (
    ("id: spenders", "id: spender", "the id must be the file's name, 'spenders'"),
    (", zh-CN: 高消费", "", "the text in zh-CN is missing"),
    ("- spend: {gte: 80}", "- spend: {gte: 80, lt: 70}", "this never holds: one excludes the other"),
    ("- spend: {gte: 80}", "- gender: Male", "did you mean 'male'?"),
    ("segment: everybody", "segment: everybdy", "there is no segment 'everybdy'; did you mean 'everybody'?"),
    ("segment: everybody", "segment: spenders", "segment 'spenders' asks about itself, by way of others too"),
    ("spend: {gte: 80}", "spend: ]", "expected the node content"),
)


def test_preview_refuses_of_a_file_what_check_refuses_in_the_same_words(open_shop, run, files):
    directory = files / "store"
    for folder in FOLDERS:
        shutil.copytree(DEFAULT / folder, directory / folder)
    shutil.copy(DEFAULT / SETTINGS, directory / SETTINGS)
    path = directory / "segments" / "spenders.yaml"
    (directory / "segments" / "everybody.yaml").write_text(EVERYBODY, encoding="utf-8")
    for old, new, complaint in WRONG:
        assert SPENDERS.count(old) == 1
        path.write_text(SPENDERS.replace(old, new), encoding="utf-8")
        (problem,) = (str(each) for each in compile_playbook(directory, render_names).problems)
        answer = run("segment", "preview", path)
        assert answer.exit_code == 1
        assert complaint in problem
        assert answer.output.strip().endswith(f"{directory}/{problem}"), (answer.output, problem)


def test_why_says_which_condition(open_shop, told, run, files):
    assert told("why", "ann@mail.example", files / "spenders.yaml") | {"profile_id": ""} == {
        "segment": "spenders",
        "profile_id": "",
        "inside": True,
        "why": [
            "Spent in all: at least 80 USD — yes (90.00 USD)",
            "Paid for an order (price: at least 80 USD) — yes (1 time)",
            "In the segment “Everybody” — yes",
        ],
        "since": None,
    }
    out = run("segment", "why", "cy@mail.example", files / "spenders.yaml").output
    assert "Spent in all: at least 80 USD — no (0.00 USD)" in out
    assert out.endswith("Not in the segment “Spenders”\n")
    chinese = run("segment", "why", "ann@mail.example", files / "spenders.yaml", "--language", "zh-CN").output
    assert "累计消费：至少 80 USD — 是（90.00 USD）" in chinese
    assert "完成付款（单价：至少 80 USD） — 是（1 次）" in chinese
    assert chinese.endswith("属于分群“高消费”\n")
    assert run("segment", "why", "nobody@mail.example", "active").exit_code == 1


def test_a_due_list_says_how_much_it_wrote_and_where_and_why_it_is_empty(open_shop, run, tmp_path):
    file = tmp_path / "due.csv"
    for where, named, out in (
        (file, file, ""),
        ("-", "standard output", '"chance","kind","item","title","profile_id","email"\r\n'),
    ):
        answer = run("segment", "due", "--csv", where)
        assert (answer.exit_code, answer.stdout.replace("\n", "").replace("\r", "")) == (0, out.strip())
        assert f"0 lines written to {named}" in answer.stderr
        assert "Nothing was computed yet" in answer.stderr
    assert file.read_text(encoding="utf-8-sig").startswith('"chance"')
    nowhere = run("segment", "due", "--csv", tmp_path / "none" / "due.csv")
    assert nowhere.exit_code == 1
    assert "cannot be written: No such file or directory" in nowhere.stderr
    assert run("segment", "due", "--csv", "-", "--json").exit_code == 2
    assert "尚未完成过每日计算" in run("segment", "due", "--language", "zh-CN").stdout


def test_the_commands_speak_chinese(open_shop, run, files):
    assert "人数尚未计算；分群每小时计算一次" in run("segment", "list", "--language", "zh-CN").stdout
    shown = run("segment", "preview", files / "spenders.yaml", "--language", "zh-CN").stdout
    assert shown.startswith("高消费（spenders）：3 位客户中有 2 位，66.7%\n         2  满足：累计消费：至少 80 USD\n")
    assert "可通过邮件触达 1 位，可通过短信触达 0 位，两者均不可触达 1 位" in shown
    assert "僵尸用户（无互动、无订单）：尚未计算" in run("segment", "history", "zombies", "--language", "zh-CN").stdout
    assert "尚未计算" in run("segment", "models", "--language", "zh-CN").stdout


def test_sizes_day_by_day_and_a_list_of_all(open_shop, told, run):
    local, _ = open_shop
    assert told("list")["counted"] is None
    assert "not computed yet" in run("segment", "history", "ordered_7d").output
    for days in (0, 1, 9):
        local.clock.move_to(NOW + timedelta(days=days))
        for number in range(4):
            jobs.compute_slice(
                Services(over_wire=False),
                {"slice": number, "of": 4, "run": local.clock.now().isoformat()[:13]},
                local.clock.now(),
            )
    rows = told("history", "ordered_7d", "--days", 30)["days"]
    assert [(row["day"], row["size"], row["customers"], row["complete"]) for row in rows] == [
        ("2026-11-23", 2, 3, True),
        ("2026-11-24", 2, 3, True),
        ("2026-12-02", 0, 3, True),
    ]
    assert [row["day"] for row in told("history", "ordered_7d", "--days", 3)["days"]] == ["2026-12-02"]
    sizes = {row["segment"]: row["size"] for row in told("list")["segments"]}
    assert (sizes["ordered_7d"], sizes["active"]) == (0, 3)
    assert "-2" in run("segment", "history", "ordered_7d").output
    assert "there is no segment 'vips'" in run("segment", "history", "vips").output


def test_a_file_may_ask_for_a_tag_as_settings_were_written_and_as_they_are_published():
    asked = {"all": [{"tag": "promo_sensitive"}]}
    written, published = ({"tags": {"promo_share": share, "least_orders": 3}} for share in ("60%", 0.6))
    assert complete(asked, written) == complete(asked, published)

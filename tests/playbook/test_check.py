"""Every kind of mistake is found, at its file, line and column."""

import json

import pytest

from chalicelib.errors import BadPlaybook
from cli.publish import shapes
from cli.publish.check import MOST_SEGMENTS
from cli.publish.compile import bundle_of, compile_playbook
from cli.publish.load import DEFAULT

SETTINGS = "dripline.yaml"
UNPAID = "flows/unpaid_order.yaml"
WELCOME = "flows/welcome.yaml"
CAMPAIGN = "campaigns/black_friday_2026.yaml"
DORMANT = "segments/dormant.yaml"
SOURCE = "sources/generic.yaml"
SURVEY = "surveys/about_you.yaml"
FIRST = "else: true\n        steps:\n          - email: unpaid_3\n            coupon: save20"
VIEWED = "Product Viewed\n    id: id\n    who: {customer: customer.id, "
REFUND = "amount: {amount: refund.amount, currency: refund.currency}"


def test_the_default_playbook_has_no_problems(copy):
    assert copy.problems() == []
    assert list(copy.bundle.flows) == ["confirm_subscription", "preferences_link", "unpaid_order", "welcome"]


def test_the_shipped_schemas_are_those_of_the_code():
    shipped = {path.name: path.read_text(encoding="utf-8") for path in (DEFAULT / "schemas").glob("*.json")}
    assert shipped == {f"{kind}.json": shapes.as_text(kind) for kind in shapes.KINDS}


@pytest.mark.parametrize("kind", shapes.KINDS)
def test_the_editors_schemas_accept_the_default_playbook(kind):
    from jsonschema import Draft202012Validator

    from cli.publish.load import load

    schema = json.loads((DEFAULT / "schemas" / f"{kind}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    playbook = load(DEFAULT)
    documents = [playbook.settings] if kind == "settings" else playbook.of(f"{kind}s").values()
    assert documents
    for document in documents:
        Draft202012Validator(schema).validate(document.data)
        first_line = (DEFAULT / document.file).read_text(encoding="utf-8").splitlines()[0]
        assert first_line.endswith(f"$schema={'' if kind == 'settings' else '../'}schemas/{kind}.json")


MISTAKES = [
    # what the store says of itself
    (SETTINGS, "  timezone: America/New_York\n", "", "store:\n", "`timezone` is missing"),
    (SETTINGS, "timezone: America/New_York", "timezone: America/Boston", "timezone:", "is not an IANA time zone"),
    (SETTINGS, "currency: USD", "currency: dollars", "currency: d", "'dollars' is not a currency such as USD"),
    (SETTINGS, "  name: Aurora Home\n  url", "  nome: Aurora Home\n  url", "nome", "did you mean 'name'?"),
    (SETTINGS, "url: https://shop.example", "url: http://shop.example", "url: h", "is not the shop's address"),
    (SETTINGS, "hosts: [shop.example, ", "hosts: [", "hosts: [", "the host of the store's url is not among them"),
    (
        SETTINGS,
        "languages: [en, zh-CN, de, fr, es, ja]",
        "languages: []",
        "languages: [",
        "a list is wanted, not nothing",
    ),
    (SETTINGS, "es, ja]", "es, ja, it]", "too_many: {", "the text in it is missing"),
    (SETTINGS, "every: 16h", "every: 16 hours", "every: 16", "'16 hours' is not a duration such as 30m"),
    (SETTINGS, "retry: 48h", "retry: 4h", "retry: 4h", "`retry` must be at least `every`"),
    (SETTINGS, "holdout: 5%", "holdout: 5", "holdout: 5", "a share below 100% such as 5% is wanted, not 5"),
    (SETTINGS, "{mid: 100, high: 500}", "{mid: 500, high: 100}", "spend_bands: {", "`mid` must be below `high`"),
    (SETTINGS, "high: 500}", "high: .inf}", "high: .inf", "a number is wanted, not 'inf'"),
    (SETTINGS, "slices: 4", "slices: 0", "slices: 0", "0 is less than the minimum of 1"),
    (SETTINGS, "{code: SAVE5, amount: 5,", "{code: SAVE5,", "save5: {", "either `amount` or `percent`"),
    (SETTINGS, "SAVE5, amount: 5,", "SAVE5, amount: 4.99,", "amount: 4.99", 'decimal text in quotes such as "4.99"'),
    (SETTINGS, ", zh-CN: 邮件太多", "", "too_many: {", "the text in zh-CN is missing"),
    (SETTINGS, "hello@shop.example", '"a@b.c\\nBcc: x@y.z"', 'address: "a@b', "is not one mail address"),
    (SETTINGS, "\nsender:\n", "\nquiet_hours: {}\nsender:\n", "quiet_hours: {", "unknown key 'quiet_hours'"),
    (
        SETTINGS,
        "storefront: {key: pub_aurora_storefront}",
        "storefront: {key: pub_aurora_storefront}\n    shop_two: {key: pub_aurora_storefront}",
        "shop_two: {key: pub",
        "the same key as 'storefront'",
    ),
    (SETTINGS, "reward: welcome10,", "reward: welcome1,", "reward: welcome1,", "there is no offer 'welcome1'; did you"),
    (
        SETTINGS,
        "survey: about_you}",
        "survey: about_me}",
        "survey: about",
        "there is no survey 'about_me'; did you mean",
    ),
    (SETTINGS, ", es: Novedades,", ",", "new_arrivals: {", "the text in es is missing"),
    # surveys
    (SURVEY, "id: about_you", "id: about_me", "id: about_me", "the id must be the file's name, 'about_you'"),
    (SURVEY, ", ja: お客様について}", "}", "title: {", "the text in ja is missing"),
    (SURVEY, "reward: thanks10", "reward: thanks1", "reward: thanks1", "did you mean 'thanks10'?"),
    (
        SURVEY,
        "key: income\n",
        "key: education\n",
        "key: education\n    kind: single\n    ask: {en: Your ho",
        "is used twice",
    ),
    (
        SURVEY,
        "kind: number\n    least",
        "kind: amount\n    least",
        "kind: amount",
        "'amount' is not a kind of question",
    ),
    (SURVEY, "most: 100000", "most: -1", "least: 0", "`least` must not be above `most`"),
    (
        SURVEY,
        "key: occupation\n",
        "key: occupation\n    least: 1\n",
        "least: 1",
        "belongs to a question of kind number",
    ),
    (
        SURVEY,
        "kind: text\n    ask: {en: Your o",
        "kind: single\n    ask: {en: Your o",
        "key: occ",
        "needs at least two `ch",
    ),
    (SURVEY, "      18-24: {", "      18 up: {", "choices:\n      0-17", "18 up"),
    (SURVEY, "      18-24: {", "      18-25: {", "18-25", "'18-25' is no age band of segments: 0-17, 18-24"),
    (SURVEY, "field: birthday", "field: age", "field: age", "'age' is not a field of a customer"),
    (SURVEY, "kind: date", "kind: text", "field: birthday", "birthday is told by a question of kind date"),
    (SURVEY, "{en: Pets, ", "{", "pets: {", "the text in en is missing"),
    # YAML itself
    (SETTINGS, "  currency: USD", "  currency: USD\n  currency: EUR", "currency: EUR", "found duplicate key"),
    (UNPAID, "priority: 90", "priority: ]90", "]90", "expected the node content"),
    # segments
    (DORMANT, "id: dormant", "id: dormants", "id: dormants", "the id must be the file's name, 'dormant'"),
    (DORMANT, "orders_count: {gte: 1}", "order_count: {gte: 1}", "order_count", "did you mean 'orders_count'?"),
    (DORMANT, "{gt: 90}", "{over: 90}", "over: 90", "unknown operator 'over'"),
    (DORMANT, "segment: unpaid_orders", "segment: unpaid_order", "segment: unpaid", "did you mean 'unpaid_orders'?"),
    (DORMANT, "segment: unpaid_orders", "rfm: [loyal, champion]", "champion]", "did you mean 'champions'?"),
    (DORMANT, "segment: unpaid_orders", "prediction: dormancy_60d", "prediction:", "a comparison is missing beside it"),
    (DORMANT, "segment: unpaid_orders", "{prediction: dormancy_60d, gte: often}", "gte: often", "a number is wanted"),
    (DORMANT, "segment: unpaid_orders", "{did: Product Viewed, where: {size: XL}}", "size: XL", "has no field 'size'"),
    (DORMANT, "segment: unpaid_orders", "{did: Page Left, where: {seconds: {gte: x}}}", "gte: x", "a number is wanted"),
    (DORMANT, "segment: unpaid_orders", "stage: dorment", "stage: dorment", "'dorment' is none of new, active"),
    (DORMANT, "orders_count: {gte: 1}", "paid: false", "paid: false", "about one order, and there is none here"),
    (DORMANT, "who:\n", "whom:\n", "whom:", "unknown key 'whom'; did you mean 'who'?"),
    (DORMANT, "{en: Bought", "{en-US: Bought", "name: {", "the text in en is missing"),
    (DORMANT, "{en: Bought", "{de: Gekauft, en: Bought", "de: G", "de is not one of en, zh-CN"),
    # flows
    (WELCOME, "event: Subscription Confirmed", "event: Subscribed", "event: Subsc", "is not the name of an event"),
    (WELCOME, "orders_count: 0", "order_total: 0", "order_total: 0", "about one order, and there is none here"),
    (WELCOME, '"10:00"', '"25:00"', 'until: "25', "is not a local time (of the recipient)"),
    (WELCOME, "email: welcome", "email: welcom", "email: welcom", "no template 'welcom'; did you mean 'welcome'?"),
    (WELCOME, "coupon: welcome10", "coupon: welcome15", "coupon: w", "no offer 'welcome15'; did you mean 'welcome10'?"),
    (WELCOME, "  - email: welcome\n    coupon: welcome10\n", "", "steps:", "the flow sends nothing"),
    (WELCOME, "again_after: 365d", "again_after: 365", "again_after:", "a duration such as 30m, 1h"),
    (WELCOME, "priority: 80", "priority: 800", "priority: 800", "800 is greater than the maximum of 100"),
    (WELCOME, "  - email: welcome\n", "    email: welcome\n", "until:", "either waits (wait, until), sends (email)"),
    (UNPAID, "  - wait: 23d\n", "  - wait: 23d\n    coupon: save5\n", "coupon: save5\n    u", "goes with an `email`"),
    (UNPAID, "{grant: 100}", "{give: 100}", "give: 100", "unknown key 'give'"),
    (UNPAID, "spend_band: high", "spend_band: huge", "spend_band: huge", "'huge' is none of low, mid, high"),
    (UNPAID, "order_total: {gte: 200}", "order_total: {gte: lots}", "gte: lots", "a number is wanted, not text"),
    (UNPAID, "- else: true", "- otherwise: true", "otherwise", "unknown key 'otherwise'"),
    (
        UNPAID,
        "- else: true",
        "- if: {points: 1}\n        else: true",
        "if: {points",
        "either `if` with a rule or `else",
    ),
    (UNPAID, "if: {any: [{spend_band: high}, {order_total: {gte: 200}}]}", "else: true", FIRST, "must be the last arm"),
    (WELCOME, "    coupon: welcome10\n", "", "email: welcome", "'welcome' shows a coupon, and there is no `coupon`"),
    (UNPAID, "    points: {grant: 100}\n", "", "email: unpaid_2", "shows points granted, and there are no `points`"),
    (UNPAID, "email: unpaid_2", "email: unpaid_2\n    coupon: save5", "email: unpaid_2", "does not show the coupon"),
    (WELCOME, "email: welcome", "email: unpaid_3", "email: unpaid_3", "shows an order, and there is none here"),
    (WELCOME, "email: welcome", "email: confirm_subscription", "email: c", "which only follows Signed Up"),
    # campaigns
    (CAMPAIGN, "template: black_friday", "template: unpaid_1", "template: u", "shows an order, and there is none"),
    (CAMPAIGN, "at: 2026-11-27 10:00", "at: 2026-11-31 10:00", "at: 2026", "is not in the calendar"),
    (CAMPAIGN, "at: 2026-11-27 10:00", "at: 2026-11-27", "at: 2026", "is not a day and local time such as"),
    (CAMPAIGN, "timezone: recipient", "timezone: recipients", "timezone: ", "is not an IANA time zone"),
    (CAMPAIGN, "fallback: America/New_York", "fallback: recipient", "fallback: ", "is not an IANA time zone"),
    (CAMPAIGN, "[active, high_value]", "[active, highvalue]", "highvalue", "did you mean 'high_value'?"),
    (CAMPAIGN, "template: black_friday", "template: bf", "template: bf", "there is no template 'bf'"),
    (CAMPAIGN, "holdout: 5%", "topics: [ofers]", "ofers", "there is no topic 'ofers'; did you mean 'offers'?"),
    (CAMPAIGN, "holdout: 5%", "test: {arms: {}}", "test: {", "unknown key 'test'"),
    # sources
    (SOURCE, "id: generic", "id: shopify", "id: shopify", "the id must be the file's name"),
    (SOURCE, "event: Order Fulfilled", "event: Order Shipped", "event: Order Shipped", "is not the name of an event"),
    (SOURCE, "event: Order Fulfilled", "event: Flow Left", "event: Flow Left", "is told by Dripline itself"),
    (SOURCE, "{product_id: product.sku, ", "{", "fields: {title", "Product Viewed needs the field 'product_id'"),
    (SOURCE, "{product_id: product", "{sku: x, product_id: product", "sku: x", "Product Viewed has no field 'sku'"),
    (SOURCE, f"{VIEWED}anonymous: visitor", f"{VIEWED}cookie: visitor", "cookie: v", "unknown identifier 'cookie'"),
    (SOURCE, "{constant: email}, subscribed", "{always: email}, subscribed", "channel: {al", "a path or {constant:"),
    (SOURCE, REFUND, "amount: refund.amount", "amount: refund.amount", "money is {amount: <path>, currency: <path>}"),
    (SOURCE, "        each: order.items\n", "", "lines: &lines", "lines are {each: <path of a list>"),
    (SOURCE, "        title: name\n", "", "lines: &lines", "a line needs the field 'title'"),
    (
        SOURCE,
        "occurred_at: refund.made_at",
        "occurred_at: made at",
        "occurred_at: made",
        "is not a path of field names",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "at", "complaint"), MISTAKES)
def test_a_mistake_is_named_with_its_place(copy, file, old, new, at, complaint):
    compiled = copy.change(file, old, new).compile()
    problems = [str(problem) for problem in compiled.problems]
    text = (copy.directory / file).read_text(encoding="utf-8")
    before = text[: text.index(at)].split("\n")
    place = f"{file}:{len(before)}:{len(before[-1]) + 1}: "
    assert text.count(at) == 1
    assert [problem for problem in problems if problem.startswith(place) and complaint in problem], problems
    assert compiled.bundle is None


def test_all_mistakes_are_named_at_once_and_in_the_order_of_files(copy):
    copy.change(DORMANT, "id: dormant", "id: d").change(CAMPAIGN, "template: black_friday", "template: bf")
    copy.change(UNPAID, "coupon: save20", "coupon: save200").change(UNPAID, "coupon: save5", "coupon: save50")
    files = [problem.split(":")[0] for problem in copy.problems()]
    assert files == [CAMPAIGN, UNPAID, UNPAID, DORMANT]


def test_segments_that_ask_about_each_other_in_a_circle_are_refused(copy):
    copy.change("segments/unpaid_orders.yaml", "    - open_orders: {gte: 1}", "    - segment: dormant")
    assert copy.problems() == [
        "segments/dormant.yaml:4:1: segment 'dormant' asks about itself, by way of others too",
        "segments/unpaid_orders.yaml:4:1: segment 'unpaid_orders' asks about itself, by way of others too",
    ]


def test_a_country_called_no_and_a_time_are_text(copy):
    copy.change("segments/active.yaml", "days_since_seen: {lte: 30}", "country: {in: [US, NO, SE]}")
    assert copy.bundle.segments["active"]["who"] == {"all": [{"country": {"in": ["US", "NO", "SE"]}}]}
    copy.change(WELCOME, '"10:00"', "10:00")
    assert copy.bundle.flows["welcome"]["steps"][0] == {"until": "10:00"}


def test_files_that_nobody_reads_are_named(copy):
    copy.write("segments/vip.yml", "id: vip").write("flow/winback.yaml", "id: winback").write("extra.yaml", "a: 1")
    assert [problem.split(": ")[0] for problem in copy.problems()] == [
        "extra.yaml:1:1",
        "flow/winback.yaml:1:1",
        "segments/vip.yml:1:1",
    ]


def test_an_empty_folder_a_list_an_empty_file_and_bytes_are_answered_and_not_raised(copy, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert [str(each) for each in compile_playbook(empty).problems] == [
        "dripline.yaml:1:1: the file is missing; it says who the store is"
    ]
    copy.write("segments/active.yaml", "[]").write("segments/dormant.yaml", b"")
    copy.write("segments/high_value.yaml", b"\xff\xfe").write("segments/ordered_7d.yaml", "a: 1\n---\nb: 2\n")
    problems = copy.problems()
    for file in ("active", "dormant", "high_value", "ordered_7d"):
        assert any(problem.startswith(f"segments/{file}.yaml:") for problem in problems), problems


def test_a_file_that_refers_to_itself_is_answered(copy):
    copy.write("segments/active.yaml", "id: active\nname: &n {en: *n}\nwho: &w {all: [*w]}\n")
    assert copy.problems()[0].startswith("segments/active.yaml:")


def test_aliases_that_grow_without_end_are_answered(copy):
    levels = "\n".join(f"l{each}: &l{each} [{', '.join([f'*l{each - 1}'] * 9)}]" for each in range(1, 12))
    copy.write("segments/active.yaml", f"l0: &l0 [a, b]\n{levels}\n")
    assert "segments/active.yaml:1:1: more than 100,000 values, aliases written out" in copy.problems()


def test_a_store_has_its_adapter_and_no_mapping(copy):
    text = (copy.directory / SOURCE).read_text(encoding="utf-8").replace("id: generic", "id: shopify")
    problems = copy.write("sources/shopify.yaml", text).problems()
    assert len(problems) == 1
    assert "shopify has an adapter of its own" in problems[0]


def test_more_segments_than_a_profile_remembers_are_refused(copy):
    for number in range(MOST_SEGMENTS):
        copy.write(f"segments/z{number}.yaml", f"id: z{number}\nname: {{en: Z, zh-CN: Z}}\nwho: {{points: {number}}}\n")
    problems = copy.problems()
    assert len(problems) == len(list((DEFAULT / "segments").glob("*.yaml")))
    assert all(f"at most {MOST_SEGMENTS} segments" in problem for problem in problems)


def test_every_setting_is_read_by_something():
    root = DEFAULT.parents[1]
    code = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("chalicelib", "cli")
        for path in (root / folder).rglob("*.py")
        if path.name not in ("shapes.py", "check.py")
    )
    assert [key for key in _keys(shapes.SETTINGS) if f'"{key}"' not in code and f".{key}" not in code] == []


def _keys(schema):
    for key, value in schema.get("properties", {}).items():
        yield key
        yield from _keys(value)


def test_what_the_templates_compiler_finds_is_passed_on(copy):
    def render(directory, languages):
        raise BadPlaybook("templates/welcome.mjml:3:7: unknown field 'firstname'\nstrings/en.yaml: unreadable")

    compiled = compile_playbook(copy.directory, render)
    assert [str(problem) for problem in compiled.problems] == [
        "templates:1:1: strings/en.yaml: unreadable",
        "templates/welcome.mjml:3:7: unknown field 'firstname'",
    ]
    with pytest.raises(BadPlaybook, match=r"welcome\.mjml:3:7"):
        bundle_of(copy.directory, render)

"""Every trigger goes by one name: in app.py, in its configuration, in its policy and in the template."""

import json

import pytest
from chalice.app import BaseEventSourceConfig, CloudWatchEventConfig, DynamoDBEventConfig, SQSEventConfig
from chalice.app import ScheduledEventConfig as Schedule

import app as wiring
from chalicelib import settings
from cli.local.resources import read_resources, read_trigger, read_variables
from infra import policies
from tests.guards.sources import ROOT

SOURCES: dict[str, BaseEventSourceConfig] = {source.name: source for source in wiring.app.event_sources}
ANSWERING = sorted(name for name, source in SOURCES.items() if isinstance(source, SQSEventConfig | DynamoDBEventConfig))
"""Handlers whose answer names the records to deliver again; it is ignored unless the template asks for it."""

FUNCTIONS = json.loads((ROOT / ".chalice" / "config.json").read_text())["stages"]["prod"]["lambda_functions"]


def policy_of(function: str) -> dict:
    return json.loads((ROOT / ".chalice" / FUNCTIONS[function]["iam_policy_file"]).read_text())


def resource_of(function: str) -> str:
    """`fold_events` → `FoldEvents`, as chalice names it in the template."""
    return "".join(word.title() for word in function.split("_"))


def test_there_are_triggers_of_each_kind_and_no_other():
    kinds = {type(source) for source in SOURCES.values()}
    assert kinds == {SQSEventConfig, DynamoDBEventConfig, Schedule}
    assert not issubclass(Schedule, CloudWatchEventConfig)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_a_background_handler_is_found_in_app_under_its_own_name(name):
    """Lambda imports `app` and takes the attribute; a handler hidden in a blueprint would never be wrapped."""
    assert SOURCES[name].handler_string == f"app.{name}"
    wrapped = getattr(wiring, name)
    assert wiring.app.handler_map[name] is wrapped
    assert (wrapped.func.__module__, wrapped.func.__name__) == ("app", name)


def test_the_handlers_are_the_routes_and_the_triggers():
    routes = {route.view_name for methods in wiring.app.routes.values() for route in methods.values()}
    assert wiring.app.handler_map.keys() == routes | SOURCES.keys()
    assert routes
    assert not routes & SOURCES.keys()


def test_every_function_has_a_policy_of_its_own_and_no_policy_is_left_over():
    assert FUNCTIONS.keys() == {"api_handler", *SOURCES}
    files = [function["iam_policy_file"] for function in FUNCTIONS.values()]
    assert len(set(files)) == len(files)
    assert {path.name for path in (ROOT / ".chalice").glob("policy-*.json")} == set(files)


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_policy_allows_no_more_than_it_names(function):
    policy = policy_of(function)
    assert policies.faults({function: {"Properties": policy}}) == []
    widened = policy["Statement"][0] | {"Action": "*", "Resource": "*"}
    assert len(policies.faults({function: {"Properties": {"Statement": [widened]}}})) == 2


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_policy_names_resources_that_exist(function):
    named = {name.split(".")[0] for name in _references(policy_of(function)["Statement"])}
    known = read_resources().keys() | {"AWS::AccountId", "AWS::Region", "AWS::Partition", "SenderDomain"}
    assert named <= known


@pytest.mark.parametrize("name", ANSWERING)
def test_what_a_handler_answers_is_asked_for(name):
    assert list(read_trigger(name)["FunctionResponseTypes"]) == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("name", ANSWERING)
def test_a_trigger_has_its_real_source_and_may_read_it(name):
    trigger = read_trigger(name)
    source, _, _ = (trigger.get("Queue") or trigger["Stream"]).partition(".")
    assert source in read_resources()
    assert source in {each.split(".")[0] for each in _references(policy_of(name)["Statement"])}


def test_no_two_handlers_share_a_queue():
    queues = [read_trigger(name)["Queue"] for name in ANSWERING if "Queue" in read_trigger(name)]
    assert len(set(queues)) == len(queues)


def test_the_template_overrides_no_function_that_is_not_registered():
    resources = read_resources()
    overridden = {name for name, resource in resources.items() if "Events" in resource.get("Properties", {})}
    assert overridden == {resource_of(name) for name in ANSWERING}


def test_a_message_stays_hidden_for_longer_than_its_function_may_run():
    default = json.loads((ROOT / ".chalice" / "config.json").read_text())["lambda_timeout"]
    resources = read_resources()
    for name in ANSWERING:
        queue = read_trigger(name).get("Queue")
        if queue is not None:
            hidden = resources[queue.split(".")[0]]["Properties"]["VisibilityTimeout"]
            assert hidden >= 6 * FUNCTIONS[name].get("lambda_timeout", default), name


def test_every_variable_the_code_reads_is_given_and_every_one_given_is_read(monkeypatch):
    given = read_variables()
    for name in given:
        monkeypatch.setenv(name, name)
    read = [settings.table_name(table) for table in ("events", "profiles", "agenda", "catalog")]
    read += [settings.bucket_name(bucket) for bucket in ("data", "dashboard")]
    queues = (
        "reactions",
        "steps",
        "outbox",
        "campaign_slices",
        "segment_slices",
        "insight_slices",
        "feedback",
        "late_facts",
    )
    read += [settings.queue_url(queue) for queue in queues]
    read += [settings.dead_letters_url(queue) for queue in (*queues, "stream")]
    read += [settings.secrets_name(), settings.public_url(), settings.feedback_topic(), settings.configuration_set()]
    assert sorted(read) == sorted(given)


def _references(value):
    """Every logical name in `Ref`, `Fn::GetAtt` and `Fn::Sub`, with what follows a dot."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "Ref":
                yield each
            elif key == "Fn::GetAtt":
                yield each if isinstance(each, str) else ".".join(each)
            elif key == "Fn::Sub":
                text = each if isinstance(each, str) else each[0]
                yield from (part.split("}")[0] for part in text.split("${")[1:])
            else:
                yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)

"""What failed is not lost: every dead letter, batch and quarantined record can be taken up again."""

import base64
import hmac
import json
import shutil
from datetime import timedelta

import boto3
import pytest

from chalicelib import clock, events, settings
from chalicelib.aws.queue import CONSUMED, STREAM
from chalicelib.decide import store as agenda
from chalicelib.errors import Unavailable
from chalicelib.playbook import bundle
from chalicelib.profile import jobs, log, store
from cli import replaying
from cli.local import gateway, resources
from cli.local.cloud import SECRETS
from cli.publish.load import DEFAULT
from tests.profile.facts import ADA, fact, on, record_of


def lies_at(when):
    at = clock.to_text(when)
    return {"DDBStreamBatchInfo": {"approximateArrivalOfFirstRecord": at, "approximateArrivalOfLastRecord": at}}


def test_every_queue_has_its_place():
    assert {*CONSUMED, STREAM} == {*resources.DEAD_LETTERS}
    assert set(replaying.PLACES) - {"quarantine"} == {*resources.DEAD_LETTERS}


@pytest.mark.parametrize("name", CONSUMED)
def test_dead_letters_go_back_to_their_queue_as_they_were(cloud, name):
    cloud.dead_letters(name).send([{"number": number} for number in range(25)])
    assert replaying.list_all(cloud)[name] == 25
    assert replaying.list_all(cloud)[name] == 25, "looking takes nothing"
    assert replaying.replay(cloud, name, on()) == {"sent": 25}
    assert replaying.list_all(cloud)[name] == 0
    assert cloud.dead_letters(name)._client._hidden == {}, "deleted, not hidden for a while"
    assert sorted(json.loads(each.body)["number"] for each in cloud.queue(name).receive()) == list(range(25))


def test_facts_of_a_batch_that_was_given_up_are_folded_from_the_log(cloud, record_property):
    facts = [fact(events.PointsChanged, on(0, 0, each), delta=1, reason="order") for each in range(20)]
    for event in facts:
        log.append(cloud, event)
    assert store.find(cloud, "email", ADA["email"]) is None, "the stream brought none of them"
    cloud.dead_letters(STREAM).send([lies_at(on()), lies_at(on(0, 0, 19))])
    assert replaying.replay(cloud, STREAM, on(1)) == {"batches": 2, "folded": 20}
    assert replaying.replay(cloud, STREAM, on(1)) == {"batches": 0, "folded": 0}
    cloud.dead_letters(STREAM).send([lies_at(on())])
    replaying.replay(cloud, STREAM, on(1))
    points = store.find(cloud, "email", ADA["email"]).points
    assert points == 20, "each once, however often"
    archived = {json.loads(line)["event"]["id"] for key in cloud.data.list("archive/")
                for line in cloud.data.get(key)[0].splitlines()}  # fmt: skip
    lost = len({each.id for each in facts} - archived)
    assert lost == 0
    record_property(
        "promise", f"P10: {len(facts)} facts of batches given up, {points} folded after replay, {lost} lost"
    )


def test_a_replay_that_fails_leaves_its_batch_where_it_was(cloud):
    log.append(cloud, fact(events.PointsChanged, on(), delta=1, reason="order"))
    cloud.dead_letters(STREAM).send([lies_at(on())])
    plain = cloud.data.put

    def failing(*arguments, **named):
        raise Unavailable("gone")

    cloud.data.put = failing
    with pytest.raises(Unavailable):
        replaying.replay(cloud, STREAM, on())
    cloud.data.put = plain
    (waiting,) = cloud.dead_letters(STREAM)._client._hidden.values()
    assert "DDBStreamBatchInfo" in waiting.body, "hidden for five minutes, not deleted"


def test_a_record_put_aside_is_folded_once_it_can_be_read(cloud):
    event = fact(events.PointsChanged, on(), delta=3, reason="order")
    broken = record_of(event)
    broken["dynamodb"]["NewImage"]["body"] = {"S": '{"name":"Teleported"}'}
    assert jobs.fold_events(cloud, [broken], on()) == {"batchItemFailures": []}
    assert replaying.replay(cloud, "quarantine", on()) == {"refused again": 1}
    (key,) = cloud.data.list("quarantine/")
    cloud.data.put(key, json.dumps(record_of(event)).encode())  # as if the code had learned to read it
    assert replaying.replay(cloud, "quarantine", on()) == {"taken": 1}
    assert store.find(cloud, "email", ADA["email"]).points == 3
    assert list(cloud.data.list("quarantine/")) == []


def test_a_body_in_quarantine_without_its_headers_is_kept(cloud):
    cloud.data.put("quarantine/shopify/2026-03-02/a.json", b"{}")
    assert replaying.replay(cloud, "quarantine", on()) == {"kept without its headers": 1}
    assert len(list(cloud.data.list("quarantine/"))) == 1


KEY = b"a key of the store's own, long enough"
SOURCE = """id: acme
signature: standard
topic: type
events:
  placed:
    event: Order Created
    id: id
    who: {email: mail}
    occurred_at: at
    fields: {order_id: id, total: {amount: total_price, currency: currency}, updated_at: at}
"""


def deliver(local, message, body):
    """Post it as Standard Webhooks has it; the word that the store is answered."""
    raw, stamp = json.dumps(body).encode(), str(int(local.now().timestamp()))
    signature = base64.b64encode(hmac.digest(KEY, f"{message}.{stamp}.".encode() + raw, "sha256")).decode()
    signed = {"webhook-id": message, "webhook-timestamp": stamp, "webhook-signature": f"v1,{signature}"}
    headers = [("Content-Type", "application/json"), *signed.items()]
    event = gateway.proxy_event(local.routes, "POST", "/webhooks/acme", "", headers, raw, "127.0.0.1")
    answer = gateway.read_answer(local.request(event))
    assert answer.status == 200
    return answer.body.decode()


def test_a_store_s_deliveries_that_failed_are_taken_up_by_the_operator_once(local, run, tmp_path):
    def publish(*arguments):
        answer = run("publish", *arguments, "--json")
        assert answer.exit_code == 0, answer.output
        wait(timedelta(minutes=2))
        return json.loads(answer.stdout)["version"]

    def point_to(version):
        local.services.data.put_json(bundle.POINTER, {"version": version})
        wait(timedelta(minutes=2))

    def wait(time):
        local.clock.move_to(local.now() + time)

    def replay(*place):
        answer = run("replay", *place, "--json")
        assert answer.exit_code == 0, answer.output
        local.pump()
        return json.loads(answer.stdout)

    def became(mail):
        """Orders of that customer as the profile has them, facts of their placing, and runs begun by them."""
        customer = store.find(local.services, "email", mail)
        names = [each["name"] for each in local.newest_facts(1000) if each["who"].get("email") == mail]
        runs = list(agenda.runs_of(local.services, customer.profile_id)) if customer else []
        return len(customer.orders) if customer else 0, names.count("Order Created"), len(runs)

    playbook = shutil.copytree(DEFAULT, tmp_path / "playbook")
    secrets = SECRETS | {"webhook_acme": "whsec_" + base64.b64encode(KEY).decode()}
    boto3.client("secretsmanager").put_secret_value(SecretId=settings.secrets_name(), SecretString=json.dumps(secrets))
    (playbook / "sources" / "acme.yaml").write_text(SOURCE, encoding="utf-8")
    version = publish("--playbook", playbook)
    published = local.services.data.get(bundle.bundle_object(version))[0]
    mistaken = published.replace(b"total_price", b"sum")
    assert mistaken != published
    local.services.data.put(bundle.bundle_object("mistaken"), mistaken)
    point_to("mistaken")
    order = {"type": "placed", "id": "7", "mail": "kay@mail.example", "at": clock.to_text(local.now()),
             "total_price": "12.00", "currency": "EUR"}  # fmt: skip
    assert [deliver(local, "evt_1", order), deliver(local, "evt_1", order)] == ["unusable"] * 2
    assert replay()["quarantine"] == 1
    assert replay("quarantine") == {"refused again": 1}
    assert became(order["mail"]) == (0, 0, 0)

    publish("--rollback", version)
    wait(timedelta(hours=1))  # its signature has long aged
    assert replay("quarantine") == {"taken": 1}
    assert became(order["mail"]) == (1, 1, 1)
    assert replay("quarantine") == {}
    assert deliver(local, "evt_1", order) == "ok", "the store repeats itself"
    local.pump()
    assert became(order["mail"]) == (1, 1, 1)
    assert deliver(local, "evt_1", order | {"id": "8"}) == "changed_repeat", "its id was kept with its headers"

    later = order | {"id": "9", "mail": "lee@mail.example", "at": clock.to_text(local.now())}
    assert deliver(local, "evt_2", later) == "ok"
    point_to("lost")
    local.pump()
    assert became(later["mail"]) == (1, 1, 0)
    assert replay()["reactions"] == 1
    aside = local.services.dead_letters("reactions")
    (waiting,) = aside.receive()
    aside.show_again(waiting)
    aside.send_text(waiting.body)  # as when a replay dies after sending and before deleting
    publish("--rollback", version)
    assert replay("reactions") == {"sent": 2}
    assert became(later["mail"]) == (1, 1, 1)
    assert replay("reactions") == {"sent": 0}
    assert became(later["mail"]) == (1, 1, 1)

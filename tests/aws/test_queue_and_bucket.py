"""Queues and buckets through boto3 and as the local cloud has them: one behaviour."""

import json

import pytest

from chalicelib.errors import LimitExceeded


@pytest.fixture(params=["wired", "cloud"])
def services(request):
    return request.getfixturevalue(request.param)


def test_messages_are_hidden_while_somebody_has_them_and_gone_once_deleted(services):
    queue = services.queue("steps")
    assert queue.send({"number": number} for number in range(25)) == 25
    queue.send_text("as it stood")
    taken = queue.receive()
    assert sorted(each.body for each in taken) == sorted(
        ["as it stood", *(json.dumps({"number": number}, separators=(",", ":")) for number in range(25))]
    )
    assert queue.receive() == []
    queue.show_again(taken[0])
    (again,) = queue.receive()
    assert again.body == taken[0].body
    queue.delete(again)
    assert queue.receive() == services.queue("outbox").receive() == []


def test_a_batch_too_large_for_one_request_goes_in_parts_and_a_message_too_large_is_refused(services):
    queue = services.queue("reactions")
    assert queue.send(["x" * 100_000] * 5) == 5
    assert [len(each.body) for each in queue.receive()] == [100_002] * 5
    with pytest.raises(LimitExceeded):
        queue.send(["x" * 300_000])


def test_an_object_comes_back_as_it_was_put(services):
    data = services.data
    assert data.get("a/1") is None
    data.put("a/1", b"plain", zipped=False, metadata={"rows": "3"})
    data.put("a/2", b"zipped")
    data.put_json("b", {"名": [1]})
    body, etag = data.get("a/1")
    assert body == b"plain"
    assert data.get("a/1", unless_etag=etag) is None
    assert (data.get("a/2")[0], data.get_json("b")) == (b"zipped", {"名": [1]})
    assert (data.read_metadata("a/1"), data.read_metadata("a/2"), data.read_metadata("c")) == ({"rows": "3"}, {}, {})
    assert (list(data.list("a/")), list(data.list("", after="a/1"))) == (["a/1", "a/2"], ["a/2", "b"])
    data.delete("a/1")
    data.delete("a/1")
    assert list(data.list("")) == ["a/2", "b"]
    assert list(services.dashboard.list("")) == []

import pytest

from chalicelib.aws.table import Key
from chalicelib.errors import LimitExceeded


def test_an_item_round_trips_and_is_put_once(wired):
    item = {"name": "名前", "count": 3, "flag": True, "nothing": None, "list": [1, {"a": "b"}], "raw": b"\x00\xff"}
    assert wired.events.put_if_absent(Key("p", "s"), item)
    assert not wired.events.put_if_absent(Key("p", "s"), {"name": "second"})
    assert wired.events.get(Key("p", "s")) == item | {"pk": "p", "sk": "s"}


def test_an_update_holds_only_under_its_condition(wired):
    assert wired.agenda.update(Key("p", "s"), set={"status": "planned", "version": 1}, only_if={"status": None})
    assert not wired.agenda.update(Key("p", "s"), set={"status": "sent"}, only_if={"status": "sending"})
    assert wired.agenda.update(
        Key("p", "s"), set={"status": "sent"}, add={"tries": 2}, remove=["version"], only_if={"status": "planned"}
    )
    assert wired.agenda.get(Key("p", "s")) == {"pk": "p", "sk": "s", "status": "sent", "tries": 2}


def test_a_float_and_a_giant_item_are_refused_before_aws(wired):
    with pytest.raises(LimitExceeded, match="float"):
        wired.events.put(Key("p", "s"), {"price": 1.5})
    with pytest.raises(LimitExceeded, match="at most"):
        wired.events.put(Key("p", "s"), {"body": "x" * 360_000})


def test_many_are_written_read_queried_and_scanned(wired):
    wired.profiles.put_many((Key("p", f"s{n:03}"), {"n": n}) for n in range(120))
    assert len(list(wired.profiles.get_many(Key("p", f"s{n:03}") for n in range(130)))) == 120
    assert [item["n"] for item in wired.profiles.query("p", begins_with="s00")] == list(range(10))
    assert len(wired.profiles.scan(attributes=["n"]).items) == 120

"""Items of several tables are written all or not at all, by moto and by the local cloud alike."""

import pytest

from chalicelib.aws.table import Key
from chalicelib.aws.together import New, put_together
from chalicelib.errors import LimitExceeded


@pytest.mark.parametrize("services", ["wired", "cloud"])
def test_one_that_is_there_keeps_the_others_out(request, services):
    services = request.getfixturevalue(services)
    first, second = Key("a", "1"), Key("b", "1")
    items = [New(services.agenda, first, {"n": 1}, True), New(services.events, second, {"n": 1}, False)]
    assert put_together(services.dynamodb, items)
    again = [New(services.events, Key("c", "1"), {"n": 2}, True), New(services.agenda, first, {"n": 2}, True)]
    assert not put_together(services.dynamodb, again)
    assert services.events.get(Key("c", "1")) is None
    assert services.agenda.get(first)["n"] == services.events.get(second)["n"] == 1
    assert put_together(services.dynamodb, [New(services.events, second, {"n": 3}, False)])
    assert services.events.get(second)["n"] == 3


def test_more_than_dynamodb_takes_is_refused_before_it_is_asked(cloud):
    many = [New(cloud.events, Key("a", str(number)), {}, True) for number in range(101)]
    with pytest.raises(LimitExceeded):
        put_together(cloud.dynamodb, many)

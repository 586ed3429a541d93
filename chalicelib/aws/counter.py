"""Counting up to a limit: one atomic update that says what it has come to. Forgotten by itself soon after."""

from datetime import datetime, timedelta

from chalicelib.aws.attributes import marshal
from chalicelib.aws.table import Key
from chalicelib.aws.wire import Call

KEPT = timedelta(hours=1)


def count_up(call: Call, table: str, key: Key, number: int, now: datetime) -> int:
    """Add `number` to the item's `times`, made if absent; the new sum. Raises Unavailable."""
    answer = call(
        "UpdateItem",
        {
            "TableName": table,
            "Key": {"pk": marshal(key.pk), "sk": marshal(key.sk)},
            "UpdateExpression": "ADD #times :number SET #expires = :expires",
            "ExpressionAttributeNames": {"#times": "times", "#expires": "expires_at"},
            "ExpressionAttributeValues": {
                ":number": marshal(number),
                ":expires": marshal(int((now + KEPT).timestamp())),
            },
            "ReturnValues": "ALL_NEW",
        },
    )
    return int(answer["Attributes"]["times"]["N"])

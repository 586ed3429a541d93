"""Several new items of several tables, all written or none: the one transaction there is.

It costs twice the write units of single puts, and spares the web path two of
its three calls. Refuses more than DynamoDB takes in one, and refuses to say
which of the items was there already: who needs to know looks.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from chalicelib.aws.attributes import Item
from chalicelib.aws.operations import Key, Table, request_to_put
from chalicelib.aws.wire import Call, Refused
from chalicelib.errors import LimitExceeded

LIMIT = 100


class New(NamedTuple):
    table: Table
    key: Key
    attributes: Item
    is_only_if_absent: bool


def put_together(call: Call, items: Sequence[New]) -> bool:
    """Write all items; False, and nothing written, when one was there that must not be or others write one right now.

    Raises LimitExceeded for more than 100 items or one that is too large, and Unavailable.
    """
    unique = {(each.table.name, each.key): each for each in items}
    if len(unique) > LIMIT:
        raise LimitExceeded(f"{len(unique)} items at once; DynamoDB takes {LIMIT}")
    puts: list[dict[str, Any]] = [
        {
            "Put": request_to_put(
                each.table.name, each.key, each.attributes, {"pk": None} if each.is_only_if_absent else None
            )
        }
        for each in unique.values()
    ]
    try:
        call("TransactWriteItems", {"TransactItems": puts})
    except Refused as refusal:
        if refusal.code in ("TransactionCanceledException", "TransactionInProgressException"):
            return False
        raise
    return True

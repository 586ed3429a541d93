"""What can be asked of a DynamoDB table: get, put and update under conditions, query, scan, batches.

Conditions are equalities on attributes, enough for put-if-absent, optimistic
versions and state transitions; what must be written together is in
`together.py`. Refuses floats, items over 350 KB and keys that are empty or too long, before AWS (or an
emulator that forgives) sees them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from chalicelib.aws.attributes import Item, marshal, unmarshal_item
from chalicelib.aws.expressions import condition_of, name_of, named, projection_of, value_of
from chalicelib.aws.wire import Call, Refused
from chalicelib.errors import LimitExceeded, Unavailable

ITEM_LIMIT = 350 * 1024


class Key(NamedTuple):
    pk: str
    sk: str


@dataclass(frozen=True)
class Page:
    items: list[Item]
    next_key: Key | None


class Table:
    """One table: primary key `pk`, `sk`; all values str, int, bool, bytes, None, lists and maps of these."""

    def __init__(self, name: str, call: Call) -> None:
        self.name = name
        self._call = call

    def get(self, key: Key, *, consistent: bool = False, attributes: Sequence[str] = ()) -> Item | None:
        request = {"TableName": self.name, "Key": _marshal_key(key), "ConsistentRead": consistent}
        answer = self._call("GetItem", request | projection_of(attributes))
        return unmarshal_item(answer["Item"]) if "Item" in answer else None

    def put(self, key: Key, attributes: Item, *, only_if: Mapping[str, Any] | None = None) -> bool:
        """Write the whole item. With `only_if` (attribute → value, None = absent) False means it did not hold."""
        return self._attempt("PutItem", request_to_put(self.name, key, attributes, only_if))

    def put_if_absent(self, key: Key, attributes: Item) -> bool:
        """True when written; False when an item with that key was there already, which then stays."""
        return self.put(key, attributes, only_if={"pk": None})

    def update(
        self,
        key: Key,
        *,
        set: Mapping[str, Any] | None = None,
        add: Mapping[str, int] | None = None,
        remove: Iterable[str] = (),
        only_if: Mapping[str, Any] | None = None,
    ) -> bool:
        """Change attributes of one item, made if absent; False when `only_if` did not hold."""
        names: dict[str, str] = {}
        values: Item = {}
        clauses = []
        if set:
            clauses.append("SET " + ", ".join(f"{name_of(a, names)} = {value_of(v, values)}" for a, v in set.items()))
        if add:
            clauses.append("ADD " + ", ".join(f"{name_of(a, names)} {value_of(v, values)}" for a, v in add.items()))
        removed = ", ".join(name_of(attribute, names) for attribute in remove)
        if removed:
            clauses.append(f"REMOVE {removed}")
        request: Item = {"TableName": self.name, "Key": _marshal_key(key), "UpdateExpression": " ".join(clauses)}
        if only_if is not None:
            request["ConditionExpression"] = condition_of(only_if, names, values)
        return self._attempt("UpdateItem", request | named(names, values))

    def delete(self, key: Key, *, only_if: Mapping[str, Any] | None = None) -> bool:
        names: dict[str, str] = {}
        values: Item = {}
        request: Item = {"TableName": self.name, "Key": _marshal_key(key)}
        if only_if is not None:
            request["ConditionExpression"] = condition_of(only_if, names, values)
            request |= named(names, values)
        return self._attempt("DeleteItem", request)

    def query(
        self,
        pk: str,
        *,
        begins_with: str = "",
        between: tuple[str, str] | None = None,
        index: str = "",
        up_to: str = "",
        consistent: bool = False,
        attributes: Sequence[str] = (),
    ) -> Iterator[Item]:
        """All items of a partition in key order, page by page as they are consumed.

        `between` is the first and the last sort key wanted. With `index="due"`, `pk` is a due bucket and
        `up_to` the last `due_at` wanted.
        """
        partition, sort = ("due_bucket", "due_at") if index else ("pk", "sk")
        names = {"#p": partition}
        values: Item = {":p": {"S": pk}}
        condition = "#p = :p"
        if begins_with or up_to:
            names["#s"] = sort
            values[":s"] = {"S": begins_with or up_to}
            condition += " AND begins_with(#s, :s)" if begins_with else " AND #s <= :s"
        if between:
            names["#s"] = sort
            values[":s"], values[":e"] = {"S": between[0]}, {"S": between[1]}
            condition += " AND #s BETWEEN :s AND :e"
        request: Item = {"TableName": self.name, "KeyConditionExpression": condition, "ConsistentRead": consistent}
        request |= projection_of(attributes) | {"ExpressionAttributeValues": values}
        request["ExpressionAttributeNames"] = names | request.get("ExpressionAttributeNames", {})
        if index:
            request["IndexName"] = index
        while True:
            answer = self._call("Query", request)
            for item in answer["Items"]:
                yield unmarshal_item(item)
            if not answer.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def scan(
        self,
        *,
        segment: int = 0,
        segments: int = 1,
        after: Key | None = None,
        attributes: Sequence[str] = (),
        typed: bool = False,
    ) -> Page:
        """One page of one hash range (`segment` of `segments`), at most 1 MB read; go on from `next_key`.

        `typed` leaves the items as DynamoDB writes them, for who reads very many and of each but a part.
        """
        request: Item = {"TableName": self.name, "Segment": segment, "TotalSegments": segments}
        if after:
            request["ExclusiveStartKey"] = _marshal_key(after)
        answer = self._call("Scan", request | projection_of(attributes))
        items, last = answer["Items"], answer.get("LastEvaluatedKey")
        return Page(
            items if typed else [unmarshal_item(item) for item in items],
            Key(last["pk"]["S"], last["sk"]["S"]) if last else None,
        )

    def get_many(
        self, keys: Iterable[Key], *, attributes: Sequence[str] = (), consistent: bool = False
    ) -> Iterator[Item]:
        """The items that exist among `keys`, in no order, 100 a request."""
        unique = list(dict.fromkeys(keys))
        for start in range(0, len(unique), 100):
            wanted: Item = {
                self.name: {
                    "Keys": [_marshal_key(key) for key in unique[start : start + 100]],
                    "ConsistentRead": consistent,
                }
                | projection_of(attributes)
            }
            for _ in range(20):
                answer = self._call("BatchGetItem", {"RequestItems": wanted})
                for item in answer["Responses"].get(self.name, []):
                    yield unmarshal_item(item)
                wanted = answer.get("UnprocessedKeys") or {}
                if not wanted:
                    break
            else:
                raise Unavailable(f"{self.name}: keys stayed unprocessed after 20 tries")

    def put_many(self, items: Iterable[tuple[Key, Item]]) -> int:
        """Write items unconditionally, 25 a request; the last of two with one key wins. Returns how many."""
        unique = dict(items)
        marshalled = []
        for key, attributes in unique.items():
            item = _marshal_item(key, attributes)
            _check_size(self.name, item)
            marshalled.append({"PutRequest": {"Item": item}})
        self._write_many(marshalled)
        return len(unique)

    def delete_many(self, keys: Iterable[Key]) -> int:
        """Remove items, 25 a request; one that is not there is no fault. Returns how many keys there were."""
        unique = list(dict.fromkeys(keys))
        self._write_many([{"DeleteRequest": {"Key": _marshal_key(key)}} for key in unique])
        return len(unique)

    def _write_many(self, requests: list[Item]) -> None:
        for start in range(0, len(requests), 25):
            waiting: Item = {self.name: requests[start : start + 25]}
            for _ in range(20):
                waiting = self._call("BatchWriteItem", {"RequestItems": waiting}).get("UnprocessedItems") or {}
                if not waiting:
                    break
            else:
                raise Unavailable(f"{self.name}: items stayed unprocessed after 20 tries")

    def _attempt(self, operation: str, request: Item) -> bool:
        try:
            self._call(operation, request)
        except Refused as refusal:
            if refusal.code == "ConditionalCheckFailedException":
                return False
            raise
        return True


def request_to_put(table: str, key: Key, attributes: Item, only_if: Mapping[str, Any] | None) -> Item:
    """DynamoDB's own request for one whole item. Raises LimitExceeded for one that is too large."""
    names: dict[str, str] = {}
    values: Item = {}
    request: Item = {"TableName": table, "Item": _marshal_item(key, attributes)}
    _check_size(table, request["Item"])
    if only_if is not None:
        request["ConditionExpression"] = condition_of(only_if, names, values)
        request |= named(names, values)
    return request


def _marshal_key(key: Key) -> Item:
    for part, limit in ((key.pk, 2048), (key.sk, 1024)):
        if not 0 < len(part.encode()) <= limit:
            raise LimitExceeded(f"a key part of {len(part)} characters; DynamoDB takes 1 to {limit} bytes")
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _marshal_item(key: Key, attributes: Item) -> Item:
    return {name: marshal(value) for name, value in attributes.items()} | _marshal_key(key)


def _check_size(table: str, item: Item) -> None:
    size = len(json.dumps(item, default=lambda raw: " " * len(raw), ensure_ascii=False).encode())
    if size > ITEM_LIMIT:
        raise LimitExceeded(f"{table}: an item of {size} bytes; at most {ITEM_LIMIT} are kept in one")

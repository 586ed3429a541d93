"""DynamoDB calls straight into moto's own tables, without HTTP and without its full-table queries.

Through boto3 a call to moto costs two milliseconds, and every Query reads the
whole table; a demo makes tens of thousands of calls. This caller has the
signature of `aws/wire.py`, hands each request to moto's request handler, and
answers Query from the partition alone, the other reads from the item. It also
knows which agenda items are due next, so that a simulated clock can leap over
minutes in which nothing waits. Refuses operations that
`aws/table.py` does not use.
"""

import threading
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType

from chalicelib.aws.wire import Refused

ACCOUNT = "123456789012"
REGION = "us-east-1"
_METHODS = {
    "PutItem": "put_item",
    "UpdateItem": "update_item",
    "DeleteItem": "delete_item",
    "BatchWriteItem": "batch_write_item",
}
_READS = {"GetItem": "_get", "BatchGetItem": "_get_many", "Query": "_query", "Scan": "_scan"}
_PAGE = 200


class InProcessDynamodb:
    """A `Call`. Safe under threads: DynamoDB's writes to one item are serial, and here all are."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._due: dict[str, dict[str, dict[tuple[str, str], str]]] = {}
        self.calls = 0

    def __call__(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            self.calls += 1
            if operation in _READS:
                return getattr(self, _READS[operation])(request)
            if operation == "TransactWriteItems":
                return self._put_together(request)
            answer = self._through_moto(operation, request)
            self._note_due(operation, request)
            return answer

    def _put_together(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """New items, all or none; moto would copy every table first. The one condition is to be absent."""
        puts = [each["Put"] for each in request["TransactItems"]]
        for put in puts:
            pk, sk = put["Item"]["pk"]["S"], put["Item"]["sk"]["S"]
            if "ConditionExpression" in put and self._find(self._table(put["TableName"]), pk, sk) is not None:
                raise Refused("TransactionCanceledException", "an item was there already")
        for put in puts:
            self._through_moto("PutItem", put)
            self._note_due("PutItem", put)
        return {}

    def next_due(self, table: str) -> str:
        """The earliest `due_at` in the table's `due` index; empty when nothing waits."""
        with self._lock:
            return min((due for bucket in self._due.get(table, {}).values() for due in bucket.values()), default="")

    def _through_moto(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        from moto.core.exceptions import JsonRESTError
        from moto.dynamodb.responses import DynamoHandler

        if operation not in _METHODS:
            raise Refused("UnknownOperationException", f"{operation} is not one that the tables use")
        handler = DynamoHandler()
        handler.body = handler.params = _copy(request)  # moto keeps and changes what it is given
        handler.region, handler.current_account = REGION, ACCOUNT
        try:
            answer = getattr(handler, _METHODS[operation])()
        except JsonRESTError as fault:
            raise Refused(str(fault.error_type).rsplit("#", 1)[-1], str(fault.message)) from fault
        return _copy(answer.result)

    def _table(self, name: str) -> Any:
        from moto.dynamodb.models import dynamodb_backends

        return dynamodb_backends[ACCOUNT][REGION].get_table(name)

    def _get(self, request: Mapping[str, Any]) -> dict[str, Any]:
        found = self._find(self._table(request["TableName"]), request["Key"]["pk"]["S"], request["Key"]["sk"]["S"])
        return {} if found is None else {"Item": _project(found, request)}

    def _get_many(self, request: Mapping[str, Any]) -> dict[str, Any]:
        answers = {}
        for name, wanted in request["RequestItems"].items():
            table = self._table(name)
            found = (self._find(table, key["pk"]["S"], key["sk"]["S"]) for key in wanted["Keys"])
            answers[name] = [_project(item, wanted) for item in found if item is not None]
        return {"Responses": answers, "UnprocessedKeys": {}}

    def _scan(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """One page of a hash range: a partition belongs to the range that its key's checksum names."""
        table = self._table(request["TableName"])
        ranges, mine = request.get("TotalSegments", 1), request.get("Segment", 0)
        found = sorted(
            ((pk.value, sk.value, item) for pk, rows in _in_range(table, mine, ranges) for sk, item in rows.items()),
            key=lambda row: row[:2],
        )
        after = request.get("ExclusiveStartKey")
        start = bisect_right(found, (after["pk"]["S"], after["sk"]["S"]), key=lambda row: row[:2]) if after else 0
        chosen = found[start : start + _PAGE]
        answer: dict[str, Any] = {"Items": [_project(item.attrs, request) for _, _, item in chosen]}
        if start + _PAGE < len(found):
            answer["LastEvaluatedKey"] = {"pk": {"S": chosen[-1][0]}, "sk": {"S": chosen[-1][1]}}
        return answer

    def _find(self, table: Any, pk: str, sk: str) -> Any:
        item = table.items.get(DynamoType({"S": pk}), {}).get(DynamoType({"S": sk}))
        return None if item is None else item.attrs

    def _query(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """One page, of the partition alone; the conditions are the four that `Table.query` writes."""
        table = self._table(request["TableName"])
        values = request["ExpressionAttributeValues"]
        bound = values.get(":s", {}).get("S", "")
        wanted = values[":p"]["S"]
        if "IndexName" in request:
            waiting = self._due.get(request["TableName"], {}).get(wanted, {})
            keys = sorted(waiting, key=lambda key: (waiting[key], key))
            found = [_attributes(table, *key) for key in keys if not bound or waiting[key] <= bound]
        else:
            partition = table.items.get(DynamoType({"S": wanted}), {})
            sort_keys = sorted(key.value for key in partition)
            if ":e" in values:
                kept = [key for key in sort_keys if bound <= key <= values[":e"]["S"]]
            else:
                kept = [key for key in sort_keys if not bound or key.startswith(bound)]
            found = [_attributes(table, wanted, key) for key in kept]
        return _page(found, request)

    def _note_due(self, operation: str, request: Mapping[str, Any]) -> None:
        """Keep the `due` index: bucket → key → due_at, for the items just written."""
        if operation in ("PutItem", "UpdateItem", "DeleteItem"):
            self._index(request["TableName"], request.get("Key") or request["Item"])
        elif operation == "BatchWriteItem":
            for name, writes in request["RequestItems"].items():
                for write in writes:
                    self._index(name, (write.get("PutRequest") or {}).get("Item") or write["DeleteRequest"]["Key"])

    def _index(self, name: str, item: Mapping[str, Any]) -> None:
        table = self._table(name)
        if not table.global_indexes:
            return
        key = (item["pk"]["S"], item["sk"]["S"])
        buckets = self._due.setdefault(name, {})
        for bucket in [bucket for bucket, keys in buckets.items() if key in keys]:
            del buckets[bucket][key]
            if not buckets[bucket]:
                del buckets[bucket]
        stored = table.items.get(DynamoType({"S": key[0]}), {}).get(DynamoType({"S": key[1]}))
        if stored is not None and "due_bucket" in stored.attrs and "due_at" in stored.attrs:
            buckets.setdefault(stored.attrs["due_bucket"].value, {})[key] = stored.attrs["due_at"].value


def _page(found: list[Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """Cut to a page behind ExclusiveStartKey, and project."""
    after = request.get("ExclusiveStartKey")
    start = 0
    if after:
        behind = (after["pk"]["S"], after["sk"]["S"])
        places = [place for place, item in enumerate(found) if (item["pk"].value, item["sk"].value) == behind]
        start = places[0] + 1 if places else 0
    chosen = found[start : start + _PAGE]
    answer: dict[str, Any] = {"Items": [_project(item, request) for item in chosen]}
    if start + _PAGE < len(found):
        answer["LastEvaluatedKey"] = {part: _copy(chosen[-1][part]) for part in ("pk", "sk")}
    return answer


def _in_range(table: Any, mine: int, ranges: int) -> Iterator[tuple[Any, Mapping[Any, Any]]]:
    """The partitions of one range of the hash, with their items."""
    for pk, rows in table.items.items():
        if ranges == 1 or zlib.crc32(pk.value.encode()) % ranges == mine:
            yield pk, rows


def _attributes(table: Any, pk: str, sk: str) -> Any:
    return table.items[DynamoType({"S": pk})][DynamoType({"S": sk})].attrs


def _project(attributes: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of an item's attributes, of those asked for."""
    names = request.get("ExpressionAttributeNames", {})
    shown = {names[each.strip()] for each in request.get("ProjectionExpression", "").split(",") if each.strip()}
    return {name: _copy(value) for name, value in attributes.items() if not shown or name in shown}


def _copy(value: Any) -> Any:
    """A deep copy in DynamoDB's typed JSON; moto's own typed values become such JSON too."""
    if isinstance(value, DynamoType):
        return {value.type: _copy(value.value)}
    if isinstance(value, Mapping):
        return {name: _copy(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_copy(each) for each in value]
    return value

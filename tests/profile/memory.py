"""AWS as far as profiles need it, in this process's memory: for laws that take thousands of runs.

It knows the expressions that `aws/operations.py` writes and no others; one test
holds it against the emulator.
"""

from functools import cached_property

from chalicelib.aws.bucket import Bucket
from chalicelib.aws.services import Services
from chalicelib.aws.table import Table
from chalicelib.aws.wire import Refused


class MemoryServices(Services):
    def __init__(self):
        self.objects = {}
        self.sent = []
        self.tables = {}

    @cached_property
    def dynamodb(self):
        return self._call

    @cached_property
    def events(self):
        return Table("events", self.dynamodb)

    @cached_property
    def profiles(self):
        return Table("profiles", self.dynamodb)

    @cached_property
    def data(self):
        return Bucket("data", self)

    def queue(self, name):
        return self

    def send(self, bodies, *, delay=0):
        self.sent += bodies

    def put_object(self, *, Key, Body, **rest):  # noqa: N803 — S3's own names
        self.objects[Key] = Body

    def _call(self, operation, request):
        if operation == "BatchGetItem":
            ((name, wanted),) = request["RequestItems"].items()
            found = [self.tables.get(name, {}).get(_key(key)) for key in wanted["Keys"]]
            return {"Responses": {name: [dict(item) for item in found if item]}}
        items = self.tables.setdefault(request["TableName"], {})
        return getattr(self, f"_{operation.lower()}")(items, request)

    def _getitem(self, items, request):
        item = items.get(_key(request["Key"]))
        return {"Item": dict(item)} if item else {}

    def _putitem(self, items, request):
        key = _key(request["Item"])
        _check(items.get(key, {}), request)
        items[key] = dict(request["Item"])
        return {}

    def _updateitem(self, items, request):
        key = _key(request["Key"])
        item = dict(items.get(key, request["Key"]))
        _check(items.get(key, {}), request)
        verb = ""
        names, values = request["ExpressionAttributeNames"], request.get("ExpressionAttributeValues", {})
        words = request["UpdateExpression"].replace(",", " ").split()
        for place, word in enumerate(words):
            if word in ("SET", "REMOVE"):
                verb = word
            elif word.startswith("#") and verb == "SET":
                item[names[word]] = values[words[place + 2]]
            elif word.startswith("#"):
                item.pop(names[word], None)
        items[key] = item
        return {}

    def _query(self, items, request):
        values = request["ExpressionAttributeValues"]
        first = values.get(":s", {"S": ""})["S"]
        last = values[":e"]["S"] if ":e" in values else None
        found = [
            dict(items[key])
            for key in sorted(items)
            if key[0] == values[":p"]["S"] and (key[1].startswith(first) if last is None else first <= key[1] <= last)
        ]
        return {"Items": found}

    def _scan(self, items, request):
        return {"Items": [dict(item) for item in items.values()]}


def _key(item):
    return item["pk"]["S"], item["sk"]["S"]


def _check(item, request):
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    for clause in filter(None, request.get("ConditionExpression", "").split(" AND ")):
        if clause.startswith("attribute_not_exists("):
            held = names[clause[21:-1]] not in item
        else:
            name, value = clause.split(" = ")
            held = item.get(names[name]) == values[value]
        if not held:
            raise Refused("ConditionalCheckFailedException", clause)

"""A DynamoDB in memory, with the face of boto3's client and the part of its behaviour this service relies on.

It is quick, and strict where the real one is strict: it refuses what DynamoDB refuses (a placeholder too
many, a key that is no key, the 101st action) instead of guessing. What it does not know is an error too.
That it does not flatter the code is checked by running the same suite against moto: TEST_DYNAMODB=moto.
"""

import copy
import re
import threading

from botocore.exceptions import ClientError

ACTIONS_MAX = 100
BATCH_KEYS_MAX = 100
_TOKEN = re.compile(r"\s*(<=|>=|<>|[=<>(),]|[:#]?\w+)")
# Of DynamoDB's 573 reserved words those that come near this service's attributes.
_RESERVED = set("action date day hash key name owner range role session state status time timestamp token ttl user".split())


class FakeDynamoDB:
    def __init__(self):
        self._tables: dict[str, Table] = {}
        self._lock = threading.RLock()

    def create_table(self, TableName, KeySchema, AttributeDefinitions, BillingMode, GlobalSecondaryIndexes=()):
        assert BillingMode == "PAY_PER_REQUEST"
        assert all(definition["AttributeType"] == "S" for definition in AttributeDefinitions)
        self._tables[TableName] = Table(KeySchema, GlobalSecondaryIndexes)

    def clear(self):
        for table in self._tables.values():
            table.items.clear()

    def scan(self, TableName):
        items = copy.deepcopy(list(self._table(TableName).items.values()))
        return {"Items": items, "Count": len(items)}

    def get_item(self, TableName, Key, ConsistentRead=False):
        item = self._table(TableName).items.get(self._table(TableName).place(Key, exactly=True))
        return {"Item": copy.deepcopy(item)} if item else {}

    def batch_get_item(self, RequestItems):
        if sum(len(request["Keys"]) for request in RequestItems.values()) > BATCH_KEYS_MAX:
            raise _refusal("ValidationException", "too many keys")
        found = {}
        for name, request in RequestItems.items():
            places = [self._table(name).place(key, exactly=True) for key in request["Keys"]]
            if not places or len(set(places)) != len(places):
                raise _refusal("ValidationException", "no keys, or one twice")
            items = (self._table(name).items.get(place) for place in places)
            found[name] = [copy.deepcopy(item) for item in items if item]
        return {"Responses": found, "UnprocessedKeys": {}}

    def query(
        self, TableName, KeyConditionExpression, ExpressionAttributeValues, IndexName=None, Limit=None,
        ExclusiveStartKey=None, ScanIndexForward=True, ConsistentRead=False, ExpressionAttributeNames=None,
    ):  # fmt: skip
        table = self._table(TableName)
        if IndexName and ConsistentRead:
            raise _refusal("ValidationException", "an index cannot be read consistently")
        keys, shown = table.index(IndexName)
        expression = Expression(KeyConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues)
        is_match = expression.condition()
        expression.finish()
        if keys[0] not in expression.attributes or not expression.attributes <= set(keys):
            raise _refusal("ValidationException", "a query names the keys and only them")
        order = [*keys, *(key for key in table.keys if key not in keys)]
        place = lambda item: tuple(item[key]["S"].encode() for key in order)  # noqa: E731
        rows = [item for item in table.items.values() if all(key in item for key in keys) and is_match(item)]
        rows.sort(key=place, reverse=not ScanIndexForward)
        if ExclusiveStartKey:
            if set(ExclusiveStartKey) != set(order):
                raise _refusal("ValidationException", "the start key is of another shape")
            start = place(ExclusiveStartKey)
            rows = [row for row in rows if (place(row) > start if ScanIndexForward else place(row) < start)]
        page = rows[:Limit]
        # Like the real one: reaching the limit gives a key even if nothing follows.
        more = {"LastEvaluatedKey": {key: page[-1][key] for key in order}} if Limit and len(page) == Limit else {}
        items = [{name: value for name, value in row.items() if shown is None or name in shown} for row in page]
        return {"Items": copy.deepcopy(items)} | more

    def put_item(self, **write):
        self._write_all([{"Put": write}])
        return {}

    def delete_item(self, **write):
        self._write_all([{"Delete": write}])
        return {}

    def update_item(self, **write):
        self._write_all([{"Update": write}])
        return {}

    def transact_write_items(self, TransactItems):
        if not 0 < len(TransactItems) <= ACTIONS_MAX:
            raise _refusal("ValidationException", f"{len(TransactItems)} actions")
        self._write_all(TransactItems, is_transaction=True)
        return {}

    def _write_all(self, actions, is_transaction=False):
        with self._lock:
            prepared = [self._prepare(kind, **write) for action in actions for kind, write in action.items()]
            if len({(id(table), place) for table, place, _, _ in prepared}) != len(prepared):
                raise _refusal("ValidationException", "two actions on one item")
            held = [holds(table.items.get(place, {})) for table, place, holds, _ in prepared]
            if not all(held) and is_transaction:
                reasons = [{"Code": "None" if each else "ConditionalCheckFailed"} for each in held]
                raise _refusal("TransactionCanceledException", "cancelled", CancellationReasons=reasons)
            if not all(held):
                raise _refusal("ConditionalCheckFailedException", "The conditional request failed")
            for table, place, _, outcome in prepared:
                item = outcome(table.items.get(place))
                if item is None:
                    table.items.pop(place, None)
                else:
                    table.items[place] = item

    def _prepare(
        self, kind, TableName, Item=None, Key=None, UpdateExpression=None, ConditionExpression=None,
        ExpressionAttributeNames=None, ExpressionAttributeValues=None,
    ):  # fmt: skip
        table = self._table(TableName)
        place = table.place(Item, exactly=False) if kind == "Put" else table.place(Key, exactly=True)
        text = f"{ConditionExpression or ''}"
        expression = Expression(text, ExpressionAttributeNames, ExpressionAttributeValues)
        holds = expression.condition() if text else lambda _: True
        outcome = {"Put": lambda _: copy.deepcopy(Item), "Delete": lambda _: None}.get(kind)
        if kind == "Update":
            expression.restart(UpdateExpression)
            changes = expression.changes()
            outcome = lambda before: changes(copy.deepcopy(before or Key))  # noqa: E731
        expression.finish()
        return table, place, holds, outcome

    def _table(self, name):
        if name not in self._tables:
            raise _refusal("ResourceNotFoundException", f"no table {name}")
        return self._tables[name]


class Table:
    """Items by their key, and what its indexes are keyed by and show."""

    def __init__(self, key_schema, indexes):
        names = lambda schema: [key["AttributeName"] for key in schema]  # noqa: E731
        self.keys = names(key_schema)
        self.items: dict[tuple, dict] = {}
        self._indexes = {None: (self.keys, None)}
        for index in indexes:
            keys = names(index["KeySchema"])
            shown = {*keys, *self.keys, *index["Projection"]["NonKeyAttributes"]}
            self._indexes[index["IndexName"]] = (keys, shown)

    def index(self, name):
        if name not in self._indexes:
            raise _refusal("ValidationException", f"no index {name}")
        return self._indexes[name]

    def place(self, item, *, exactly):
        if any(not item.get(key, {}).get("S") for key in self.keys) or exactly and set(item) != set(self.keys):
            raise _refusal("ValidationException", "the key does not fit the table")
        return tuple(item[key]["S"] for key in self.keys)


class Expression:
    """Reads a condition or an update into a function of an item."""

    def __init__(self, text, names, values):
        self._names, self._values = names or {}, values or {}
        self._used: set[str] = set()
        self.attributes: set[str] = set()
        self.restart(text)

    def restart(self, text):
        self._rest = _TOKEN.findall(text)

    def finish(self):
        """Everything was read, and every placeholder was of use."""
        unused = (set(self._names) | set(self._values)) - self._used
        if self._rest or unused:
            raise _refusal("ValidationException", f"left over: {self._rest} {unused}")

    def condition(self):
        left = self._conjunction()
        while self._takes("OR"):
            left = self._either(left, self._conjunction())
        return left

    def changes(self):
        """An update: SET and ADD with what this service uses of them."""
        steps = []
        while self._rest:
            verb = self._rest.pop(0).upper()
            steps.append(self._change(verb))
            while self._takes(","):
                steps.append(self._change(verb))

        def apply(item):
            before = copy.deepcopy(item)
            for name, value_of in steps:
                item[name] = value_of(before)
            return item

        return apply

    def _change(self, verb):
        name = self._attribute()
        if verb == "ADD":
            number = int(self._value()["N"])
            return name, lambda item: {"N": str(int(item.get(name, {"N": "0"})["N"]) + number)}
        if verb != "SET":
            raise _refusal("ValidationException", f"{verb} is not known here")
        self._expect("=")
        if not self._takes("if_not_exists"):
            value = self._value()
            return name, lambda _: value
        self._expect("(")
        existing = self._attribute()
        self._expect(",")
        value = self._value()
        self._expect(")")
        return name, lambda item: item.get(existing, value)

    def _conjunction(self):
        left = self._comparison()
        while self._takes("AND"):
            left = self._both(left, self._comparison())
        return left

    def _comparison(self):
        if self._takes("("):
            inner = self.condition()
            self._expect(")")
            return inner
        for function in ("attribute_not_exists", "begins_with"):
            if self._takes(function):
                return self._function(function)
        name, operator, value = self._attribute(), self._rest.pop(0), self._value()
        ((kind, wanted),) = value.items()
        number = int if kind == "N" else str
        if operator not in ("=", ">"):
            raise _refusal("ValidationException", f"{operator} is not known here")

        def compare(item):
            if kind not in item.get(name, {}):
                return False
            found = number(item[name][kind])
            return found == number(wanted) if operator == "=" else found > number(wanted)

        return compare

    def _function(self, function):
        self._expect("(")
        name = self._attribute()
        if function == "begins_with":
            self._expect(",")
            start = self._value()["S"]
            self._expect(")")
            return lambda item: item.get(name, {}).get("S", "").startswith(start)
        self._expect(")")
        return lambda item: name not in item

    @staticmethod
    def _both(left, right):
        return lambda item: left(item) and right(item)

    @staticmethod
    def _either(left, right):
        return lambda item: left(item) or right(item)

    def _takes(self, word):
        if self._rest and self._rest[0].upper() == word.upper():
            self._rest.pop(0)
            return True
        return False

    def _expect(self, word):
        if not self._takes(word):
            raise _refusal("ValidationException", f"{word} expected before {self._rest}")

    def _attribute(self):
        word = self._rest.pop(0)
        if word.startswith("#"):
            self._used.add(word)
            word = self._names[word]
        elif word.lower() in _RESERVED or not word.isidentifier():
            raise _refusal("ValidationException", f"{word} is a reserved word")
        self.attributes.add(word)
        return word

    def _value(self):
        word = self._rest.pop(0)
        if word not in self._values:
            raise _refusal("ValidationException", f"{word} has no value")
        self._used.add(word)
        return self._values[word]


def _refusal(code, message, **more):
    return ClientError({"Error": {"Code": code, "Message": message}} | more, "Fake")

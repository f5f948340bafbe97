"""Random requests over few keys, so that they meet: puts, updates, conditions, queries, scans, batches, transactions."""
import corpus
from corpus import N, S

NAME = "Rand"
TABLE = corpus.table(NAME, ("p", "s"), [("Gix", ("g", "n"), "ALL"), ("Gkeys", ("g",), "KEYS_ONLY")], [("Lix", ("p", "n"), "ALL")], types={"s": "N", "n": "N"})
ATTRIBUTES = ["g", "n", "a", "b", "c", "l", "m", "ss", "nope"]


class Maker:
    def __init__(self, rng):
        self.rng = rng
        self.values = {}

    def one_of(self, *choices):
        choice = self.rng.choice(choices)
        return choice() if callable(choice) else choice

    def number(self):
        rng = self.rng
        return self.one_of(lambda: str(rng.randrange(-5, 6)), lambda: str(rng.randrange(-10**6, 10**6)), lambda: repr(rng.randrange(-100, 100) / 8), lambda: f"{rng.randrange(1, 99)}e{rng.randrange(-20, 20)}",
                           lambda: f"{rng.randrange(1, 99)}.{rng.randrange(10**9)}")

    def text(self):
        return self.rng.choice(["", "a", "b", "ab", "abc", "red", "blue", "\u00e9", "\U0001f600", "x" * 30])

    def scalar(self):
        return self.one_of(lambda: N(self.number()), lambda: S(self.text()), {"BOOL": True}, {"NULL": True}, {"B": "AAE="}, {"B": "/w=="})

    def value(self, depth=2):
        if depth == 0 or self.rng.random() < 0.6:
            return self.scalar()
        return self.one_of(lambda: {"L": [self.value(depth - 1) for _ in range(self.rng.randrange(4))]}, lambda: {"M": {key: self.value(depth - 1) for key in self.rng.sample("xyz", self.rng.randrange(4))}},
                           lambda: {"SS": self.rng.sample(["a", "b", "c", "d"], self.rng.randrange(1, 4))}, lambda: {"NS": self.rng.sample(["1", "2", "3.5", "-4"], self.rng.randrange(1, 4))})

    def key(self):
        return {"p": S(self.rng.choice("uvw")), "s": N(self.rng.randrange(4))}

    def item(self):
        item = self.key()
        if self.rng.random() < 0.6:
            item["g"] = S(self.rng.choice(["red", "blue"]))
        if self.rng.random() < 0.6:
            item["n"] = N(self.rng.randrange(-3, 8))
        for name in ("a", "b", "c"):
            if self.rng.random() < 0.5:
                item[name] = self.value()
        if self.rng.random() < 0.5:
            item["l"] = {"L": [self.scalar() for _ in range(self.rng.randrange(4))]}
        if self.rng.random() < 0.5:
            item["m"] = {"M": {key: self.value(1) for key in "xy"}}
        if self.rng.random() < 0.4:
            item["ss"] = {"SS": self.rng.sample(["a", "b", "c"], 2)}
        return item

    def constant(self, value):
        name = f":v{len(self.values)}"
        self.values[name] = value
        return name

    def path(self):
        return self.one_of(lambda: self.rng.choice(ATTRIBUTES), lambda: f"l[{self.rng.randrange(4)}]", lambda: f"m.{self.rng.choice('xyz')}", lambda: f"a.{self.rng.choice('xyz')}", lambda: f"a[{self.rng.randrange(3)}]")

    def operand(self):
        return self.one_of(self.path, self.path, lambda: self.constant(self.scalar()), lambda: f"size({self.path()})")

    def condition(self, depth=2):
        if depth and self.rng.random() < 0.4:
            return self.one_of(lambda: f"{self.condition(depth - 1)} AND {self.condition(depth - 1)}", lambda: f"({self.condition(depth - 1)} OR {self.condition(depth - 1)})", lambda: f"NOT {self.condition(depth - 1)}")
        return self.one_of(lambda: f"{self.operand()} {self.rng.choice(['=', '<>', '<', '<=', '>', '>='])} {self.operand()}", lambda: f"attribute_exists({self.path()})", lambda: f"attribute_not_exists({self.path()})",
                           lambda: f"attribute_type({self.path()}, {self.constant(S(self.rng.choice(['S', 'N', 'L', 'M', 'SS', 'NULL', 'BOOL'])))})", lambda: f"begins_with({self.path()}, {self.constant(S(self.text()))})",
                           lambda: f"contains({self.path()}, {self.constant(self.scalar())})", lambda: f"{self.path()} IN ({self.constant(self.value())}, {self.operand()})",
                           lambda: f"{self.operand()} BETWEEN {self.constant(N(self.rng.randrange(5)))} AND {self.constant(N(self.rng.randrange(5, 9)))}")

    def update(self):
        names = self.rng.sample(["a", "b", "c", "ss"], 4)   # not n and g: Local stores any type for index keys
        sections = []
        if self.rng.random() < 0.7:
            right = self.one_of(lambda: self.constant(self.value()), self.path, lambda: f"{self.path()} {self.rng.choice('+-')} {self.constant(N(self.number()))}", lambda: f"if_not_exists({self.path()}, {self.constant(self.value())})",
                                lambda: f"list_append({self.rng.choice(['l', 'a', self.constant({'L': [self.scalar()]})])}, {self.constant({'L': [self.scalar()]})})")
            left = self.one_of(names[0], names[0], f"l[{self.rng.randrange(5)}]", f"m.{self.rng.choice('xyz')}")
            sections.append(f"SET {left} = {right}")
        if self.rng.random() < 0.4:
            sections.append(f"REMOVE {self.one_of(names[1], 'g', f'l[{self.rng.randrange(5)}]', 'm.z')}")
        if self.rng.random() < 0.2:
            sections.append(f"ADD n {self.constant(N(self.rng.randrange(-2, 3)))}")
        elif self.rng.random() < 0.3:
            sections.append(f"ADD {names[2]} {self.constant(self.one_of(lambda: N(self.number()), {'SS': ['q']}, {'NS': ['7']}))}")
        if self.rng.random() < 0.3:
            sections.append(f"DELETE {names[3]} {self.constant(self.one_of({'SS': ['a', 'b']}, {'NS': ['7', '1']}))}")
        self.rng.shuffle(sections)
        return " ".join(sections)

    def finished(self, body):
        if self.values:
            body["ExpressionAttributeValues"] = self.values
        self.values = {}
        return body

    def action(self):
        kind = self.rng.choice(["Put", "Update", "Delete", "ConditionCheck"])
        body = {"TableName": NAME, **({"Item": self.item()} if kind == "Put" else {"Key": self.key()})}
        if kind == "Update":
            body["UpdateExpression"] = self.update() or "REMOVE a"
        if kind == "ConditionCheck" or self.rng.random() < 0.3:
            body["ConditionExpression"] = self.condition(1)
            body["ReturnValuesOnConditionCheckFailure"] = self.rng.choice(["ALL_OLD", "NONE"])
        return {kind: self.finished(body)}

    def query(self):
        index = self.rng.choice([None, None, "Gix", "Gkeys", "Lix"])
        hash_name, range_name = {None: ("p", "s"), "Gix": ("g", "n"), "Gkeys": ("g", None), "Lix": ("p", "n")}[index]
        text = f"{hash_name} = {self.constant(S(self.rng.choice('uvw') if hash_name == 'p' else self.rng.choice(['red', 'blue'])))}"
        if range_name and self.rng.random() < 0.5:
            text += " AND " + self.one_of(lambda: f"{range_name} {self.rng.choice(['=', '<', '<=', '>', '>='])} {self.constant(N(self.rng.randrange(5)))}",
                                          lambda: f"{range_name} BETWEEN {self.constant(N(self.rng.randrange(3)))} AND {self.constant(N(self.rng.randrange(3, 7)))}")
        body = {"TableName": NAME, "KeyConditionExpression": text, "ScanIndexForward": self.rng.random() < 0.5}
        if index:
            body["IndexName"] = index
        if self.rng.random() < 0.3 and index != "Gkeys":
            body["FilterExpression"] = f"attribute_exists({self.rng.choice('abc')})"
        return self.finished(body)

    def request(self):
        kind = self.rng.random()
        if kind < 0.25:
            body = {"TableName": NAME, "Item": self.item(), "ReturnValues": self.rng.choice(["NONE", "ALL_OLD"])}
            if self.rng.random() < 0.3:
                body["ConditionExpression"] = self.condition()
            if self.rng.random() < 0.2:
                body["ReturnConsumedCapacity"] = "INDEXES"
            return "PutItem", self.finished(body)
        if kind < 0.50:
            body = {"TableName": NAME, "Key": self.key(), "ReturnValues": self.rng.choice(["NONE", "ALL_OLD", "ALL_NEW", "ALL_NEW"])}
            expression = self.update()
            if expression:
                body["UpdateExpression"] = expression
            if self.rng.random() < 0.2:
                body["ConditionExpression"] = self.condition()
            return "UpdateItem", self.finished(body)
        if kind < 0.55:
            body = {"TableName": NAME, "Key": self.key(), "ReturnValues": "ALL_OLD"}
            if self.rng.random() < 0.5:
                body["ConditionExpression"] = self.condition()
            return "DeleteItem", self.finished(body)
        if kind < 0.60:
            return "GetItem", {"TableName": NAME, "Key": self.key(), "ProjectionExpression": self.path()}
        if kind < 0.75:
            return "Query", self.query()
        if kind < 0.82:
            body = {"TableName": NAME, "FilterExpression": self.condition()}
            if self.rng.random() < 0.4:
                body["IndexName"] = self.rng.choice(["Gix", "Gkeys", "Lix"])
            return "Scan", self.finished(body)
        if kind < 0.88:
            return "pages", {"operation": "Query", "body": {**self.query(), "Limit": self.rng.randrange(1, 4)}}
        return "TransactWriteItems", {"TransactItems": [self.action() for _ in range(self.rng.randrange(1, 4))]}


def stream(rng, count):
    maker = Maker(rng)
    yield "CreateTable", TABLE
    for _ in range(count):
        yield maker.request()
    for index in (None, "Gix", "Gkeys", "Lix"):
        yield "Scan", {"TableName": NAME, **({"IndexName": index} if index else {})}

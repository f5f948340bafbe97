"""The written corpus: stories of requests that both engines answer in turn. A story is a list of (operation, body)."""


def S(text):
    return {"S": text}


def N(text):
    return {"N": str(text)}


def table(name, key, indexes=(), local=(), types=None):
    """A CreateTable body; attributes are typed by `types`, S by default. An index is (name, keys, projection)."""
    types = types or {}

    def schema(names):
        return [{"AttributeName": each, "KeyType": kind} for each, kind in zip(names, ("HASH", "RANGE"))]

    def index(entry):
        given, keys, projection = entry
        shown = {"ProjectionType": projection} if isinstance(projection, str) else {"ProjectionType": "INCLUDE", "NonKeyAttributes": projection}
        return {"IndexName": given, "KeySchema": schema(keys), "Projection": shown}

    used = list(dict.fromkeys(list(key) + [each for entry in (*indexes, *local) for each in entry[1]]))
    body = {"TableName": name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": schema(key),
            "AttributeDefinitions": [{"AttributeName": each, "AttributeType": types.get(each, "S")} for each in used]}
    if indexes:
        body["GlobalSecondaryIndexes"] = [index(entry) for entry in indexes]
    if local:
        body["LocalSecondaryIndexes"] = [index(entry) for entry in local]
    return body


def put(name, item, **more):
    return ("PutItem", {"TableName": name, "Item": item, **more})


def get(name, key, **more):
    return ("GetItem", {"TableName": name, "Key": key, **more})


def update(name, key, expression=None, values=None, names=None, **more):
    body = {"TableName": name, "Key": key, **more}
    if expression is not None:
        body["UpdateExpression"] = expression
    if values is not None:
        body["ExpressionAttributeValues"] = values
    if names is not None:
        body["ExpressionAttributeNames"] = names
    return ("UpdateItem", body)


def query(name, condition, values=None, names=None, **more):
    body = {"TableName": name, "KeyConditionExpression": condition, **more}
    if values is not None:
        body["ExpressionAttributeValues"] = values
    if names is not None:
        body["ExpressionAttributeNames"] = names
    return ("Query", body)


KEY = {"p": S("a"), "s": N(1)}
ITEM = {**KEY, "n": N(5), "str": S("hello"), "l": {"L": [N(1), N(2)]}, "m": {"M": {"x": S("y")}}, "ss": {"SS": ["a", "b"]}}
PLAIN = table("Tab", ("p", "s"), [("Gix", ("g",), "ALL")], types={"s": "N"})


def values_story():
    story = [("CreateTable", PLAIN), put("Tab", ITEM), get("Tab", KEY)]
    bad = [{"p": S("a")}, {"s": N(1)}, {"p": S("a"), "s": S("1")}, {"p": S(""), "s": N(1)}, {**KEY, "g": N(1)}, {**KEY, "g": S("")},
           {"p": S("a" * 2049), "s": N(1)}, {"p": S("a"), "s": N("x")}, {"p": S("a"), "s": N("")}, {**KEY, "": S("a")}]
    values = [{"SS": []}, {"SS": ["a", "a"]}, {"NS": []}, {"NS": ["1", "1.0"]}, {"BS": []}, {"BS": ["AA==", "AA=="]}, {}, {"S": "a", "N": "1"},
              N("1e126"), N("-1e126"), N("9.9999999999999999999999999999999999999e125"), N("1e-131"), N("1e-130"), N("-1e-130"),
              N("123456789012345678901234567890123456789"), N("12345678901234567890123456789012345678"),
              N("1234567890123456789012345678901234567800000"), N("0.00000000000000000000001"), N("-0"), N("+5"), N("1e5"), N("1E+5"), N(".5"), N("5."),
              N("1e"), N("--1"), N(" 1"), N("0x1"), N("1_000"), N("NaN"), N("Infinity"), N("00012.3400"), N("1e-5"),
              {"NULL": False}, {"NULL": True}, {"BOOL": False}, {"S": ""}, {"B": ""}, {"SS": [""]}, {"Q": 1}, None, {"S": None}, {"L": []}, {"M": {}},
              {"M": {"y": N("zz")}}, {"L": [{"SS": []}]}, {"M": {"deep": {"L": [{"M": {"x": {"NS": ["1.50", "2"]}}}]}}}, {"B": "AAE="}, {"BS": ["AA==", "AQ=="]},
              {"S": "\u00e9\u4e2d\U0001f600"}, {"NS": ["3", "1", "2"]}, {"S": "a" * 409600}, {"S": "a" * 409580}]
    story += [put("Tab", item) for item in bad]
    for value in values:
        story += [put("Tab", {**KEY, "x": value}), get("Tab", KEY)]
    deep = S("end")
    for _ in range(31):
        deep = {"M": {"a": deep}}
    story += [put("Tab", {**KEY, "x": deep}), put("Tab", {**KEY, "x": {"M": {"a": {"M": {"a": deep}}}}})]
    for more in ({"ReturnValues": "ALL_OLD"}, {"ReturnValues": "ALL_NEW"}, {"ReturnValues": "NONE"}, {"ReturnValues": "BOGUS"}, {"Bogus": 1},
                 {"Expected": {"p": {"Exists": False}}}, {"ReturnConsumedCapacity": "TOTAL"}, {"ReturnConsumedCapacity": "INDEXES"}):
        story.append(put("Tab", ITEM, **more))
    story += [("PutItem", {"TableName": "Tab"}), ("PutItem", {"TableName": "Nope", "Item": KEY}), ("PutItem", {}),
              ("PutItem", {"TableName": "Tab", "Item": {}}), ("PutItem", {"TableName": 5, "Item": KEY}), ("PutItem", {"TableName": "Tab", "Item": 5})]
    for key in (None, {}, {"p": S("a")}, {"p": S("a"), "x": N(1)}, {"p": S("a"), "s": S("1")}, {"p": S(""), "s": N(1)}, {**KEY, "x": N(1)},
                {"p": {"NULL": True}, "s": N(1)}, {"p": S("none"), "s": N(1)}, {"p": S("a"), "s": N("1.0")}, {"p": S("a"), "s": N("x")}):
        body = {"TableName": "Tab"} if key is None else {"TableName": "Tab", "Key": key}
        story += [("GetItem", body), ("DeleteItem", {**body, "ReturnValues": "ALL_OLD"})]
    return story


def projection_story():
    story = [("CreateTable", PLAIN), put("Tab", {**ITEM, "d": {"L": [N(0), {"M": {"a": N(1), "b": {"L": [N(7), N(8)]}}}, N(2)]}})]
    for text in ("n", "n, str", "l[0]", "l[1]", "l[1], l[0]", "l[5]", "m.x", "m.y", "m.x.z", "d[1].b[1], d[0]", "d[1].a, d[1].b[0], d[2]", "nope", "p", "", " ",
                 "n,", ",n", "n n", "n, n", "m, m.x", "m.x, m", "l[0], l.x", "n[", "n]", "n[]", "n[x]", "n[-1]", "n.", ".n", "n..x", "#n", "m.#x", "name",
                 "m.name", "n; m", "a-b", "1n", "_n", "n1_", "l[0][1]", "l[ 0 ]", "m . x", "l[99999999999]", ":v", "(n)", "size(n)", "SIZE", "Status", "n AND m", "'n'"):
        story.append(get("Tab", KEY, ProjectionExpression=text))
    for names in ({"#a": "n"}, {"#a": "m"}, {"#a": "n", "#b": "m"}, {}, {"a": "n"}, {"#": "n"}, {"#a": ""}, {"#a-b": "n"}):
        story += [get("Tab", KEY, ProjectionExpression="#a", ExpressionAttributeNames=names), get("Tab", KEY, ExpressionAttributeNames=names),
                  get("Tab", KEY, ProjectionExpression="m.#a", ExpressionAttributeNames=names)]
    for more in ({"AttributesToGet": ["p"]}, {"ConsistentRead": True, "ReturnConsumedCapacity": "TOTAL"}, {"ReturnConsumedCapacity": "INDEXES"},
                 {"ReturnConsumedCapacity": "FOO"}, {"ProjectionExpression": "p", "AttributesToGet": ["p"]}):
        story.append(get("Tab", KEY, **more))
    return story


UPDATES = [
    "", "SET", "SET a", "SET a =", "SET a = = :v", "SET a = :v,", "SET a = :v SET b = :v", "FOO a", "SET a = :v REMOVE a", "SET a = :v, a.b = :v",
    "SET a[0] = :v, a.b = :v", "SET p = :v", "SET s = :v", "REMOVE p", "ADD s :v", "SET a = :w", "SET a = :v +", "SET a = str + :v", "SET a = :v + :t", "SET zz = nope + :v", "SET a = nope",
    "SET l[5] = :v", "SET l[0] = :v", "SET nope.x = :v", "SET n.x = :v", "SET n[0] = :v", "SET m[0] = :v", "SET l.x = :v", "SET m.new = :v", "SET m.new.x = :v",
    "SET l[0].x = :v", "SET l[9] = :v, l[5] = :u", "SET l[1] = :v REMOVE l[0]", "SET l[0] = :v, l[7] = :u", "REMOVE n[0]", "REMOVE nope.x.y", "REMOVE nope[1]",
    "REMOVE l[9]", "REMOVE l[0], l[1]", "REMOVE m.q", "REMOVE m.x", "REMOVE m.x.y", "REMOVE nope", "REMOVE l[0], m.x, n", "REMOVE a b", "REMOVE a, a", "REMOVE", "ADD str :v", "ADD n :t",
    "ADD n :v", "ADD nope :v", "ADD ss :v", "ADD l :v", "ADD ss :set", "ADD ss :nset", "ADD nope :set", "ADD nope.x :v", "ADD m.x :set", "ADD m.nx :set", "ADD a", "ADD a b", "ADD n :v, n :v",
    "DELETE n :v", "DELETE ss :v", "DELETE n :set", "DELETE ss :set", "DELETE ss :all", "DELETE ss :nset", "DELETE nope :set", "DELETE nope.x :set", "DELETE m.x :set", "DELETE a",
    "SET a = list_append(n, :v)", "SET a = list_append(:v, :v)", "SET a = list_append(l)", "SET a = list_append(l, :list)", "SET l = list_append(:list, l)", "SET a = list_append(nope, l)",
    "SET a = list_append(n, l)", "SET a = if_not_exists(:v, :v)", "SET a = if_not_exists(a)", "SET a = if_not_exists(n, :v)", "SET a = if_not_exists(nope, :v)", "SET a = if_not_exists(nope, nope2)",
    "SET n = if_not_exists(n, :v) + :v", "SET a = if_not_exists(nope, :v) + if_not_exists(n, :v)", "SET a = list_append(if_not_exists(nope, :list), :list)", "SET a = size(l)", "SET a = foo(l)",
    "SET a = attribute_exists(l)", "SET name = :v", "SET m.name = :v", "SET #a = :v", "SET a.#q = :v", "SET a = :v WHERE", "SET 1a = :v", "SET a = \"x\"", "SET a-b = :v", "SET a = :v + :v + :v",
    "SET a = (:v + :v)", "SET a = (:v)", "SET a = ((:v))", "SET a = (:v) + :v", "SET (a) = :v", "SET a[-1] = :v", "SET a[x] = :v", "SET a[1.5]=:v", "SET a[99999999999] = :v", "set a = :v", "Set a = :v Remove n",
    "SET _a = :v", "SET a = :v - n", "SET a = n - :v", "SET a = -:v", "SET a = :v - :v , b= n-:v", "SET m = :v, m.x = :v", "SET status = :v", "SET a = :v, value = :v", "SET a = n, n = a", "SET a = str, str = n",
    "SET n = n + :big", "SET n = n + :small", "SET g = :v", "SET g = :empty", "SET g = :t", "SET a = :v REMOVE n ADD b :v DELETE ss :set", "SET a = b.c", "SET a = l[0] + l[1]", "SET a = n[0]",
    "SET a = l[9]", "SET a = m", "SET x = :v,, y = :v", "SET = :v", "SET a :v", "SET :v = :v", "REMOVE :v", "SET a = :v;", "ADD ss[0] :v", "DELETE l[0] :set", "SET a = + :v", "SET a = list_append(l, l)",
    "SET a = AND", "SET a = SET", "SET REMOVE = :v", "REMOVE l[0], l[0].x", "SET l[0] = l[1], l[1] = l[0]", "SET a = if_not_exists(m.x, :v)", "SET a = if_not_exists(m.z, :v)", "SET\ta\n=\r:v",
]
UPDATE_VALUES = {":v": N(1), ":u": N(2), ":t": S("text"), ":set": {"SS": ["a"]}, ":all": {"SS": ["z", "a", "b"]}, ":nset": {"NS": ["1"]}, ":list": {"L": [S("q")]},
                 ":big": N("9.9e125"), ":small": N("1e-40"), ":empty": S("")}


def used(text, values):
    import re
    words = set(re.findall(r":\w+", text))
    chosen = {key: value for key, value in values.items() if key in words}
    return chosen or None


def update_story():
    story = [("CreateTable", PLAIN)]
    for text in UPDATES:
        story += [put("Tab", ITEM), update("Tab", KEY, text, used(text, UPDATE_VALUES), ReturnValues="ALL_NEW")]
    for wanted in ("NONE", "ALL_OLD", "UPDATED_OLD", "UPDATED_NEW", "ALL_NEW", "SOME"):
        for text in ("SET n = n + :v, zz = :v", "REMOVE n, nope", "ADD ss :all", "DELETE ss :set", "SET m.x = :v", "SET l[0] = :v", "SET str = :v REMOVE n"):
            story += [put("Tab", ITEM), update("Tab", KEY, text, used(text, UPDATE_VALUES), ReturnValues=wanted)]
        story.append(update("Tab", {"p": S("new" + wanted), "s": N(1)}, ReturnValues=wanted))
        story.append(update("Tab", {"p": S("new" + wanted), "s": N(2)}, "SET a = :v", {":v": N(1)}, ReturnValues=wanted))
    one = {":v": N(1)}
    story += [
        update("Tab", KEY, "SET a = :v", {**one, ":u": N(2)}), update("Tab", KEY, "SET a = :v", one, {"#u": "x"}), update("Tab", KEY, "SET #u = :v", one, {"#u": "a.b"}),
        update("Tab", KEY, "SET a = :v", {"v": N(1)}), update("Tab", KEY, "SET a = :v", {":v": N("x")}), update("Tab", KEY, "SET a = :v", {":v": {}}), update("Tab", KEY, "SET a = :v", {}),
        update("Tab", KEY, "SET #a = :v", one, {}), update("Tab", KEY, "SET #a = :v", one, {"a": "b"}), update("Tab", KEY, "SET #a = :v", one, {"#a": ""}),
        update("Tab", KEY, "SET a = :v", one, ConditionExpression="n = :v"), update("Tab", KEY, "SET a = :v", one, ConditionExpression="n <> :v"),
        update("Tab", KEY, "SET a = :v", one, ConditionExpression="n = :v", ReturnValuesOnConditionCheckFailure="ALL_OLD"),
        update("Tab", {"p": S("absent"), "s": N(1)}, "SET a = :v", one, ConditionExpression="attribute_exists(p)", ReturnValuesOnConditionCheckFailure="ALL_OLD"),
        update("Tab", {"p": S("new")}), update("Tab", {"p": S("new"), "s": S("1")}), update("Tab", {"p": S("new"), "s": N(1), "x": N(1)}), ("UpdateItem", {"TableName": "Tab"}),
        update("Tab", KEY, "SET #p = :v", one, {"#p": "p"}), update("Tab", KEY, "SET big = :b", {":b": S("x" * 409600)}), update("Tab", KEY, values=one), update("Tab", KEY, names={"#a": "b"}),
    ]
    return story


CONDITIONS = [
    "", "n", "n =", "n = :v AND", "n = :v OR (b = :v", "NOT", "n == :v", "n != :v", "n <> :v", "n = n", ":v = :v", ":v <> :v", "n = :v", "n = :five", "n > :v", "n >= :five", "n < :five", "n <= :five", "n < :t", "str < :t", "str > :t",
    "attribute_exists(:v)", "attribute_exists(a, b)", "attribute_exists", "attribute_exists()", "attribute_exists(n)", "attribute_exists(m.x)", "attribute_exists(l[1])", "attribute_exists(l[9])", "attribute_not_exists(n)", "attribute_not_exists(q)",
    "attribute_type(n, :v)", "attribute_type(n, b)", "attribute_type(n, :type)", "attribute_type(str, :type)", "attribute_type(nope, :type)", "attribute_type(n, :t)", "begins_with(str, :v)", "begins_with(str, :he)", "begins_with(n, :he)", "begins_with(str, str)",
    "begins_with(str, n)", "contains(str, :he)", "contains(str, :v)", "contains(l, :v)", "contains(l, :five)", "contains(ss, :a)", "contains(ss, :v)", "contains(m, :a)", "contains(n, n)", "contains(:he, :he)", "contains(:t, str)", "size(n)", "size(n) = :v",
    "size(str) = :five", "size(l) > :v", "size(m) = :v", "size(ss) = :two", "size(:v) = :v", "size(:he) = :two", "size(nope) = :v", "size(size(str)) = :v", "n BETWEEN :v", "n BETWEEN :v AND :five", "n BETWEEN :five AND :v", "n BETWEEN :v AND :t", "n between :v and :five",
    "n BETWEEN l[0] AND :five", "n NOT BETWEEN :v AND :five", "n IN ()", "n IN (:v)", "n IN (:v, :five)", "n IN :v", "n in (:five)", "str IN (:he, :t)", "n IN (:v,)", "((n = :v))", "(n) = :five", "(n = :five)", "(n = :v) OR (n = :five)", "((n = :v) OR (n = :five))", "foo(n) = :v", "foo(n)",
    "list_append(a,a)", "if_not_exists(a,:v) = :v", "n = :five b", "n = :v = :v", "(n = :v) = :v", "attribute_exists(n) = :v", "NOT n = :v AND n = :five", "NOT (n = :v OR n = :five)", "n = :v OR n = :five AND str = :he", "(n = :v OR n = :five) AND str = :hello", "m.x.c[0][1] = :v", "n[] = :v", "n..b = :v",
    "#x = :v", "n = #x", "n = :undefined", "name = :v", "m.name = :v", "NOT NOT n = :v", "not n = :v", "n = :five and not str = :he", "n = :five AnD str = :hello", "Attribute_Exists(n)", "attribute_exists(size(n))", "n = 1", "'n' = :v", "n = :v AND (b = :v OR c = :v) AND NOT (d = :v)",
    "n + :v = :v", "n BETWEEN :v AND :five AND str = :hello", "attribute_exists(attribute_exists(n))", "n = attribute_exists(b)", "begins_with(str,size(b))", "n > :bool", "n = :bool", "n > :list", "l = :list", "l <> :list", "ss = :set", "ss = :setback", "ss > :set", "m = :map", "n = :null", "z = :null", "nope <> :v", "nope = :v",
    "NOT nope = :v", "n = :floaty", "n IN (:floaty)", ":v < n", ":five = n", "n < l[1]", "m.x = :y", "l[0] = :v", "l[-1] = :v", "AND n = :v", "n = :v AND AND n = :v", "n = :v OR", "OR", "()", "(", ")", "(n = :v", "n = :v)", "n = (:five)", "n = ((:five))", "n, m", "n = :v, m = :v", "attribute_exists(n",
    "attribute_exists n", "attribute_exists(p) AND attribute_exists(s)", "p = :a", "s = :v", "contains(str, size(n))", "contains(l, l[0])", "contains(l, l)", "size(l) = size(ss)", "size(l) = size(l)", "size(str) BETWEEN :v AND :five", "size(str) IN (:five)", "b = :bin", "b > :bin", "begins_with(b, :bin)", "NOT attribute_exists(q)", "set = :v", "delete = :v", "m.and = :v", "add = :v", "m.remove = :v", "between = :v", "in(:v)", "not = :v", "attribute_exists(or)", "n >:v", "n<:v OR n>:v", "n = :five\nAND\tstr=:hello",
]
CONDITION_VALUES = {":v": N(1), ":five": N(5), ":two": N(2), ":floaty": N("5.00"), ":t": S("text"), ":type": S("N"), ":he": S("he"), ":hello": S("hello"), ":a": S("a"), ":y": S("y"), ":bool": {"BOOL": True}, ":list": {"L": [N(1), N(2)]},
                    ":set": {"SS": ["a", "b"]}, ":setback": {"SS": ["b", "a"]}, ":map": {"M": {"x": S("y")}}, ":null": {"NULL": True}, ":bin": {"B": "AAE="}}
CONDITION_ITEM = {**ITEM, "z": {"NULL": True}, "b": {"B": "AAEC"}}


def condition_story():
    story = [("CreateTable", PLAIN), put("Tab", CONDITION_ITEM)]
    for text in CONDITIONS:
        values = used(text, CONDITION_VALUES)
        more = {"ExpressionAttributeValues": values} if values else {}
        story.append(put("Tab", CONDITION_ITEM, ConditionExpression=text, **more))
        story.append(("Scan", {"TableName": "Tab", "FilterExpression": text, **more}))
        story.append(("DeleteItem", {"TableName": "Tab", "Key": {"p": S("absent"), "s": N(1)}, "ConditionExpression": text, **more}))
    return story


def order_story():
    """Sort keys of each type in both directions, with every comparison, page by page."""
    numbers = ["0", "1", "-1", "10", "9", "-10", "-9", "0.1", "-0.1", "1e100", "-1e100", "1e-100", "-1e-100", "1.5", "1.25", "100", "99.99", "12345678901234567890123456789012345678", "-0.0001", "9.9e125", "1e-130"]
    texts = ["", "a", "b", "aa", "ab", "A", "Z", "~", "\u00e9", "\uffff", "\U0001f600", "a\u0000", "a\u0000b", "0", "10", "9"]
    blobs = ["AA==", "AAA=", "/w==", "//8=", "AQ==", "f/8=", "gA=="]
    story = []
    for kind, values, probe in (("N", numbers, ["1", "-1", "0", "1.3", "1e99"]), ("S", texts[1:], ["a", "b", "~", "\u00e9"]), ("B", blobs, ["AQ==", "/w=="])):
        name = "Order" + kind
        story.append(("CreateTable", table(name, ("p", "s"), types={"s": kind})))
        story += [put(name, {"p": S("x"), "s": {kind: each}, "i": N(i)}) for i, each in enumerate(values)]
        for forward in (True, False):
            story.append(query(name, "p = :p", {":p": S("x")}, ScanIndexForward=forward))
            for each in probe:
                for comparison in ("=", "<", "<=", ">", ">="):
                    story.append(query(name, f"p = :p AND s {comparison} :s", {":p": S("x"), ":s": {kind: each}}, ScanIndexForward=forward))
                if kind != "N":
                    story.append(query(name, "p = :p AND begins_with(s, :s)", {":p": S("x"), ":s": {kind: each}}, ScanIndexForward=forward))
            story.append(query(name, "p = :p AND s BETWEEN :s AND :t", {":p": S("x"), ":s": {kind: probe[0]}, ":t": {kind: probe[-1]}}, ScanIndexForward=forward))
            for limit in (1, 3, 100):
                story.append(("pages", {"operation": "Query", "body": query(name, "p = :p", {":p": S("x")}, ScanIndexForward=forward, Limit=limit)[1]}))
    return story


def query_story():
    story = [("CreateTable", PLAIN), put("Tab", {**ITEM, "g": S("red")}), put("Tab", {"p": S("a"), "s": N(2), "n": N(7)}), put("Tab", {"p": S("b"), "s": N(1), "g": S("red")})]
    p, ps = {":p": S("a")}, {":p": S("a"), ":s": N(1)}
    for text, values in (("p = :p", p), ("p = :p AND s = :s", ps), ("s = :s AND p = :p", ps), ("(p = :p) AND (s > :s)", ps), ("(p = :p AND s >= :s)", ps), ("p > :p", p), ("s = :s", {":s": N(1)}), ("p = :p AND x = :s", ps), ("p = :p OR s = :s", ps),
                         ("p = :p AND s <> :s", ps), ("p = :p AND NOT s = :s", ps), ("NOT p = :p", p), ("p = :p AND s IN (:s)", ps), ("p = :p AND begins_with(s, :s)", ps), ("p = :p AND contains(s, :s)", ps), ("p = :p AND attribute_exists(s)", p), ("p = :p AND s = :p", p),
                         ("p = :s", {":s": N(1)}), ("p = :p AND s BETWEEN :s AND :s", ps), ("p = :p AND s BETWEEN :t AND :s", {**ps, ":t": N(5)}), ("p = :p AND p = :p", p), ("p = :p AND s > :s AND s < :s", ps), (":p = p", p), (":p = p AND :s < s", ps), ("p = p", None),
                         ("p = :p AND s = size(p)", p), ("p = :p AND size(s) = :s", ps), ("", p), ("p = :p", {":p": S("")}), ("p.x = :p", p), ("p = :p AND s = n", p), ("p = :nope", p), ("#p = :p", p), ("name = :p", p), ("p = :p AND", p), ("p", None), ("attribute_exists(p)", None),
                         ("begins_with(p, :p)", p), ("p BETWEEN :p AND :p", p), ("p = :p AND (s = :s OR s = :s)", ps)):
        story.append(query("Tab", text, values))
    story += [("Query", {"TableName": "Tab"}), ("Query", {"TableName": "Nope", "KeyConditionExpression": "p = :p", "ExpressionAttributeValues": p}), ("Query", {"TableName": "Tab", "FilterExpression": "a = :p", "ExpressionAttributeValues": p}),
              query("Tab", "#p = :p", p, {"#p": "p"})]
    for more in ({"FilterExpression": "n > :s"}, {"FilterExpression": "s > :s"}, {"FilterExpression": "p = :s"}, {"FilterExpression": "m = :s"}, {"FilterExpression": "size(str) = :s"}):
        story.append(query("Tab", "p = :p", ps, **more))
    for more in ({"Limit": 0}, {"Limit": -1}, {"Limit": 1}, {"Limit": 2}, {"Limit": 3}, {"IndexName": "Nope"}, {"IndexName": "Gix"}, {"Select": "COUNT"}, {"Select": "COUNT", "ProjectionExpression": "n"}, {"Select": "SPECIFIC_ATTRIBUTES"},
                 {"Select": "SPECIFIC_ATTRIBUTES", "ProjectionExpression": "n"}, {"Select": "ALL_PROJECTED_ATTRIBUTES"}, {"Select": "ALL_ATTRIBUTES"}, {"Select": "ALL_ATTRIBUTES", "ProjectionExpression": "n"}, {"Select": "BOGUS"}, {"ConsistentRead": True},
                 {"ExclusiveStartKey": {}}, {"ExclusiveStartKey": {"p": S("a")}}, {"ExclusiveStartKey": {"p": S("b"), "s": N(1)}}, {"ExclusiveStartKey": {"p": S("a"), "s": S("1")}}, {"ExclusiveStartKey": {"p": S("a"), "s": N("1.5")}}, {"ExclusiveStartKey": {"p": S("a"), "s": N(9)}},
                 {"ExclusiveStartKey": {"p": S("a"), "s": N(1), "x": N(1)}}, {"ProjectionExpression": "l[0], m.x"}, {"ReturnConsumedCapacity": "TOTAL"}, {"ReturnConsumedCapacity": "INDEXES"}, {"ReturnConsumedCapacity": "INDEXES", "ConsistentRead": True},
                 {"KeyConditions": {"p": {"ComparisonOperator": "EQ", "AttributeValueList": [S("a")]}}}):
        story.append(query("Tab", "p = :p", p, **more))
    story += [query("Tab", "p = :p AND s > :s", ps, ExclusiveStartKey={"p": S("a"), "s": N(-1)}), query("Tab", "p = :p AND s > :s", ps, ExclusiveStartKey={"p": S("a"), "s": N(1)}), query("Tab", "p = :p AND s < :s", {":p": S("a"), ":s": N(2)}, ScanIndexForward=False, Limit=1)]
    red = {":g": S("red")}
    for more in ({}, {"ConsistentRead": True}, {"Select": "ALL_ATTRIBUTES"}, {"Select": "ALL_PROJECTED_ATTRIBUTES"}, {"Select": "COUNT"}, {"FilterExpression": "g = :g"}, {"FilterExpression": "p = :g"}, {"ReturnConsumedCapacity": "INDEXES"}, {"ExclusiveStartKey": KEY},
                 {"ExclusiveStartKey": {**KEY, "g": S("blue")}}):
        story.append(query("Tab", "g = :g", red, IndexName="Gix", **more))
    return story


def index_story():
    name = "Indexed"
    created = table(name, ("p", "s"), [("Keys", ("g", "n"), "KEYS_ONLY"), ("Some", ("g",), ["x"]), ("Every", ("n",), "ALL")], [("Local", ("p", "n"), "KEYS_ONLY"), ("LocalAll", ("p", "g"), "ALL")], types={"n": "N"})
    story = [("CreateTable", created), ("DescribeTable", {"TableName": name})]
    for i in range(12):
        item = {"p": S("p%d" % (i % 3)), "s": S("s%02d" % i), "x": S("x%d" % i), "y": {"L": [N(i)]}}
        if i % 2 == 0:
            item["g"] = S("g%d" % (i % 4))
        if i % 3 != 2:
            item["n"] = N(i * 7 % 10)
        story.append(put(name, item, ReturnConsumedCapacity="INDEXES"))
    for index, text, values in (("Keys", "g = :g", {":g": S("g0")}), ("Keys", "g = :g AND n > :n", {":g": S("g0"), ":n": N(3)}), ("Some", "g = :g", {":g": S("g2")}), ("Every", "n = :n", {":n": N(0)}), ("Local", "p = :p", {":p": S("p0")}),
                                ("Local", "p = :p AND n BETWEEN :a AND :b", {":p": S("p1"), ":a": N(1), ":b": N(8)}), ("LocalAll", "p = :p AND begins_with(g, :g)", {":p": S("p0"), ":g": S("g")})):
        for more in ({}, {"ScanIndexForward": False}, {"Limit": 1}, {"Select": "ALL_ATTRIBUTES"}, {"Select": "ALL_ATTRIBUTES", "FilterExpression": "attribute_exists(y)"}, {"ProjectionExpression": "y", "FilterExpression": "attribute_exists(y)"}, {"Select": "COUNT"}, {"ProjectionExpression": "x, y"}, {"ProjectionExpression": "p, s"}, {"FilterExpression": "attribute_exists(y)"}, {"FilterExpression": "attribute_exists(x)"}, {"ConsistentRead": True}):
            story.append(query(name, text, values, IndexName=index, **more))
        story.append(("pages", {"operation": "Query", "body": query(name, text, values, IndexName=index, Limit=2)[1]}))
    for index in ("Keys", "Some", "Every", "Local", "LocalAll"):
        story += [("Scan", {"TableName": name, "IndexName": index}), ("Scan", {"TableName": name, "IndexName": index, "ConsistentRead": True}), ("pages", {"operation": "Scan", "body": {"TableName": name, "IndexName": index, "Limit": 3}})]
    key = {"p": S("p0"), "s": S("s00")}
    for text, values in (("SET n = :v", {":v": N(99)}), ("REMOVE g", None), ("SET g = :v", {":v": S("g9")}), ("SET x = :v", {":v": S("new")}), ("SET y = :v", {":v": S("new")}), ("REMOVE n, g", None)):
        story.append(update(name, key, text, values, ReturnConsumedCapacity="INDEXES"))
        story += [("Scan", {"TableName": name, "IndexName": index}) for index in ("Keys", "Some", "Every", "Local", "LocalAll")]
    story += [put(name, {**key, "n": S("1")}), put(name, {**key, "g": N(1)}), put(name, {**key, "g": S("")}), ("DeleteItem", {"TableName": name, "Key": {"p": S("p1"), "s": S("s04")}, "ReturnConsumedCapacity": "INDEXES"}),
              ("DeleteItem", {"TableName": name, "Key": key, "ReturnItemCollectionMetrics": "SIZE"}), ("Scan", {"TableName": name}), ("Scan", {"TableName": name, "IndexName": "Keys"})]
    return story


def scan_story():
    name = "Scanned"
    story = [("CreateTable", table(name, ("p", "s"), types={"s": "N"}))]
    for i in range(40):
        story.append(put(name, {"p": S("p%d" % i), "s": N(i), "n": N(i % 5), "pad": S("x" * (i * 7))}))
    for more in ({}, {"Select": "COUNT"}, {"FilterExpression": "n = :n", "ExpressionAttributeValues": {":n": N(3)}}, {"ProjectionExpression": "n"}, {"ConsistentRead": True, "ReturnConsumedCapacity": "TOTAL"}, {"ReturnConsumedCapacity": "INDEXES"}, {"Segment": 0}, {"TotalSegments": 1}, {"Segment": 1, "TotalSegments": 1},
                 {"Segment": -1, "TotalSegments": 1}, {"Segment": 0, "TotalSegments": 0}, {"Segment": 0, "TotalSegments": 1000001}, {"Segment": 0, "TotalSegments": 1}, {"Limit": 0}, {"IndexName": "Nope"}, {"FilterExpression": "a = :v"}, {"ExclusiveStartKey": {"p": S("a")}}, {"ScanFilter": {"n": {"ComparisonOperator": "NULL"}}}, {"FilterExpression": ""},
                 {"FilterExpression": "p = :p", "ExpressionAttributeValues": {":p": S("p3")}}, {"ExpressionAttributeValues": {":p": S("p3")}}):
        story.append(("Scan", {"TableName": name, **more}))
    for limit in (1, 7, 40, 41):
        story.append(("pages", {"operation": "Scan", "body": {"TableName": name, "Limit": limit}}))
    story += [("segments", {"body": {"TableName": name}, "total": total}) for total in (1, 2, 5, 13)]
    story.append(("pages", {"operation": "Scan", "body": {"TableName": name, "Limit": 3, "FilterExpression": "n = :n", "ExpressionAttributeValues": {":n": N(3)}}}))
    return story


def page_size_story():
    """A page ends with the item that brings it to a megabyte. (Local forgets this when a filter drops the items.)"""
    name = "Large"
    story = [("CreateTable", table(name, ("p", "s"), types={"s": "N"}))]
    story += [put(name, {"p": S("x"), "s": N(i), "stuff": S("x" * 130000)}) for i in range(20)]
    story += [("pages", {"operation": "Query", "body": query(name, "p = :p", {":p": S("x")}, ProjectionExpression="s")[1]}), query(name, "p = :p", {":p": S("x")}, Select="COUNT", ReturnConsumedCapacity="TOTAL")]
    return story


def batch_story():
    t = "Tab"
    key = {"p": S("a"), "s": N(1)}
    story = [("CreateTable", PLAIN), put(t, ITEM)]
    story += [("BatchGetItem", body) for body in (
        {}, {"RequestItems": {}}, {"RequestItems": {t: {}}}, {"RequestItems": {t: {"Keys": []}}}, {"RequestItems": {t: {"Keys": [key, key]}}}, {"RequestItems": {"Nope": {"Keys": [key]}}}, {"RequestItems": {t: {"Keys": [{"p": S(str(i)), "s": N(1)} for i in range(101)]}}},
        {"RequestItems": {t: {"Keys": [{"p": S(str(i)), "s": N(1)} for i in range(100)]}}}, {"RequestItems": {t: {"Keys": [key], "ProjectionExpression": "n, m.x"}}, "ReturnConsumedCapacity": "TOTAL"}, {"RequestItems": {t: {"Keys": [key, {"p": S("absent"), "s": N(1)}], "ConsistentRead": True}}, "ReturnConsumedCapacity": "INDEXES"},
        {"RequestItems": {t: {"Keys": [{"p": S("a")}]}}}, {"RequestItems": {t: {"Keys": [key], "ProjectionExpression": "name"}}}, {"RequestItems": {t: {"Keys": [key], "AttributesToGet": ["p"]}}}, {"RequestItems": {t: {"Keys": [key], "ProjectionExpression": "#x", "ExpressionAttributeNames": {"#x": "n"}}}})]
    write = [{"PutRequest": {"Item": {"p": S("w%d" % i), "s": N(1), "g": S("g")}}} for i in range(25)]
    story += [("BatchWriteItem", body) for body in (
        {}, {"RequestItems": {}}, {"RequestItems": {t: []}}, {"RequestItems": {t: [{}]}}, {"RequestItems": {t: [{"PutRequest": {"Item": key}, "DeleteRequest": {"Key": key}}]}}, {"RequestItems": {t: [{"PutRequest": {"Item": key}}, {"DeleteRequest": {"Key": key}}]}}, {"RequestItems": {t: write}}, {"RequestItems": {t: write + [{"DeleteRequest": {"Key": key}}]}},
        {"RequestItems": {"Nope": [{"PutRequest": {"Item": key}}]}}, {"RequestItems": {t: [{"PutRequest": {"Item": {"p": S("a")}}}]}}, {"RequestItems": {t: [{"DeleteRequest": {"Key": {"p": S("a")}}}]}}, {"RequestItems": {t: [{"PutRequest": {"Item": {**key, "g": N(1)}}}]}}, {"RequestItems": {t: [{"PutRequest": {"Item": {**key, "x": {"SS": []}}}}]}},
        {"RequestItems": {t: [{"PutRequest": {"Item": {"p": S("bw"), "s": N(1)}}}, {"DeleteRequest": {"Key": {"p": S("w0"), "s": N(1)}}}]}, "ReturnConsumedCapacity": "INDEXES"})]
    return story + [("Scan", {"TableName": t}), ("Scan", {"TableName": t, "IndexName": "Gix"})]


def wrong_index_type_story():
    """Last of its tables, as the engines hold different items after it."""
    late = {"Create": {"IndexName": "Late", "KeySchema": [{"AttributeName": "late", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}}
    return [("CreateTable", PLAIN), put("Tab", {**KEY, "late": N(1)}), ("UpdateTable", {"TableName": "Tab", "AttributeDefinitions": [{"AttributeName": "late", "AttributeType": "S"}], "GlobalSecondaryIndexUpdates": [late]}),
            ("active", {"TableName": "Tab"}), ("Scan", {"TableName": "Tab", "IndexName": "Late"}), update("Tab", KEY, "SET g = :v", {":v": N(1)})]


def transaction_story():
    t = "Tab"

    def put_action(p, **more):
        return {"Put": {"TableName": t, "Item": {"p": S(p), "s": N(1)}, **more}}

    def update_action(expression, values=None, **more):
        action = {"TableName": t, "Key": KEY, "UpdateExpression": expression, **more}
        if values:
            action["ExpressionAttributeValues"] = values
        return {"Update": action}

    one = {":v": N(1)}
    check = {"ConditionCheck": {"TableName": t, "Key": KEY, "ConditionExpression": "attribute_exists(p)"}}
    story = [("CreateTable", PLAIN), put(t, ITEM)]
    for actions in ([], [{}], [put_action("x"), put_action("x")], [put_action("x%d" % i) for i in range(101)], [put_action("x%d" % i) for i in range(100)], [put_action("t1"), put_action("a", ConditionExpression="attribute_not_exists(p)", ReturnValuesOnConditionCheckFailure="ALL_OLD")],
                    [put_action("t1"), put_action("a", ConditionExpression="attribute_not_exists(p)")], [put_action("a", ConditionExpression="attribute_not_exists(p)"), put_action("x1", ConditionExpression="attribute_not_exists(p)"), put_action("new")],
                    [put_action("t1"), put_action("a", ConditionExpression="attribute_not_exists(p) AND")], [put_action("t1"), {"ConditionCheck": {"TableName": t, "Key": KEY}}], [put_action("t1"), check], [check, update_action("SET n = :v", one)], [put_action("t2"), update_action("SET n = n + :v", one)],
                    [put_action("t1"), update_action("SET l.z = :v", one)], [put_action("t1"), update_action("SET p = :v", one)], [put_action("t1"), {"Put": {"TableName": "Nope", "Item": KEY}}], [{"Put": {"TableName": t, "Item": {"p": S("a")}}}], [{**put_action("q"), "Delete": {"TableName": t, "Key": KEY}}],
                    [update_action("SET str = str + :v", one)], [{"Put": {"TableName": t, "Item": {**KEY, "g": N(1)}}}], [update_action("SET name = :v", one)], [update_action("SET n = :v", one, ConditionExpression="n = :v")], [{"Delete": {"TableName": t, "Key": {"p": S("t1"), "s": N(1)}}}, put_action("t3")],
                    [{"Delete": {"TableName": t, "Key": KEY, "ConditionExpression": "n = :v", "ExpressionAttributeValues": {":v": N(77)}, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}], [{"Delete": {"TableName": t, "Key": {"p": S("a")}}}], [put_action("t4", Expected={"p": {"Exists": False}})]):
        story += [("TransactWriteItems", {"TransactItems": actions}), ("Scan", {"TableName": t})]
    story += [("TransactWriteItems", body) for body in ({}, {"TransactItems": [put_action("k1")], "ClientRequestToken": "tok", "ReturnConsumedCapacity": "TOTAL"}, {"TransactItems": [put_action("k1")], "ClientRequestToken": "tok", "ReturnConsumedCapacity": "TOTAL"}, {"TransactItems": [put_action("k2")], "ClientRequestToken": "tok"},
                                                        {"TransactItems": [put_action("k2")], "ClientRequestToken": "x" * 37}, {"TransactItems": [put_action("k2"), check], "ReturnConsumedCapacity": "INDEXES"})]
    story.append(("GetItem", {"TableName": t, "Key": {"p": S("k2"), "s": N(1)}}))
    get_action = {"Get": {"TableName": t, "Key": KEY}}
    for actions in (None, [], [{}], [get_action, {"Get": {"TableName": t, "Key": {"p": S("zzz"), "s": N(1)}}}], [get_action, get_action], [{"Get": {"TableName": "Nope", "Key": KEY}}], [{"Get": {"TableName": t, "Key": {"p": S("a")}}}], [{"Get": {"TableName": t, "Key": KEY, "ProjectionExpression": "n, m.x"}}],
                    [{"Get": {"TableName": t, "Key": KEY, "ProjectionExpression": "name"}}]):
        body = {} if actions is None else {"TransactItems": actions}
        story += [("TransactGetItems", body), ("TransactGetItems", {**body, "ReturnConsumedCapacity": "TOTAL"})]
    return story


def table_story():
    def definition(*pairs):
        return [{"AttributeName": name, "AttributeType": kind} for name, kind in pairs]

    hash_p = [{"AttributeName": "p", "KeyType": "HASH"}]
    name = {"TableName": "abc"}
    story = [("CreateTable", body) for body in (
        {}, name, {**name, "AttributeDefinitions": [], "KeySchema": []}, {**name, "AttributeDefinitions": [], "KeySchema": hash_p, "BillingMode": "PAY_PER_REQUEST"}, {**name, "AttributeDefinitions": definition(("p", "S"), ("q", "S")), "KeySchema": hash_p, "BillingMode": "PAY_PER_REQUEST"},
        {**name, "AttributeDefinitions": definition(("p", "X")), "KeySchema": hash_p, "BillingMode": "PAY_PER_REQUEST"}, {**name, "AttributeDefinitions": definition(("q", "S")), "KeySchema": hash_p, "BillingMode": "PAY_PER_REQUEST"}, {**name, "AttributeDefinitions": definition(("p", "S")), "KeySchema": hash_p},
        {"TableName": "ab", "AttributeDefinitions": definition(("p", "S")), "KeySchema": hash_p, "BillingMode": "PAY_PER_REQUEST"}, {"TableName": "a!b", "AttributeDefinitions": definition(("p", "S")), "KeySchema": hash_p, "BillingMode": "PAY_PER_REQUEST"})]
    full = table("Full", ("p", "s"), [("Gix", ("g",), "ALL"), ("Gsome", ("g", "n"), ["x"])], [("Lix", ("p", "n"), "KEYS_ONLY")], types={"n": "N"})
    story += [("CreateTable", full), ("CreateTable", full), ("DescribeTable", {"TableName": "Full"}), ("DescribeTable", {"TableName": "Nope"}), ("DescribeTable", {}), ("DescribeTable", {"TableName": "X"}), ("ListTables", {}), ("ListTables", {"Limit": 0}), ("ListTables", {"Limit": 101}),
              ("CreateTable", table("Other", ("p",))), ("ListTables", {"Limit": 1}), ("ListTables", {"ExclusiveStartTableName": "Full"}), ("ListTables", {"ExclusiveStartTableName": "Aaaa", "Limit": 1}), ("DeleteTable", {"TableName": "Nope"}), ("UpdateTable", {"TableName": "Nope", "BillingMode": "PAY_PER_REQUEST"}), ("UpdateTable", {"TableName": "Full"}),
              ("UpdateTable", {"TableName": "Full", "BillingMode": "PROVISIONED"}), ("DeleteTable", {"TableName": "Other"}), ("DescribeTable", {"TableName": "Other"}), ("ListTables", {})]
    provisioned = {"TableName": "Prov", "AttributeDefinitions": definition(("p", "S")), "KeySchema": hash_p, "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}}
    story += [("CreateTable", provisioned), ("DescribeTable", {"TableName": "Prov"}), ("UpdateTable", {"TableName": "Prov", "ProvisionedThroughput": {"ReadCapacityUnits": 7, "WriteCapacityUnits": 8}}), ("DescribeTable", {"TableName": "Prov"})]
    index = {"Create": {"IndexName": "Late", "KeySchema": [{"AttributeName": "late", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}}
    story += [put("Full", {"p": S("a"), "s": S("1"), "late": S("x")}), put("Full", {"p": S("a"), "s": S("3")}), ("UpdateTable", {"TableName": "Full", "GlobalSecondaryIndexUpdates": [index]}),
              ("UpdateTable", {"TableName": "Full", "AttributeDefinitions": definition(("late", "S")), "GlobalSecondaryIndexUpdates": [index, {"Delete": {"IndexName": "Gix"}}]}), ("UpdateTable", {"TableName": "Full", "AttributeDefinitions": definition(("late", "S")), "GlobalSecondaryIndexUpdates": [index]}), ("active", {"TableName": "Full"}),
              ("Scan", {"TableName": "Full", "IndexName": "Late"}), ("DescribeTable", {"TableName": "Full"}), ("UpdateTable", {"TableName": "Full", "AttributeDefinitions": definition(("late", "S")), "GlobalSecondaryIndexUpdates": [index]}), ("UpdateTable", {"TableName": "Full", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "Nope"}}]}),
              ("UpdateTable", {"TableName": "Full", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "Late"}}]}), ("active", {"TableName": "Full"}), ("Scan", {"TableName": "Full", "IndexName": "Late"})]
    return story


def settings_story():
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/Tab"

    def ttl(enabled, name):
        return ("UpdateTimeToLive", {"TableName": "Tab", "TimeToLiveSpecification": {"Enabled": enabled, "AttributeName": name}})

    described = ("DescribeTimeToLive", {"TableName": "Tab"})
    return [("CreateTable", PLAIN), described, ttl(True, "ttl"), ttl(True, "ttl"), ttl(True, "ttl2"), described, ttl(False, "x"), ttl(False, "ttl"), ttl(False, "ttl"), described, ("DescribeTimeToLive", {"TableName": "Nope"}), ("UpdateTimeToLive", {"TableName": "Tab"}),
            ("TagResource", {"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "b"}]}), ("ListTagsOfResource", {"ResourceArn": arn}), ("DescribeContinuousBackups", {"TableName": "Tab"}), ("NoSuchThing", {})]


STORIES = {
    "values": values_story, "projections": projection_story, "updates": update_story, "conditions": condition_story, "order": order_story, "queries": query_story, "indexes": index_story, "scans": scan_story,
    "pages": page_size_story, "batches": batch_story, "wrong index types": wrong_index_type_story, "transactions": transaction_story, "tables": table_story, "settings": settings_story,
}

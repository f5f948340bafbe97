R"python(#"
# What is asked of AWS: operations, tables, indexes, keys.

TRANSACTION = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem", "Get": "GetItem"}
POSITIONS = {("s3", "upload_file"): ("Filename", "Bucket"), ("s3", "download_file"): ("Bucket",), ("s3", "upload_fileobj"): ("Fileobj", "Bucket"),
             ("s3", "download_fileobj"): ("Bucket",), ("s3", "copy"): ("CopySource", "Bucket")}
RESOURCE_METHODS = {"get_item", "put_item", "update_item", "delete_item", "query", "scan", "batch_get_item", "batch_write_item"}
# PartiQL: where each operation has its statements, and what stands before a table's name.
STATEMENTS = {"execute_statement": "Statement", "batch_execute_statement": "Statements", "execute_transaction": "TransactStatements"}
TABLE_OF = {"SELECT": r"\bFROM", "INSERT": r"\bINTO", "UPDATE": r"\bUPDATE", "DELETE": r"\bFROM"}
HOLES, HOLES_MAX = 0xE000, 1000
STATEMENT_NAME = r'\s+(?:"(?P<table>[^"]+)"|(?P<plain>[\w\-\uE000-\uE3E8]+))(?:\."(?P<index>[^"]+)")?'


class AwsCalls:
    def aws_attribute(self, owner, name, place):
        if name == "meta":
            return owner
        if name == "client" and owner.kind in ("resource", "table"):
            return Aws("client", owner.service)
        if name in ("exceptions", "name", "table_name"):
            return owner.table if owner.table is not None and name != "exceptions" else Unknown()
        if owner.kind == "thing":
            return self.thing_attribute(owner, name, place)
        return Method(owner, name, place)

    def aws_method(self, owner, name, positional, named, place):
        first = positional[0] if positional else None
        if owner.kind == "resource":
            if owner.service == "dynamodb" and name == "Table":
                return Aws("table", "dynamodb", first if first is not None else named.find("name") or Unknown(), place=place)
            if owner.service == "dynamodb" and name in ("batch_get_item", "batch_write_item"):
                self.dynamodb(name, named, None, place)
                return Unknown()
            if name in ("create_table",):
                self.dynamodb(name, named, None, place)
                return Unknown()
            return self.thing_of(owner, name, positional, named, place)
        if owner.kind == "thing":
            return self.thing_method(owner, name, positional, named, place)
        if owner.kind == "table":
            if name == "batch_writer":
                self.add_call("dynamodb", "batch_write_item", place, ["BatchWriteItem"], owner.table)
                return Aws("writer", "dynamodb", owner.table)
            if name in RESOURCE_METHODS:
                self.dynamodb(name, named, owner.table, place)
            elif name in ("load", "reload"):
                self.add_call("dynamodb", "describe_table", place, ["DescribeTable"], owner.table)
            return Unknown()
        if owner.kind == "writer":
            return Unknown()
        if owner.kind == "paginator":
            if name == "paginate":
                self.call_of(owner.service, owner.operation, named, owner.place)
            return Unknown()
        if name == "get_paginator" and first is not None:
            if text_of(first) is None:
                self.unknown("which operation of %s is paged through" % owner.service, place)
                return Unknown()
            return Aws("paginator", owner.service, operation=first.value, place=place)
        if name in ("can_paginate", "close", "get_waiter", "generate_presigned_url", "generate_presigned_post"):
            self.presigned(owner, name, positional, named, place)
            return Unknown()
        self.call_of(owner.service, name, self.with_positions(owner.service, name, positional, named), place)
        return Unknown()

    def presigned(self, owner, name, positional, named, place):
        """Whoever signs needs the right to what is signed."""
        if name == "generate_presigned_post":
            bucket = named.find("Bucket") or (positional[0] if positional else Unknown())
            self.add_call(owner.service, name, place, ["PutObject"], bucket)
        operation = named.find("ClientMethod") or (positional[0] if positional else None)
        if name == "generate_presigned_url" and operation is not None and text_of(operation):
            given = named.find("Params") or (positional[1] if len(positional) > 1 else None)
            parameters = next((choice for choice in each(given) if isinstance(choice, DictValue)), DictValue()) if given is not None else DictValue()
            self.call_of(owner.service, operation.value, parameters, place)

    def with_positions(self, service, operation, positional, named):
        """The few functions of clients that take their arguments by position, too: the files of S3."""
        names = POSITIONS.get((service, operation), ())
        return DictValue([*named.entries, *((Known(name), value) for name, value in zip(names, positional))], named.is_open)

    def call_of(self, service, operation, named, place):
        if service == "dynamodb":
            self.dynamodb(operation, named, None, place)
            return
        resource = next((found for found in map(named.find, ("Bucket", "TopicArn", "QueueUrl", "FunctionName", "SecretId", "Name", "stateMachineArn", "EventBusName"))
                         if found is not None), None)
        if service == "s3" and operation == "copy":
            source = named.find("CopySource")
            self.add_call(service, operation, place, ["GetObject"], source.find("Bucket") if isinstance(source, DictValue) else None)
            self.add_call(service, operation, place, ["PutObject"], resource)
            return
        self.add_call(service, operation, place, [camel(operation)], resource)

    def dynamodb(self, operation, named, table, place):
        table = table if table is not None else named.find("TableName")
        if operation in ("transact_write_items", "transact_get_items"):
            return self.transaction(operation, named.find("TransactItems"), place)
        if operation in ("batch_get_item", "batch_write_item"):
            requested = named.find("RequestItems")
            entries = [pair for choice in each(requested) if isinstance(choice, DictValue) for pair in choice.entries] if requested is not None else []
            for key, _ in entries or [(Unknown("the tables of RequestItems"), None)]:
                self.add_call("dynamodb", operation, place, [camel(operation)], key)
            return
        if operation in STATEMENTS:
            return self.statements(operation, named, place)
        if operation in ("list_tables", "describe_limits", "describe_endpoints"):
            self.add_call("dynamodb", operation, place, [camel(operation)], None)
            return
        index = named.find("IndexName")
        if index is None and named.is_open and operation in ("query", "scan"):
            self.unknown("whether an index is used", place)
        keys = named.find("Key")
        self.add_call("dynamodb", operation, place, [camel(operation)], table if table is not None else Unknown("TableName is not given here"), index,
                      keys.names() if isinstance(keys, DictValue) else None, self.condition_names(named))

    def statements(self, operation, named, place):
        """PartiQL: one statement, or a list of maps with one each."""
        given = named.find(STATEMENTS[operation])
        found = [given] if operation == "execute_statement" else []
        for choice in each(given) if given is not None and not found else []:
            for item in choice.items if isinstance(choice, ListValue) else []:
                found += [one.find("Statement") if isinstance(one, DictValue) else None for one in each(item)]
        for statement in found or [None]:
            for choice in each(statement) if statement is not None else [Unknown()]:
                self.statement(operation, choice, place)

    def statement(self, operation, statement, place):
        """The table, and of a SELECT the index, that a statement names. Parts that are no constants stand as one character each."""
        parts = statement.parts if isinstance(statement, Pieces) else [statement]
        text = "".join(part.value if text_of(part) is not None else chr(HOLES + number) for number, part in enumerate(parts[:HOLES_MAX]))
        verb = re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE)\b", text, re.IGNORECASE)
        named = verb and re.search(TABLE_OF[verb[1].upper()] + STATEMENT_NAME, text, re.IGNORECASE)
        if not named or len(parts) > HOLES_MAX:
            self.unknown("the tables a PartiQL statement touches", place)
            return
        table, index = (self.name_in(text, parts, place) if text else None for text in (named["table"] or named["plain"], named["index"]))
        self.add_call("dynamodb", operation, place, ["PartiQL" + verb[1].capitalize()], table, index)

    def name_in(self, text, parts, place):
        pieces = [piece for piece in re.split("([%s-%s])" % (chr(HOLES), chr(HOLES + HOLES_MAX)), text) if piece]
        return concatenated([parts[ord(piece) - HOLES] if ord(piece[0]) >= HOLES else Known(piece, place) for piece in pieces])

    def condition_names(self, named):
        """Attributes that a key condition names."""
        condition = named.find("KeyConditionExpression")
        if isinstance(condition, Condition):
            return condition.names
        text = text_of(condition) if condition is not None else None
        if text is None:
            return None
        aliases = named.find("ExpressionAttributeNames")
        found = []
        for name in re.findall(r"(?:begins_with\s*\(\s*)?([#\w.\-]+)\s*(?:,|=|<|>|\bBETWEEN\b)", text, re.IGNORECASE):
            if name.startswith("#"):
                name = text_of(aliases.find(name)) if isinstance(aliases, DictValue) and aliases.find(name) is not None else None
            if name and not name.startswith(":"):
                found.append(name)
        return list(dict.fromkeys(found))

    def transaction(self, operation, items, place):
        found = []
        for choice in each(items) if items is not None else []:
            if isinstance(choice, ListValue):
                found += [one for item in choice.items for one in each(item)]
        is_whole = bool(found)
        for item in found:
            if not isinstance(item, DictValue):
                is_whole = False
                continue
            for key, body in item.entries:
                action = TRANSACTION.get(text_of(key))
                for inner in each(body):
                    if action is None or not isinstance(inner, DictValue):
                        is_whole = False
                        continue
                    table = inner.find("TableName")
                    keys = inner.find("Key")
                    where = key.place or place
                    self.add_call("dynamodb", "%s: %s" % (operation, key.value), where, [action], table if table is not None else Unknown("TableName is not given here"),
                                  keys=keys.names() if isinstance(keys, DictValue) else None)
        if not is_whole:
            self.unknown("all the items of %s" % operation, place)

    def add_call(self, service, operation, place, actions, table, index=None, keys=None, condition=None):
        tables = each(table) if table is not None else [None]
        named = [choice for choice in tables if not (isinstance(choice, Known) and choice.value is None)]
        for choice in named or tables:  # None stands for a name that is set later
            for one in each(index) if index is not None else [None]:
                if isinstance(choice, EnvValue) and choice.level == "optional":
                    choice.level, choice.why = "required", "%s needs it as a name" % operation
                self.aws.append((service, operation, place, tuple(actions), choice, one, keys, condition))


def camel(operation):
    return "".join(part.capitalize() for part in operation.split("_"))
#)python"

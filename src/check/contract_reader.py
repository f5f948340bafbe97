R"python(#"
# What the values mean: environment variables, AWS calls, routes, versions. And the program itself, at the end.

TRANSACTION = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem", "Get": "GetItem"}
RESOURCE_METHODS = {"get_item", "put_item", "update_item", "delete_item", "query", "scan", "batch_get_item", "batch_write_item"}
ROUTERS = {"fastapi.FastAPI": True, "fastapi.APIRouter": False, "fastapi.routing.APIRouter": False, "flask.Flask": True, "flask.Blueprint": False,
           "aws_lambda_powertools.event_handler.APIGatewayRestResolver": True, "aws_lambda_powertools.event_handler.APIGatewayHttpResolver": True,
           "aws_lambda_powertools.event_handler.api_gateway.Router": False}
PASSED_ON = {"str", "list", "tuple", "sorted", "set", "frozenset", "reversed", "typing.cast", "copy.copy", "copy.deepcopy", "iter", "pydantic.SecretStr"}
# Names whose import or use needs a newer Python.
SINCE = {"datetime.UTC": (3, 11), "enum.StrEnum": (3, 11), "typing.Self": (3, 11), "typing.override": (3, 12), "typing.assert_never": (3, 11),
         "typing.ParamSpec": (3, 10), "typing.TypeAlias": (3, 10), "typing.Never": (3, 11), "typing.TypeAliasType": (3, 12),
         "itertools.batched": (3, 12), "itertools.pairwise": (3, 10), "functools.cache": (3, 9), "asyncio.TaskGroup": (3, 11),
         "asyncio.timeout": (3, 11), "warnings.deprecated": (3, 13), "hashlib.file_digest": (3, 11), "contextlib.chdir": (3, 11),
         "tomllib": (3, 11), "zoneinfo": (3, 9), "graphlib": (3, 9), "compression.zstd": (3, 14), "ExceptionGroup": (3, 11), "aiter": (3, 10), "anext": (3, 10)}
# Packages that call AWS out of sight.
CALL_AWS = ("pynamodb.", "aws_lambda_powertools.utilities.parameters.", "aws_lambda_powertools.utilities.idempotency.", "dyntastic.", "cloudpathlib.", "s3fs.")
SYNTAX = {"Match": ((3, 10), "a match statement"), "TryStar": ((3, 11), "except*"), "TypeAlias": ((3, 12), "a type statement"),
          "NamedExpr": ((3, 8), "an assignment expression")}
BUILTIN_GENERICS = {"list", "dict", "tuple", "set", "frozenset", "type"}


class Needs:
    def __init__(self):
        self.environment, self.set_names, self.aws, self.routers = [], set(), [], []
        self.problems, self.unknowns, self.versions, self.timings, self.memory = [], [], [], [], []
        self.told_once = set()

    # --- files ---------------------------------------------------------------------------------------------------

    def parse(self, path, text):
        try:
            tree = ast.parse(text, path)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            column = getattr(error, "offset", 1) or 1
            what = error.msg if isinstance(error, SyntaxError) else str(error)
            self.problems.append({"what": what, "place": place_of((path, getattr(error, "lineno", 1) or 1, column))})
            return None
        self.note_versions(path, tree)
        return tree

    def note_version(self, version, what, path, node):
        self.versions.append({"minimum": list(version), "what": what, "place": place_of((path, node.lineno, node.col_offset + 1))})

    def note_versions(self, path, tree):
        is_lazy = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" and any(a.name == "annotations" for a in node.names)
                      for node in tree.body)
        guarded = {inner for node in ast.walk(tree) if isinstance(node, ast.Try) or is_version_test(node) for part in node.body for inner in ast.walk(part)}
        annotations = set()
        for node in ast.walk(tree):
            kind = type(node).__name__
            if kind in SYNTAX:
                self.note_version(*SYNTAX[kind], path, node)
            if getattr(node, "type_params", None):
                self.note_version((3, 12), "type parameters", path, node)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.args.posonlyargs:
                self.note_version((3, 8), "positional-only parameters", path, node)
            if node not in guarded and isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name in SINCE:
                        self.note_version(SINCE[alias.name], "import " + alias.name, path, node)
            if node not in guarded and isinstance(node, ast.ImportFrom) and node.level == 0:
                for alias in node.names:
                    for name in (node.module or "", "%s.%s" % (node.module, alias.name)):
                        if name in SINCE:
                            self.note_version(SINCE[name], "%s of %s" % (alias.name, node.module), path, alias if hasattr(alias, "lineno") else node)
            for annotation in [getattr(node, "annotation", None), getattr(node, "returns", None)]:
                if annotation is not None and not is_lazy:
                    annotations.add(annotation)
        for annotation in annotations:
            for node in ast.walk(annotation):
                if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
                    self.note_version((3, 10), "X | Y as a type", path, node)
                elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in BUILTIN_GENERICS:
                    self.note_version((3, 9), "%s[...] as a type" % node.value.id, path, node)

    def unknown(self, what, place, once=None):
        mark = once or (what, place)
        if mark not in self.told_once:
            self.told_once.add(mark)
            self.unknowns.append({"what": what, "place": place_of(place)})

    # --- environment ---------------------------------------------------------------------------------------------

    def environment_read(self, reader, name, level, default, read_at, frame, ignores_case=False):
        results = []
        for choice in each(name):
            text = text_of(choice)
            if text is None:
                function = reader.stack[-1].name if reader.stack and hasattr(reader.stack[-1], "name") else frame.module.name
                self.unknown("the name of an environment variable that %s reads" % function, read_at)
                results.append(Unknown("an environment variable whose name is not known"))
                continue
            value = EnvValue(text, level, default, choice.place or read_at, read_at, ignores_case)
            value.module, value.depth = frame.module.path, len(reader.stack)
            self.environment.append(value)
            results.append(value)
        return any_of(results)

    def environment_set(self, name):
        for choice in each(name):
            if text_of(choice):
                self.set_names.add(choice.value)

    def read_with_default(self, reader, positional, named, place, frame):
        name = positional[0] if positional else named.find("key") or Unknown()
        default = positional[1] if len(positional) > 1 else named.find("default")
        is_nothing = default is None or (isinstance(default, Known) and default.value in (None, ""))
        return self.environment_read(reader, name, "optional" if is_nothing else "default", default, place, frame)

    def settings(self, reader, instance, keywords):
        """A pydantic settings class: every field is a variable."""
        prefix, classes, queue = "", [], [instance.cls]
        while queue:
            cls = queue.pop(0)
            if isinstance(cls, ClassValue):
                classes.insert(0, cls)
                queue += cls.bases
        for cls in classes:
            configured = cls.scope.get("model_config")
            inner = cls.scope.get("Config")
            found = configured.find("env_prefix") if isinstance(configured, DictValue) else inner.scope.get("env_prefix") if isinstance(inner, ClassValue) else None
            prefix = text_of(found) if found is not None and text_of(found) is not None else prefix
        for cls in classes:
            for part in cls.node.body:
                if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name) and part.target.id != "model_config":
                    self.setting(reader, instance, cls, part, prefix, keywords)

    def setting(self, reader, instance, cls, part, prefix, keywords):
        frame = Frame(cls.module, {}, (cls.scope, cls.module.scope))
        name, place = part.target.id, (cls.module.path, part.lineno, part.col_offset + 1)
        if name in keywords:
            instance.attributes[name] = keywords[name]
            return
        default, names = None, [prefix + name]
        if part.value is not None:
            default = reader.value(part.value, frame)
            if isinstance(default, DictValue) and default.find("__field__"):
                alias = next((found for found in map(default.find, ("validation_alias", "alias", "env")) if found is not None), None)
                if alias is not None:
                    names = [text_of(choice) for choice in (alias.items if isinstance(alias, ListValue) else [alias]) if text_of(choice)] or names
                default = default.find("default") if default.find("default") is not None else default.find("default_factory")
                if isinstance(default, (Known,)) and default.value is Ellipsis:
                    default = None
        level = "required" if default is None else "optional" if isinstance(default, Known) and default.value in (None, "") else "default"
        value = default
        for spelled in reversed(names):
            value = self.environment_read(reader, Known(spelled.upper(), place), level, value, place, frame, ignores_case=True)
            value.why = "a field of %s without a default" % cls.node.name if level == "required" else ""
            level = "default" if len(names) > 1 else level
        instance.attributes[name] = value

    # --- packages ------------------------------------------------------------------------------------------------

    def calls_aws_by_itself(self, name, place):
        if name.startswith(CALL_AWS):
            self.unknown("what %s asks of AWS" % ".".join(name.split(".")[:3]), place)

    def external(self, reader, name, positional, named, place, frame):
        self.calls_aws_by_itself(name, place)
        first = positional[0] if positional else None
        last = name.split(".")[-1]
        if name in ("os.getenv", "os.environ.get", "decouple.config", "os.environ.pop"):
            level_default = self.read_with_default(reader, positional, named, place, frame)
            if name == "decouple.config" and len(positional) < 2 and named.find("default") is None:
                for value in each(level_default):
                    if isinstance(value, EnvValue):
                        value.level, value.why = "required", "decouple refuses to go on without it"
            return level_default
        if name == "os.environ.__getitem__" and first is not None:
            return self.environment_read(reader, first, "required", None, place, frame)
        if name in ("os.environ.setdefault", "os.putenv") and first is not None:
            self.environment_set(first)
            return positional[1] if len(positional) > 1 else Unknown()
        if name in ("os.environ.update",):
            for key, _ in (first.entries if isinstance(first, DictValue) else []) + named.entries:
                self.environment_set(key)
            return Known(None)
        if name in ("os.environ.copy", "os.environ") or (name == "dict" and isinstance(first, External) and first.name == "os.environ"):
            return External("os.environ")
        if name in ROUTERS:
            prefix = named.find("prefix") or named.find("url_prefix")
            router = Router(ROUTERS[name], prefix, place)
            self.routers.append(router)
            return router
        if name in ("fastapi.Depends", "fastapi.Security", "fastapi.params.Depends"):
            return Dependency(first if first is not None else named.find("dependency") or Unknown())
        if last in ("client", "resource") and name.split(".")[0] in ("boto3", "aioboto3", "aiobotocore"):
            service = first if first is not None else named.find("service_name") or Unknown()
            if text_of(service) is None:
                self.unknown("which AWS service is called", place)
                return Unknown("an AWS service that is not known")
            return Aws(last, service.value)
        if name in ("boto3.Session", "boto3.session.Session", "aioboto3.Session", "aiobotocore.session.get_session"):
            return External("boto3")
        if name in ("boto3.dynamodb.conditions.Key", "boto3.dynamodb.conditions.Attr"):
            return Condition([text_of(first)] if last == "Key" and first is not None and text_of(first) else [])
        if name in ("botocore.config.Config", "botocore.client.Config"):
            self.note_patience(named, place)
            return Unknown()
        if name == "hashlib.scrypt":
            self.note_scrypt(named, place)
            return Unknown()
        if name.split(".")[0] in ("requests", "httpx") and named.find("timeout") is not None:
            self.note_seconds(named.find("timeout"), "one request of %s waits up to" % name.split(".")[0], place)
            return Unknown()
        if name == "time.sleep" and first is not None:
            return Unknown()
        if name == "getattr" and len(positional) >= 2:
            return self.got(reader, positional, place)
        if name in PASSED_ON and first is not None:
            return positional[1] if name == "typing.cast" and len(positional) > 1 else first
        if name == "map" and len(positional) == 2:
            return ListValue([reader.call_one(function, [reader.elements(positional[1])], DictValue(), place, frame) for function in each(first)])
        if name == "next" and first is not None:
            return any_of([reader.elements(first), *positional[1:]])
        if name in ("filter",) and len(positional) == 2:
            return positional[1]
        if name == "dict":
            result = DictValue(named.entries, named.is_open)
            if first is not None:
                reader.merge(result, first)
            return result
        if name == "zip":
            columns = [part.items if isinstance(part, ListValue) and part.items else [Unknown()] for part in positional]
            return ListValue([ListValue(row) for row in zip(*columns)])
        if name == "enumerate" and first is not None:
            return ListValue([ListValue([Unknown(), item]) for item in each(reader.elements(first))])
        if name in ("pydantic.Field", "pydantic_settings.Field"):
            field = DictValue([(Known("__field__"), Known(True)), *named.entries])
            if first is not None:
                field.entries.append((Known("default"), first))
            return field
        if name in ("pydantic_settings.SettingsConfigDict", "pydantic.ConfigDict"):
            return named
        if name == "pydantic.AliasChoices":
            return ListValue(positional)
        if name in ("int", "float", "bool") and first is not None and number_of(first) is not None:
            return first
        if name == "importlib.import_module" and first is not None and text_of(first):
            return reader.module_value(first.value, frame.module.path)
        if name in ("super",):
            return Unknown()
        if name == "functools.partial" and first is not None:
            return Partial(first, positional[1:], named)
        if name == "environs.Env":
            return External("environs")
        if name.startswith("environs.") and first is not None:
            value = self.read_with_default(reader, positional, named, place, frame)
            for choice in each(value) if len(positional) < 2 and named.find("default") is None else []:
                if isinstance(choice, EnvValue):
                    choice.level, choice.why = "required", "environs refuses to go on without it"
            return value
        if last == "Mangum" or name in ("functools.lru_cache", "functools.cache"):
            return first if first is not None else Unknown()
        for part in positional:  # a client handed to a package is used where this program does not look
            for choice in each(part):
                if isinstance(choice, Aws):
                    self.unknown("what %s does with the %s %s it is given" % (name, choice.service, choice.kind), place)
        return Unknown()

    def got(self, reader, positional, place):
        owner, name = positional[0], positional[1]
        results = []
        for choice in each(name):
            if text_of(choice) is not None:
                results += [reader.attribute(one, choice.value, choice.place or place) for one in each(owner)]
            elif any(isinstance(one, Aws) for one in each(owner)):
                self.unknown("which operation of %s is called" % each(owner)[0].service, place)
        return any_of(results) if results else Unknown()

    def note_patience(self, named, place):
        connect, read = number_of(named.find("connect_timeout")), number_of(named.find("read_timeout"))
        if read is None:
            return
        once = read + (connect or 0)
        retries = named.find("retries")
        tries = None
        if isinstance(retries, DictValue):
            tries = number_of(retries.find("total_max_attempts"))
            if tries is None and number_of(retries.find("max_attempts")) is not None:
                tries = number_of(retries.find("max_attempts")) + 1
        self.timings.append({"once": once, "all": once * tries if tries else once, "what": "one AWS call", "place": place_of(place)})

    def note_seconds(self, value, what, place):
        seconds = number_of(value)
        if seconds is not None:
            self.timings.append({"once": seconds, "all": seconds, "what": what, "place": place_of(place)})

    def note_scrypt(self, named, place):
        n, r = number_of(named.find("n")), number_of(named.find("r"))
        if n and r:
            self.memory.append({"bytes": 128 * n * r, "what": "one scrypt", "place": place_of(place)})

    # --- AWS -----------------------------------------------------------------------------------------------------

    def aws_attribute(self, owner, name, place):
        if name == "meta":
            return owner
        if name == "client" and owner.kind in ("resource", "table"):
            return Aws("client", owner.service)
        if name in ("exceptions", "name", "table_name"):
            return owner.table if owner.table is not None and name != "exceptions" else Unknown()
        return Method(owner, name, place)

    def method(self, reader, method, positional, named, place, frame):
        owner, name = method.owner, method.name
        if isinstance(owner, Aws):
            return self.aws_method(owner, name, positional, named, method.place)
        if isinstance(owner, Router):
            return self.router_method(reader, owner, name, positional, named, place)
        if isinstance(owner, Condition):
            return owner
        first = positional[0] if positional else None
        if isinstance(owner, DictValue):
            if name == "get" and first is not None:
                found = any_of([reader.item(owner, key) for key in each(first)])
                return any_of([found, positional[1]]) if len(positional) > 1 else found
            if name == "items":
                return ListValue([ListValue([key, value]) for key, value in owner.entries], owner.is_open)
            if name in ("keys", "values"):
                return ListValue([pair[name == "values"] for pair in owner.entries], owner.is_open)
            if name in ("update", "setdefault"):
                if name == "setdefault" and len(positional) > 1:
                    owner.entries.append((positional[0], positional[1]))
                    return positional[1]
                reader.merge(owner, named)
                for part in positional:
                    reader.merge(owner, part)
                return Known(None)
            return DictValue(owner.entries, owner.is_open) if name == "copy" else Unknown()
        if isinstance(owner, ListValue):
            if name in ("append", "add", "insert") and positional:
                reader.extend(owner, ListValue([positional[-1]]))
            elif name in ("extend", "update"):
                for part in positional:
                    for choice in each(part):
                        reader.extend(owner, choice)
            return ListValue(owner.items, owner.is_open) if name == "copy" else Known(None)
        if isinstance(owner, Known) and isinstance(owner.value, str):
            return self.text_method(owner, name, positional, named)
        if isinstance(owner, EnvValue) and name in ("strip", "rstrip", "lstrip", "get_secret_value"):
            return owner
        return Unknown("changed by .%s()" % name)

    def text_method(self, owner, name, positional, named):
        if name == "format":
            parts, index = [], 0
            for piece in re.split(r"(\{\w*\})", owner.value):
                if re.fullmatch(r"\{\w*\}", piece):
                    key = piece[1:-1]
                    value = named.find(key) if key and not key.isdigit() else None
                    if value is None:
                        place = int(key) if key.isdigit() else index
                        value = positional[place] if place < len(positional) else Unknown()
                        index += 1
                    parts.append(value)
                elif piece:
                    parts.append(Known(piece, owner.place))
            return concatenated(parts) if parts else owner
        texts = [text_of(part) for part in positional]
        if name in SAME_TEXT and None not in texts:
            return Known(getattr(owner.value, name)(*texts), owner.place)
        if name == "join" and positional and isinstance(positional[0], ListValue) and not positional[0].is_open:
            parts = []
            for item in positional[0].items:
                parts += [Known(owner.value, owner.place), item] if parts else [item]
            return concatenated(parts) if parts else Known("", owner.place)
        if name == "split":
            pieces = owner.value.split(*[text for text in texts if text][:1])
            return ListValue([Known(piece, owner.place) for piece in pieces])
        return Unknown("changed by .%s()" % name)

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
            self.unknown("what %s.%s of boto3's resource calls" % (owner.service, name), place)
            return Unknown()
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
            if name.startswith("generate") and first is not None and text_of(first):
                self.call_of(owner.service, first.value, named, place)
            return Unknown()
        self.call_of(owner.service, name, named, place)
        return Unknown()

    def call_of(self, service, operation, named, place):
        if service == "dynamodb":
            self.dynamodb(operation, named, None, place)
            return
        resource = next((found for found in map(named.find, ("Bucket", "TopicArn", "QueueUrl", "FunctionName", "SecretId", "Name", "StateMachineArn", "EventBusName"))
                         if found is not None), None)
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
        if operation in ("execute_statement", "batch_execute_statement", "execute_transaction"):
            self.unknown("the tables a PartiQL statement touches", place)
            return
        if operation in ("list_tables", "describe_limits", "describe_endpoints"):
            self.add_call("dynamodb", operation, place, [camel(operation)], None)
            return
        index = named.find("IndexName")
        if index is None and named.is_open and operation in ("query", "scan"):
            self.unknown("whether an index is used", place)
        keys = named.find("Key")
        self.add_call("dynamodb", operation, place, [camel(operation)], table if table is not None else Unknown("TableName is not given here"), index,
                      keys.names() if isinstance(keys, DictValue) else None, self.condition_names(named))

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
        for choice in each(table) if table is not None else [None]:
            for one in each(index) if index is not None else [None]:
                if isinstance(choice, EnvValue) and choice.level == "optional":
                    choice.level, choice.why = "required", "%s needs it as a name" % operation
                self.aws.append((service, operation, place, tuple(actions), choice, one, keys, condition))

    # --- routes --------------------------------------------------------------------------------------------------

    def decorated(self, reader, decorator, function, frame):
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute):
            for owner in each(reader.value(decorator.func.value, frame)):
                if isinstance(owner, Router):
                    name = decorator.func.attr
                    positional = [reader.value(part, frame) for part in decorator.args if not isinstance(part, ast.Starred)]
                    named = DictValue([(Known(part.arg), reader.value(part.value, frame)) for part in decorator.keywords if part.arg])
                    self.router_method(reader, owner, name, positional, named, reader.place(decorator, frame))
                    return function
        value = reader.value(decorator, frame)
        if isinstance(value, FunctionValue) and isinstance(decorator, (ast.Name, ast.Attribute)):
            reader.call(value, [function], {}, None)  # a decorator of their own: what it wraps stays what it is
        return function

    def router_method(self, reader, router, name, positional, named, place):
        path = positional[0] if positional else named.find("path") or named.find("rule")
        if name in HTTP_METHODS:
            self.add_routes(router, [name.upper()], path, place)
        elif name in ("api_route", "route", "add_api_route", "add_route", "add_url_rule"):
            methods = named.find("methods")
            if methods is None:
                methods = next((part for part in positional[1:] if isinstance(part, ListValue)), None)
            listed = [text_of(item) for choice in each(methods) if isinstance(choice, ListValue) for item in choice.items] if methods is not None else ["GET"]
            if None in listed or not listed:
                self.unknown("the methods of a route", place)
            self.add_routes(router, [method.upper() for method in listed if method], path, place)
        elif name in ("include_router", "register_blueprint") and positional:
            prefix = named.find("prefix") or named.find("url_prefix")
            for choice in each(positional[0]):
                if isinstance(choice, Router):
                    choice.is_included = True
                    router.included.append((choice, prefix))
                else:
                    self.unknown("a router that is taken in", place)
        elif name == "mount" and positional:
            other = positional[1] if len(positional) > 1 else named.find("app")
            for choice in each(other) if other is not None else []:
                if isinstance(choice, Router):
                    choice.is_included = True
                    router.included.append((choice, path))
                else:
                    self.add_routes(router, ["GET"], concatenated([path, Known("/{rest:path}")]), place)
        return Unknown()

    def add_routes(self, router, methods, path, place):
        for choice in each(path) if path is not None else [Known("", place)]:
            router.routes.append((methods, choice, getattr(choice, "place", None) or place, place))

    def routes(self):
        found, roots = [], [router for router in self.routers if router.is_application and not router.is_included]
        if not roots:
            roots = [router for router in self.routers if not router.is_included]

        def gather(router, prefix, depth):
            own = prefix if router.prefix is None else concatenated([prefix, router.prefix])
            for methods, path, place, _ in router.routes:
                text = text_of(concatenated([own, path]))
                if text is None:
                    self.unknown("the path of a route", place)
                else:
                    found.append({"methods": methods, "path": text or "/", "place": place_of(place)})
            for inner, more in router.included if depth < 12 else []:
                gather(inner, own if more is None else concatenated([own, more]), depth + 1)

        for router in roots:
            gather(router, Known(""), 0)
        return found

    # --- the answer ----------------------------------------------------------------------------------------------

    def answer(self):
        environment = [{"name": value.name, "level": value.level, "why": value.why, "ignores_case": value.ignores_case,
                        "place": place_of(value.place), "read_at": place_of(value.read_at)}
                       for value in self.environment]
        calls = [{"service": service, "operation": operation, "place": place_of(place), "actions": list(actions),
                  "table": told(table) if table is not None else None, "table_place": place_of(getattr(table, "place", None)),
                  "index": told(index) if index is not None else None, "index_place": place_of(getattr(index, "place", None)),
                  "keys": keys, "condition": condition}
                 for service, operation, place, actions, table, index, keys, condition in self.aws]
        return {"environment": environment, "set": sorted(self.set_names), "calls": calls, "routes": self.routes(),
                "routers": len(self.routers), "versions": self.versions, "timings": self.timings, "memory": self.memory,
                "problems": self.problems, "unknowns": self.unknowns}


def is_version_test(node):
    """`if sys.version_info >= ...:` and `if TYPE_CHECKING:`: what stands below is not for every Python, or for none."""
    return isinstance(node, ast.If) and any(getattr(part, "attr", getattr(part, "id", "")) in ("version_info", "TYPE_CHECKING") for part in ast.walk(node.test))


def camel(operation):
    return "".join(part.capitalize() for part in operation.split("_"))


def place_of(place):
    return {"file": place[0], "line": place[1], "column": place[2]} if place else None


ENTRY = re.compile(r"^(?:app|handler|lambda_handler)\s*=|^(?:async )?def (?:lambda_)?handler\(|\bFastAPI\(|\bMangum\(", re.MULTILINE)


def entries_of(sources):
    """The modules where a function or a server begins; every module when there is none."""
    named = [path for path in sources if path.split("/")[-1] in ("main.py", "app.py", "handler.py", "lambda_function.py")]
    found = [path for path in sources if path in named or ENTRY.search(sources[path])]
    return sorted(found) or sorted(sources)


def main():
    sys.setrecursionlimit(6000)
    request = json.load(sys.stdin)
    sources = request["files"]
    needs = Needs()
    reader = Interpreter(sources, needs)
    for path in entries_of(sources):
        reader.load(path)
    reader.finish()
    answer = needs.answer()
    answer["read"] = sorted(reader.modules)
    answer["unread"] = sorted(set(sources) - set(reader.modules))
    answer["steps"] = reader.steps
    answer["python"] = "%d.%d" % sys.version_info[:2]
    json.dump(answer, sys.stdout)


main()
#)python"

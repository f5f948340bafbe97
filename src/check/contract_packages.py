R"python(#"
# Functions of packages and of the standard library.

ROUTERS = {"fastapi.FastAPI": True, "fastapi.APIRouter": False, "fastapi.routing.APIRouter": False, "flask.Flask": True, "flask.Blueprint": False,
           "chalice.Chalice": True, "chalice.Blueprint": False, "starlette.applications.Starlette": True, "starlette.routing.Router": False}
# Objects that are one route, or a part with a path of its own: they are taken in where the list of them is.
LISTED_ROUTES = {"starlette.routing.Route", "fastapi.routing.APIRoute", "starlette.routing.Mount", "starlette.routing.Host", "starlette.routing.WebSocketRoute"}
POWERTOOLS = "aws_lambda_powertools.event_handler."
POWERTOOLS_RESOLVERS = {"APIGatewayRestResolver", "APIGatewayHttpResolver", "ApiGatewayResolver", "LambdaFunctionUrlResolver", "ALBResolver", "VPCLatticeResolver",
                        "VPCLatticeV2Resolver"}
POWERTOOLS_ROUTERS = {"Router", "APIGatewayRouter", "APIGatewayHttpRouter", "LambdaFunctionUrlRouter", "ALBRouter", "VPCLatticeRouter", "VPCLatticeV2Router"}
PASSED_ON = {"str", "list", "tuple", "sorted", "set", "frozenset", "reversed", "typing.cast", "copy.copy", "copy.deepcopy", "iter", "pydantic.SecretStr"}
# Functions that make a path out of their arguments.
LOCATIONS = {"pathlib.Path", "pathlib.PurePath", "os.path.join", "os.path.dirname", "os.path.abspath", "os.path.realpath"}
PARSERS = {"json.load": json.loads, "json.loads": json.loads}
if sys.version_info >= (3, 11):
    import tomllib

    PARSERS.update({"tomllib.load": tomllib.loads, "tomllib.loads": tomllib.loads})
# Packages that call AWS out of sight.
CALL_AWS = ("pynamodb.", "aws_lambda_powertools.utilities.parameters.", "aws_lambda_powertools.utilities.idempotency.", "dyntastic.", "cloudpathlib.", "s3fs.")


class Packages:
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
            self.take_in(router, named.find("routes"), place)
            return router
        if name in LISTED_ROUTES:
            return self.listed_route(reader, last, positional, named, place)
        if name.startswith(POWERTOOLS) and last in POWERTOOLS_RESOLVERS | POWERTOOLS_ROUTERS:
            router = Router(last in POWERTOOLS_RESOLVERS, self.stripped_prefix(named.find("strip_prefixes"), place), place, has_patterns=True)
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
        if name in ("open", "io.open") and first is not None:
            return any_of([reader.open_file(self.location(choice, frame)) for choice in each(first)])
        if name in LOCATIONS and first is not None:
            return any_of([self.joined(self.location(choice, frame), positional[1:], name) for choice in each(first)])
        if name in PARSERS and first is not None:
            return any_of([self.document_in(choice, PARSERS[name]) for choice in each(first)])
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
        if name in ("pydantic.Field", "pydantic_settings.Field", "dataclasses.field", "pydantic.dataclasses.field", "attr.ib", "attrs.field", "attr.field"):
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
        if name == "object.__new__" and isinstance(first, ClassValue):
            return InstanceValue(first)
        if name == "super":
            return reader.superior(positional, frame)
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
        if last == "Mangum":
            application = first if first is not None else named.find("app") or Unknown()
            base = named.find("api_gateway_base_path")
            for choice in each(application) if base is not None and text_of(base) not in (None, "", "/") else []:
                if isinstance(choice, Router):
                    choice.prefix = base
            return application
        if name in ("functools.lru_cache", "functools.cache"):
            return first if first is not None else Unknown()
        for part in positional:  # a client handed to a package is used where this program does not look
            for choice in each(part):
                if isinstance(choice, Aws):
                    self.unknown("what %s does with the %s %s it is given" % (name, choice.service, choice.kind), place)
        return Unknown()

    def stripped_prefix(self, prefixes, place):
        """What a resolver takes away from the front of a path before it looks for a route."""
        found = [item for choice in each(prefixes) if isinstance(choice, ListValue) for item in choice.items] if prefixes is not None else []
        if len(found) > 1:
            self.unknown("which of several prefixes stands before the routes", place)
        return found[0] if len(found) == 1 else None

    def location(self, value, frame):
        """A path that is written down, or that begins at the module itself."""
        if isinstance(value, External) and value.name == "__file__":
            return Location(frame.module.path)
        return value if isinstance(value, Location) or text_of(value) is None else Location(value.value)

    def joined(self, location, more, name):
        texts = [text_of(part) for part in more]
        if not isinstance(location, Location) or None in texts:
            return Unknown()
        return Location(posixpath.join(location.path, *texts) if name != "os.path.dirname" else posixpath.dirname(location.path))

    def document_in(self, value, parse):
        text = value.text if isinstance(value, File) else text_of(value)
        try:
            return from_document(parse(text)) if text is not None else Unknown()
        except ValueError:
            return Unknown("no document of this kind")

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
#)python"

R"python(#"
# Routes, through routers that take in other routers.

HTTP_METHODS = {"get", "post", "put", "delete", "patch", "head", "options"}


class Routers:
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
            methods = named.find("methods") or named.find("method")
            if methods is None:
                methods = next((part for part in positional[1:] if isinstance(part, ListValue)), None)
            listed = [text_of(item) for choice in each(methods) for item in (choice.items if isinstance(choice, ListValue) else [choice])] if methods is not None else ["GET"]
            if None in listed or not listed:
                self.unknown("the methods of a route", place)
            self.add_routes(router, [method.upper() for method in listed if method], path, place)
        elif name in ("include_router", "register_blueprint"):
            prefix = named.find("prefix") or named.find("url_prefix")
            part = positional[0] if positional else named.find("router") or named.find("blueprint")
            for choice in each(part) if part is not None else []:
                if isinstance(choice, Router):
                    choice.is_included = True
                    router.included.append((choice, prefix))
                else:
                    self.unknown("a router that is taken in", place)
        elif name == "mount" and path is not None:
            other = positional[1] if len(positional) > 1 else named.find("app")
            for choice in each(other) if other is not None else []:
                if isinstance(choice, Router):
                    choice.is_included = True
                    router.included.append((choice, path))
                else:
                    self.add_routes(router, ["GET"], concatenated([path, Known("/{rest:path}")]), place)
        return Unknown()

    def take_in(self, router, routes, place):
        """The members of routes=[...]."""
        for choice in each(routes) if routes is not None else []:
            for item in choice.items if isinstance(choice, ListValue) else [choice]:
                for part in each(item):
                    if isinstance(part, Router):
                        part.is_included = True
                        router.included.append((part, None))
                    elif text_of(part) is None and not (isinstance(part, Known) and part.value is None):
                        self.unknown("a route of a list", place)

    def listed_route(self, reader, kind, positional, named, place):
        """Route, Mount and their like: a router of one route, or one below a path."""
        if kind in ("WebSocketRoute", "Host"):
            return Router(False, None, place)
        path = positional[0] if positional else named.find("path")
        if kind == "Mount":
            part = Router(False, path, place)
            app = positional[1] if len(positional) > 1 else named.find("app")
            if app is not None:
                self.router_method(reader, part, "mount", [Known("", place), app], DictValue([]), place)
            self.take_in(part, named.find("routes"), place)
            return part
        one = Router(False, None, place)
        self.router_method(reader, one, "route", [path if path is not None else Unknown()], named, place)
        return one

    def add_routes(self, router, methods, path, place):
        for choice in each(path) if path is not None else [Known("", place)]:
            if router.has_patterns and text_of(choice) is not None:  # ".+" and ".*" at the end take the rest of a path
                choice = Known(re.sub(r"/?(?:\(\?P<\w+>\.[+*]\)|\.[+*])$", "/{rest:path}", choice.value), choice.place)
            router.routes.append((methods, choice, getattr(choice, "place", None) or place, place))

    def routes(self):
        found, roots = [], [router for router in self.routers if router.is_application and not router.is_included]
        if not roots:
            roots = [router for router in self.routers if not router.is_included]

        def gather(router, prefix, depth):
            own = prefix if router.prefix is None else concatenated([prefix, router.prefix])
            for methods, path, place, _ in router.routes:
                text, names = text_by_default(concatenated([own, path]))
                if text is None:
                    self.unknown("the path of a route", place)
                else:
                    found.append({"methods": methods, "path": text or "/", "place": place_of(place), "assumes": names})
            for inner, more in router.included if depth < 12 else []:
                gather(inner, own if more is None else concatenated([own, more]), depth + 1)

        for router in roots:
            gather(router, Known(""), 0)
        return found
#)python"

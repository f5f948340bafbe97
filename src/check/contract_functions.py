R"python(#"
# Functions and classes: what calling them gives, and what nobody calls.

# Bounds on the work, so that no source keeps this program busy: what lies beyond them is told as unknown.
WAYS_MAX = 300  # of calling one function
DEPTH_MAX = 30
HANDS_OVER = {"submit", "to_thread", "run_in_executor", "Thread", "apply_async", "add_task", "run_in_threadpool"}


class Functions:
    def of_Call(self, node, frame):
        function = self.value(node.func, frame)
        positional, is_open = [], False
        for part in node.args:
            if isinstance(part, ast.Starred):
                inner = self.value(part.value, frame)
                if isinstance(inner, ListValue) and not inner.is_open:
                    positional += inner.items
                else:
                    is_open = True
            else:
                positional.append(self.value(part, frame))
        named = DictValue(is_open=is_open)
        for keyword in node.keywords:
            value = self.value(keyword.value, frame)
            if keyword.arg is None:
                self.merge(named, value)
            else:
                named.entries.append((Known(keyword.arg, self.place(keyword, frame)), value))
        place = self.place(node, frame)
        if isinstance(node.func, ast.Attribute) and node.func.attr in HANDS_OVER:
            self.hand_over(node.func.attr, function, positional, named, place, frame)
        return any_of([self.call_one(choice, positional, named, place, frame) for choice in each(function)])

    def hand_over(self, name, to, positional, named, place, frame):
        """pool.submit(f, x), Thread(target=f, args=(x,)): somebody else's code calls a function of this code."""
        if not any(isinstance(choice, (Unknown, External)) for choice in each(to)):
            return
        given = positional[1:] if name == "run_in_executor" else positional
        if name == "Thread":
            arguments = named.find("args")
            given = [named.find("target") or Unknown(), *(arguments.items if isinstance(arguments, ListValue) else [])]
            named = DictValue()
        for choice in each(given[0]) if given else []:
            if isinstance(choice, (FunctionValue, Partial, Method)):
                self.call_one(choice, given[1:], named, place, frame)

    def call_one(self, function, positional, named, place, frame):
        if isinstance(function, (FunctionValue, ClassValue)):
            keywords = {key.value: value for key, value in named.entries if isinstance(key, Known) and isinstance(key.value, str)}
            if isinstance(function, ClassValue):
                return self.instance_of(function, positional, keywords, place)
            return self.call(function, positional, keywords, place, named.is_open)
        if isinstance(function, InstanceValue):
            method = function.cls.lookup("__call__")
            return self.call_one(method.to(function), positional, named, place, frame) if isinstance(method, FunctionValue) else Unknown()
        if isinstance(function, Partial):
            together = DictValue(function.named.entries + named.entries, function.named.is_open or named.is_open)
            return any_of([self.call_one(choice, function.positional + positional, together, place, frame) for choice in each(function.function)])
        if isinstance(function, Method):
            return self.needs.method(self, function, positional, named, place, frame)
        if isinstance(function, External):
            return self.needs.external(self, function.name, positional, named, place, frame)
        return Unknown()

    def call(self, function, positional, keywords, place, is_open=False):
        node = function.node
        self.visited.add(node)
        if sum(1 for each_node in self.stack if each_node is node) > 1 or len(self.stack) > DEPTH_MAX:
            return Unknown("recursion")
        mark = (id(node), fingerprint(function.bound) if function.bound else "", tuple(map(fingerprint, positional)),
                tuple((name, fingerprint(value)) for name, value in sorted(keywords.items())), is_open)
        if mark in self.memo:
            return self.memo[mark]
        self.ways[node] = self.ways.get(node, 0) + 1
        if self.ways[node] > WAYS_MAX or self.is_worn_out():
            name = getattr(node, "name", "a lambda")
            what = "all of this code: it is too much to be followed call by call" if self.is_worn_out() else "some of the many ways in which %s is called" % name
            self.needs.unknown(what, (function.module.path, node.lineno, 1), once="steps" if self.is_worn_out() else node)
            return Unknown("too many calls")
        scope = self.bound_arguments(function, positional, keywords, is_open)
        frame = Frame(function.module, scope, function.scope)
        frame.function = function
        self.stack.append(node)
        if isinstance(node, ast.Lambda):
            result = self.value(node.body, frame)
        else:
            self.block(node.body, frame)
            if frame.yielded:
                result = ListValue(frame.yielded)
            else:
                result = any_of(frame.returned) if frame.returned else Known(None)
        self.stack.pop()
        self.memo[mark] = result
        return result

    def bound_arguments(self, function, positional, keywords, is_open):
        arguments = function.node.args
        names = [part.arg for part in arguments.posonlyargs + arguments.args]
        given = ([function.bound] if function.bound is not None else []) + list(positional)
        scope = dict(zip(names, given))
        if arguments.vararg:
            scope[arguments.vararg.arg] = ListValue(given[len(names):], is_open)
        left = dict(keywords)
        for name in names + [part.arg for part in arguments.kwonlyargs]:
            if name in left:
                scope[name] = left.pop(name)
        if arguments.kwarg:
            scope[arguments.kwarg.arg] = DictValue([(Known(name), value) for name, value in left.items()], is_open)
        inner = Frame(function.module, {}, function.scope)
        defaults = dict(zip(reversed(names), reversed(arguments.defaults)))
        defaults.update({part.arg: value for part, value in zip(arguments.kwonlyargs, arguments.kw_defaults) if value is not None})
        for part in arguments.posonlyargs + arguments.args + arguments.kwonlyargs:
            if part.arg in scope:
                continue
            value = Unknown("a parameter of %s" % getattr(function.node, "name", "a lambda"))
            if part.arg in defaults:
                default = self.value(defaults[part.arg], inner)
                value = default if not is_open or isinstance(default, Dependency) else value
            if part.annotation is not None and not isinstance(value, Dependency):
                declared = self.value(part.annotation, inner)
                if isinstance(declared, Dependency):
                    value = declared
                elif isinstance(declared, ClassValue) and isinstance(value, Unknown):
                    value = any_of(declared.instances[:4]) if declared.instances else InstanceValue(declared)
            if isinstance(value, Dependency):
                value = self.call_one(value.function, [], DictValue(), None, inner)
            scope[part.arg] = value
        return scope

    def instance_of(self, cls, positional, keywords, place):
        instance = self.made_by_new(cls, positional, keywords, place) or InstanceValue(cls)
        if cls.descends_from("pydantic_settings.BaseSettings", "pydantic.BaseSettings"):
            self.needs.settings(self, instance, keywords)
        elif isinstance(cls.lookup("__init__"), FunctionValue):
            self.call(cls.lookup("__init__").to(instance), positional, keywords, place)
        else:
            self.fill(instance, positional, keywords)
        for each_class in cls.line:
            each_class.instances.append(instance)
        return instance

    def made_by_new(self, cls, positional, keywords, place):
        """What a __new__ of the code's own gives: often the one instance there is."""
        new = cls.lookup("__new__")
        made = self.call(new.to(cls), positional, keywords, place) if isinstance(new, FunctionValue) else None
        return next((choice for choice in each(made) if isinstance(choice, InstanceValue)), None) if made is not None else None

    def fill(self, instance, positional, keywords):
        """The fields of a dataclass or a pydantic model: what is given, else their defaults."""
        fields = {}
        for cls in reversed(instance.cls.line):
            for part in cls.node.body:
                if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
                    fields[part.target.id] = cls.scope.get(part.target.id)
        instance.attributes.update(zip(fields, positional))
        instance.attributes.update(keywords)
        for name, value in fields.items():
            if name not in instance.attributes and isinstance(value, DictValue) and value.find("__field__"):
                instance.attributes[name] = self.field_default(value) or Unknown("a field without a default")

    def field_default(self, field):
        """What a field() or Field() stands for when it is not given; None when it must be given."""
        default, factory = field.find("default"), field.find("default_factory") or field.find("factory")
        if factory is not None:
            return any_of([self.call_one(choice, [], DictValue(), None, None) for choice in each(factory)])
        return None if isinstance(default, Known) and default.value is Ellipsis else default

    def superior(self, positional, frame):
        """super(), and super(Class, self) as it was written before."""
        function = frame.function if frame is not None else None
        classes = each(positional[0]) if positional else [function.owner if function is not None else None]
        owners = each(positional[1]) if len(positional) > 1 else each(function.bound) if function is not None and function.bound is not None else []
        found = [Super(cls, of) for cls in classes for of in owners if isinstance(cls, ClassValue) and isinstance(of, (InstanceValue, ClassValue))]
        return any_of(found)

    def finish(self):
        """Functions nobody has called yet: first those no other code names, then the rest."""
        for only_unnamed in (True, False):
            count = -1
            while count != len(self.functions):
                count = len(self.functions)
                for function in list(self.functions):
                    if function.node in self.visited or (only_unnamed and self.is_named_elsewhere(function)):
                        continue
                    self.call(self.with_owner(function), [], {}, None)

    def with_owner(self, function):
        if function.owner is None or function.bound is not None:
            return function
        instances = function.owner.instances
        if not instances:
            self.instance_of(function.owner, [], {}, None)
        return function.to(any_of(instances[:4]))

    def is_named_elsewhere(self, function):
        return function.node.name in self.named_in_functions()

    def named_in_functions(self):
        if not hasattr(self, "names"):
            self.names = set()
            for module in self.modules.values():
                for node in ast.walk(module.tree):
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                        self.names.add(node.id)
                    elif isinstance(node, ast.Attribute):
                        self.names.add(node.attr)
        return self.names
#)python"

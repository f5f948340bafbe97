R"python(#"
# Goes through modules, functions and calls with values of contract_values.py instead of real ones.

# Bounds on the work, so that no source keeps this program busy: what lies beyond them is told as unknown.
STEPS_MAX = 1_200_000
WAYS_MAX = 300  # of calling one function
DEPTH_MAX = 30
ITEMS_MAX = 200  # of one list or dict
HANDS_OVER = {"submit", "to_thread", "run_in_executor", "Thread", "apply_async", "add_task", "run_in_threadpool"}
HTTP_METHODS = {"get", "post", "put", "delete", "patch", "head", "options"}
SAME_TEXT = {"lower", "upper", "strip", "lstrip", "rstrip", "replace", "removeprefix", "removesuffix", "title", "casefold"}


class Module:
    def __init__(self, name, path, tree):
        self.name, self.path, self.tree, self.scope = name, path, tree, {}


class Frame:
    """One function or module body while it is gone through."""

    def __init__(self, module, scope, outer=(), owner=None):
        self.module, self.scope, self.outer, self.owner = module, scope, outer, owner
        self.returned, self.yielded, self.maybe = [], [], 0

    def find(self, name):
        for scope in (self.scope, *self.outer):
            if name in scope:
                return scope[name]
        return None

    def put(self, name, value):
        before = self.scope.get(name)
        self.scope[name] = any_of([before, value]) if self.maybe and before is not None else value


class Interpreter:
    def __init__(self, sources, needs):
        self.sources, self.needs = sources, needs
        self.modules, self.memo, self.stack = {}, {}, []
        self.visited, self.functions, self.steps, self.ways = set(), [], 0, {}

    # --- modules -------------------------------------------------------------------------------------------------

    def load(self, path):
        if path in self.modules:
            return self.modules[path]
        tree = self.needs.parse(path, self.sources[path])
        module = Module(path[:-3].replace("/", "."), path, tree or ast.Module([], []))
        self.modules[path] = module
        folders = path.split("/")[:-1]
        for count in range(1, len(folders) + 1):  # importing a.b runs a/__init__.py first
            package = "/".join(folders[:count]) + "/__init__.py"
            if package in self.sources and package != path:
                self.load(package)
        frame = Frame(module, module.scope)
        self.block(module.tree.body, frame)
        return module

    def find_module(self, dotted, path):
        """The file of a module, looked for from the root, then from every folder above the importing file."""
        folders = [""]
        parts = path.split("/")[:-1]
        folders += ["/".join(parts[:count]) + "/" for count in range(len(parts), 0, -1)]
        folders += ["src/", "app/"]
        for folder in folders:
            base = folder + dotted.replace(".", "/")
            for candidate in (base + ".py", base + "/__init__.py"):
                if candidate in self.sources:
                    return candidate
            if any(name.startswith(base + "/") for name in self.sources) and dotted:
                return base + "/"  # a package without an __init__.py
        return None

    def module_value(self, dotted, path):
        found = self.find_module(dotted, path)
        if found is None:
            return External(dotted)
        if found.endswith("/"):
            return ModuleValue(Module(dotted, found, None))
        return ModuleValue(self.load(found))

    def member(self, module, name):
        if name in module.scope:
            return module.scope[name]
        folder = module.path if module.path.endswith("/") else module.path[: -len("__init__.py")] if module.path.endswith("/__init__.py") else None
        if folder is not None:
            for candidate in (folder + name + ".py", folder + name + "/__init__.py"):
                if candidate in self.sources:
                    return ModuleValue(self.load(candidate))
        return Unknown("%s is not defined in %s" % (name, module.path))

    # --- statements ----------------------------------------------------------------------------------------------

    def block(self, body, frame):
        for statement in body:
            getattr(self, "do_" + type(statement).__name__, self.do_other)(statement, frame)

    def maybe_block(self, body, frame):
        frame.maybe += 1
        self.block(body, frame)
        frame.maybe -= 1

    def do_other(self, node, frame):
        for field in ast.iter_child_nodes(node):
            if isinstance(field, ast.expr):
                self.value(field, frame)

    def do_Expr(self, node, frame):
        self.value(node.value, frame)

    def do_Import(self, node, frame):
        for alias in node.names:
            whole = self.module_value(alias.name, frame.module.path)
            if alias.asname or "." not in alias.name:
                frame.put(alias.asname or alias.name, whole)
            else:
                frame.put(alias.name.split(".")[0], self.module_value(alias.name.split(".")[0], frame.module.path))

    def do_ImportFrom(self, node, frame):
        if node.level:
            folder = frame.module.path.split("/")[: -node.level]
            dotted = ".".join([*folder, *(node.module.split(".") if node.module else [])])
        else:
            dotted = node.module or ""
        source = self.module_value(dotted, frame.module.path if not node.level else "")
        for alias in node.names:
            if alias.name == "*":
                if isinstance(source, ModuleValue):
                    frame.scope.update(source.module.scope)
                continue
            if isinstance(source, ModuleValue):
                found = self.member(source.module, alias.name)
            else:
                found = External("%s.%s" % (source.name, alias.name))
            frame.put(alias.asname or alias.name, found)

    def do_FunctionDef(self, node, frame):
        outer = (frame.scope, *frame.outer) if frame.owner is None else frame.outer
        function = FunctionValue(node, frame.module, outer, frame.owner)
        self.functions.append(function)
        result = function
        for decorator in reversed(node.decorator_list):
            result = self.needs.decorated(self, decorator, result, frame)
        frame.put(node.name, result)

    do_AsyncFunctionDef = do_FunctionDef

    def do_ClassDef(self, node, frame):
        cls = ClassValue(node, frame.module, [self.value(base, frame) for base in node.bases])
        for base in cls.bases:
            if isinstance(base, External):
                self.needs.calls_aws_by_itself(base.name, self.place(node, frame))
        outer = (frame.scope, *frame.outer)
        self.block(node.body, Frame(frame.module, cls.scope, outer, cls))
        frame.put(node.name, cls)

    def do_Return(self, node, frame):
        frame.returned.append(self.value(node.value, frame) if node.value else Known(None))

    def do_Assign(self, node, frame):
        value = self.value(node.value, frame)
        for target in node.targets:
            self.assign(target, value, frame)

    def do_AnnAssign(self, node, frame):
        if node.value is not None:
            self.assign(node.target, self.value(node.value, frame), frame)

    def do_AugAssign(self, node, frame):
        before, added = self.value(node.target, frame), self.value(node.value, frame)
        if isinstance(node.op, ast.Add):
            for target in each(before):
                if isinstance(target, ListValue):
                    for more in each(added):
                        self.extend(target, more)
                    return
        self.assign(node.target, self.combined(node.op, before, added), frame)

    def extend(self, target, more):
        if isinstance(more, ListValue):
            room = ITEMS_MAX - len(target.items)
            target.is_open |= more.is_open or len(more.items) > room
            target.items += more.items[:max(room, 0)]
        else:
            target.is_open = True

    def assign(self, target, value, frame):
        if isinstance(target, ast.Name):
            frame.put(target.id, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for index, part in enumerate(target.elts):
                if isinstance(part, ast.Starred):
                    self.assign(part.value, Unknown(), frame)
                else:
                    self.assign(part, any_of([self.item(choice, Known(index)) for choice in each(value)]), frame)
        elif isinstance(target, ast.Attribute):
            for owner in each(self.value(target.value, frame)):
                if isinstance(owner, InstanceValue):
                    before = owner.attributes.get(target.attr)
                    owner.attributes[target.attr] = any_of([before, value]) if before is not None else value
        elif isinstance(target, ast.Subscript):
            key = self.value(target.slice, frame)
            for owner in each(self.value(target.value, frame)):
                if isinstance(owner, DictValue):
                    owner.put(key, value)
                elif isinstance(owner, External) and owner.name == "os.environ":
                    self.needs.environment_set(key)

    def do_Delete(self, node, frame):
        pass

    def do_If(self, node, frame):
        test = self.value(node.test, frame)
        if node.body and self.ends_in_refusal(node.body, frame):
            for value in self.refused_without(node.test, frame):
                value.level, value.why = "required", "the code refuses to go on without it"
        truth = truth_of(test)
        if truth is not False:
            self.maybe_block(node.body, frame)
        if truth is not True:
            self.maybe_block(node.orelse, frame)

    def do_Assert(self, node, frame):
        self.value(node.test, frame)
        for value in self.environment_in(node.test, frame):
            value.level, value.why = "required", "the code asserts that it is there"

    def ends_in_refusal(self, body, frame):
        last = body[-1]
        if isinstance(last, ast.Raise):
            return True
        if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
            function = self.value(last.value.func, frame)
            return isinstance(function, External) and function.name in ("sys.exit", "os._exit", "exit", "quit")
        return False

    def refused_without(self, test, frame):
        """Variables whose absence makes a test true: `not x`, `x is None`, `x == ""`."""
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
            return [found for part in test.values for found in self.refused_without(part, frame)]
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return self.environment_in(test.operand, frame)
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Is, ast.Eq)):
            if isinstance(test.comparators[0], ast.Constant) and test.comparators[0].value in (None, ""):
                return self.environment_in(test.left, frame)
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.NotIn):
            if isinstance(self.value(test.comparators[0], frame), External):
                name = text_of(self.value(test.left, frame))
                return [value for value in self.needs.environment if value.name == name]
        return []

    def environment_in(self, node, frame):
        if isinstance(node, ast.BoolOp):
            return [found for part in node.values for found in self.environment_in(part, frame)]
        return [value for value in each(self.value(node, frame)) if isinstance(value, EnvValue)]

    def do_For(self, node, frame):
        self.assign(node.target, self.elements(self.value(node.iter, frame)), frame)
        self.maybe_block(node.body, frame)
        self.maybe_block(node.orelse, frame)

    do_AsyncFor = do_For

    def do_While(self, node, frame):
        self.value(node.test, frame)
        self.maybe_block(node.body, frame)
        self.maybe_block(node.orelse, frame)

    def do_With(self, node, frame):
        for item in node.items:
            value = self.value(item.context_expr, frame)
            entered = []
            for choice in each(value):
                enter = choice.cls.lookup("__enter__") or choice.cls.lookup("__aenter__") if isinstance(choice, InstanceValue) else None
                if isinstance(enter, FunctionValue):
                    choice = self.call(enter.to(choice), [], {}, None)
                entered.append(self.elements(choice) if isinstance(choice, ListValue) else choice)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, any_of(entered), frame)
        self.block(node.body, frame)

    do_AsyncWith = do_With

    def do_Try(self, node, frame):
        before = len(self.needs.environment)
        self.block(node.body, frame)
        for handler in node.handlers:
            names = {part.id for part in ast.walk(handler.type) if isinstance(part, ast.Name)} if handler.type is not None else {"Exception"}
            if names & {"KeyError", "Exception", "LookupError"} and not isinstance(handler.body[-1], ast.Raise):
                for value in self.needs.environment[before:]:
                    if value.level == "required" and value.module == frame.module.path and value.depth == len(self.stack):
                        value.level, value.default = "default", Unknown("set where its absence is caught")
            if handler.name:
                frame.put(handler.name, Unknown())
            self.maybe_block(handler.body, frame)
        self.maybe_block(node.orelse, frame)
        self.block(node.finalbody, frame)

    do_TryStar = do_Try

    def do_Match(self, node, frame):
        self.value(node.subject, frame)
        for case in node.cases:
            for part in ast.walk(case.pattern):
                for name in (getattr(part, "name", None), getattr(part, "rest", None)):
                    if isinstance(name, str):
                        frame.put(name, Unknown())
            if case.guard is not None:
                self.value(case.guard, frame)
            self.maybe_block(case.body, frame)

    # --- expressions ---------------------------------------------------------------------------------------------

    def is_worn_out(self):
        return self.steps + COMPARED[0] // 4 > STEPS_MAX

    def value(self, node, frame):
        self.steps += 1
        if self.is_worn_out():
            return Unknown("too many steps")
        return getattr(self, "of_" + type(node).__name__, self.of_other)(node, frame)

    def place(self, node, frame):
        return (frame.module.path, node.lineno, node.col_offset + 1)

    def of_other(self, node, frame):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, frame)
        return Unknown()

    def of_Constant(self, node, frame):
        return Known(node.value, self.place(node, frame))

    def of_Name(self, node, frame):
        found = frame.find(node.id)
        return found if found is not None else External(node.id)

    def of_JoinedStr(self, node, frame):
        parts = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                value = self.value(part.value, frame)
                parts.append(value if not isinstance(value, AnyOf) else Unknown("several possible values in a text"))
            else:
                parts.append(Known(part.value, self.place(node, frame)))
        return concatenated(parts) if parts else Known("", self.place(node, frame))

    def of_Await(self, node, frame):
        return self.value(node.value, frame)

    def of_NamedExpr(self, node, frame):
        value = self.value(node.value, frame)
        self.assign(node.target, value, frame)
        return value

    def of_IfExp(self, node, frame):
        truth = truth_of(self.value(node.test, frame))
        if truth is True:
            return self.value(node.body, frame)
        if truth is False:
            return self.value(node.orelse, frame)
        return any_of([self.value(node.body, frame), self.value(node.orelse, frame)])

    def of_BoolOp(self, node, frame):
        values = [self.value(part, frame) for part in node.values]
        if isinstance(node.op, ast.And):
            return any_of(values[1:])
        first = values[0]
        if isinstance(first, EnvValue) and first.level != "required":
            rest = any_of(values[1:])
            if isinstance(rest, EnvValue) or not isinstance(rest, AnyOf):
                first.default = rest
                first.level = "optional" if isinstance(rest, Known) and rest.value in (None, "") else "default"
                return first
        if truth_of(first) is False:
            return any_of(values[1:])
        return any_of(values)

    def of_Yield(self, node, frame):
        if node.value is not None:
            frame.yielded.append(self.value(node.value, frame))
        return Unknown()

    def of_Lambda(self, node, frame):
        return FunctionValue(node, frame.module, (frame.scope, *frame.outer))

    def of_Dict(self, node, frame):
        result = DictValue()
        for key, value in zip(node.keys, node.values):
            inner = self.value(value, frame)
            if key is not None:
                result.entries.append((self.value(key, frame), inner))
            else:
                self.merge(result, inner)
        return result

    def merge(self, target, more):
        for choice in each(more):
            if isinstance(choice, DictValue):
                for key, value in choice.entries:
                    target.put(key, value)
                target.is_open |= choice.is_open
            elif not (isinstance(choice, Known) and choice.value is None):
                target.is_open = True

    def of_List(self, node, frame):
        result = ListValue()
        for part in node.elts:
            if isinstance(part, ast.Starred):
                for choice in each(self.value(part.value, frame)):
                    self.extend(result, choice)
            else:
                result.items.append(self.value(part, frame))
        return result

    of_Tuple = of_Set = of_List

    def comprehension(self, generators, frame, finish):
        """Calls `finish` for each element the generators may give; once with unknown names where they are unknown."""
        if not generators:
            return finish()
        first, *rest = generators
        for source in each(self.value(first.iter, frame)):
            items = source.items[:CHOICES_MAX] if isinstance(source, ListValue) and source.items else [Unknown()]
            for item in items:
                frame.scope = {**frame.scope}
                frame.maybe, kept = 0, frame.maybe
                self.assign(first.target, item, frame)
                frame.maybe = kept
                for test in first.ifs:
                    self.value(test, frame)
                self.comprehension(rest, frame, finish)

    def of_ListComp(self, node, frame):
        result, inner = ListValue(), Frame(frame.module, {}, (frame.scope, *frame.outer))
        self.comprehension(node.generators, inner, lambda: result.items.append(self.value(node.elt, inner)))
        return result

    of_SetComp = of_GeneratorExp = of_ListComp

    def of_DictComp(self, node, frame):
        result, inner = DictValue(), Frame(frame.module, {}, (frame.scope, *frame.outer))
        self.comprehension(node.generators, inner,
                           lambda: result.entries.append((self.value(node.key, inner), self.value(node.value, inner))))
        return result

    def of_BinOp(self, node, frame):
        return self.combined(node.op, self.value(node.left, frame), self.value(node.right, frame))

    def combined(self, op, left, right):
        return any_of([self.combined_one(op, a, b) for a in each(left) for b in each(right)][:CHOICES_MAX])

    def combined_one(self, op, left, right):
        if isinstance(op, ast.BitOr) and isinstance(left, DictValue):
            result = DictValue(left.entries, left.is_open)
            self.merge(result, right)
            return result
        if isinstance(op, ast.BitAnd) and isinstance(left, Condition) and isinstance(right, Condition):
            return Condition(left.names + right.names)
        if isinstance(op, ast.Add) and isinstance(left, ListValue):
            result = ListValue(left.items, left.is_open)
            self.extend(result, right)
            return result
        if isinstance(left, Known) and isinstance(right, Known):
            numbers = number_of(left), number_of(right)
            if None not in numbers:
                sums = {ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
                        ast.Pow: lambda a, b: a**b if abs(a) < 1e6 and 0 <= b < 64 else None,
                        ast.LShift: lambda a, b: a << b if isinstance(a, int) and 0 <= b < 64 else None}
                result = sums[type(op)](*numbers) if type(op) in sums else None
                return Known(result, left.place) if result is not None else Unknown()
        if isinstance(op, ast.Add) and (text_of(left) is not None or text_of(right) is not None or
                                        (isinstance(left, (EnvValue, Pieces)) and isinstance(right, (EnvValue, Pieces)))):
            return concatenated([left, right])
        return Unknown()

    def of_UnaryOp(self, node, frame):
        value = self.value(node.operand, frame)
        truth = truth_of(value)
        if isinstance(node.op, ast.Not) and truth is not None:
            return Known(not truth)
        number = number_of(value)
        return Known(-number, value.place) if isinstance(node.op, ast.USub) and number is not None else Unknown()

    def of_Compare(self, node, frame):
        left = self.value(node.left, frame)
        for op, right in zip(node.ops, node.comparators):
            against = self.value(right, frame)
            if isinstance(op, (ast.In, ast.NotIn)) and isinstance(against, External) and against.name == "os.environ":
                self.needs.environment_read(self, left, "optional", None, self.place(node, frame), frame)
        return Unknown()

    def of_Subscript(self, node, frame):
        owner = self.value(node.value, frame)
        if isinstance(owner, External) and owner.name.split(".")[-1] == "Annotated" and isinstance(node.slice, ast.Tuple):
            parts = [self.value(part, frame) for part in node.slice.elts]
            return next((part for part in parts if isinstance(part, Dependency)), parts[0])
        key = self.value(node.slice, frame)
        results = []
        for choice in each(owner):
            if isinstance(choice, External) and choice.name == "os.environ":
                results.append(self.needs.environment_read(self, key, "required", None, self.place(node, frame), frame))
            else:
                results.append(self.item(choice, key))
        return any_of(results)

    def item(self, owner, key):
        if isinstance(owner, ListValue):
            index = number_of(key)
            if index is not None and not owner.is_open and isinstance(index, int) and -len(owner.items) <= index < len(owner.items):
                return owner.items[index]
            return any_of(owner.items) if owner.items and isinstance(key, (Known, Unknown)) else Unknown()
        if isinstance(owner, DictValue):
            if isinstance(key, Known):
                found = owner.find(key.value)
                return found if found is not None else Unknown()
            return any_of([value for _, value in owner.entries]) if owner.entries else Unknown()
        return Unknown()

    def elements(self, value):
        found = []
        for choice in each(value):
            if isinstance(choice, ListValue) and choice.items:
                found += choice.items + ([Unknown()] if choice.is_open else [])
            elif isinstance(choice, DictValue) and choice.entries:
                found += [key for key, _ in choice.entries]
            else:
                found.append(Unknown())
        return any_of(found)

    def of_Attribute(self, node, frame):
        place = (frame.module.path, node.end_lineno, node.end_col_offset - len(node.attr.encode()) + 1)
        return any_of([self.attribute(owner, node.attr, place) for owner in each(self.value(node.value, frame))])

    def attribute(self, owner, name, place):
        if isinstance(owner, ModuleValue):
            return self.member(owner.module, name)
        if isinstance(owner, External):
            return External("%s.%s" % (owner.name, name))
        if isinstance(owner, InstanceValue):
            if name in owner.attributes:
                return owner.attributes[name]
            return self.class_attribute(owner.cls, name, owner)
        if isinstance(owner, ClassValue):
            return self.class_attribute(owner, name, None)
        if isinstance(owner, (Aws, Router, DictValue, ListValue, Known, EnvValue, Pieces, Condition)):
            return self.needs.aws_attribute(owner, name, place) if isinstance(owner, Aws) else Method(owner, name, place)
        return Unknown()

    def class_attribute(self, cls, name, instance):
        found = cls.lookup(name)
        if found is None:
            return Unknown()
        results = []
        for choice in each(found):
            if isinstance(choice, FunctionValue) and choice.owner is not None:
                marks = {part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "") for part in getattr(choice.node, "decorator_list", [])}
                if marks & {"property", "cached_property"} and instance is not None:
                    choice = self.call(choice.to(instance), [], {}, None)
                elif "staticmethod" not in marks:
                    choice = choice.to(cls if "classmethod" in marks else instance) if instance is not None or "classmethod" in marks else choice
            results.append(choice)
        return any_of(results)

    # --- calls ---------------------------------------------------------------------------------------------------

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
            if part.arg in defaults and not is_open:
                value = self.value(defaults[part.arg], inner)
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
        instance = InstanceValue(cls)
        if cls.descends_from("pydantic_settings.BaseSettings", "pydantic.BaseSettings"):
            self.needs.settings(self, instance, keywords)
        elif isinstance(cls.lookup("__init__"), FunctionValue):
            self.call(cls.lookup("__init__").to(instance), positional, keywords, place)
        else:
            fields = [part for part in cls.node.body if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)]
            for part, value in zip(fields, positional):
                instance.attributes[part.target.id] = value
            instance.attributes.update(keywords)
        cls.instances.append(instance)
        return instance

    # --- what nobody calls -----------------------------------------------------------------------------------------

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

R"python(#"
# Statements: what they leave in a frame.

# Bounds on the work, so that no source keeps this program busy: what lies beyond them is told as unknown.
ITEMS_MAX = 200  # of one list or dict


class Statements:
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
                elif isinstance(owner, ClassValue):
                    before = owner.scope.get(target.attr)
                    owner.scope[target.attr] = any_of([before, value]) if before is not None else value
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
                if value.level == "default" and isinstance(value.default, Known) and value.default.value not in (None, ""):
                    continue  # it is never absent
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
#)python"

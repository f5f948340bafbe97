R"python(#"
# Expressions: the values they may stand for.

# Bounds on the work, so that no source keeps this program busy: what lies beyond them is told as unknown.
STEPS_MAX = 1_200_000


class Expressions:
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
        if isinstance(left, Location) and isinstance(op, ast.Div):
            return self.needs.joined(left, [right], "/")
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
            elif isinstance(choice, ClassValue):
                results.append(choice)  # Base[T]
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
        if name == "value" and isinstance(owner, (Known, EnvValue, Pieces)):
            return owner  # of a member of an Enum, which stands for its value here
        if isinstance(owner, Location) and name == "parent":
            return Location(posixpath.dirname(owner.path))
        if isinstance(owner, External):
            return External("%s.%s" % (owner.name, name))
        if isinstance(owner, Super):
            return self.inherited(owner, name, place)
        if isinstance(owner, InstanceValue):
            if name in owner.attributes:
                return owner.attributes[name]
            return self.class_attribute(owner.cls, name, owner, place)
        if isinstance(owner, ClassValue):
            return self.class_attribute(owner, name, None, place)
        if isinstance(owner, (Aws, Router, DictValue, ListValue, Known, EnvValue, Pieces, Condition, Location, File)):
            return self.needs.aws_attribute(owner, name, place) if isinstance(owner, Aws) else Method(owner, name, place)
        return Unknown()

    def inherited(self, owner, name, place):
        instance = owner.of if isinstance(owner.of, InstanceValue) else None
        if name == "__new__" and isinstance(owner.of, ClassValue):
            return External("object.__new__")
        for cls in owner.after():
            if name in cls.scope:
                found = self.class_attribute(cls, name, instance, place)
                return found if instance is not None else any_of([one.to(owner.of) if isinstance(one, FunctionValue) else one for one in each(found)])
        return self.needs.mapped(owner.of, name, place)

    def class_attribute(self, cls, name, instance, place):
        found = cls.lookup(name)
        if found is None:
            return self.needs.mapped(cls if instance is None else instance, name, place)
        results = []
        for choice in each(found):
            if isinstance(choice, FunctionValue) and choice.owner is not None:
                marks = {part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "") for part in getattr(choice.node, "decorator_list", [])}
                if marks & {"property", "cached_property"} and instance is not None:
                    choice = self.call(choice.to(instance), [], {}, None)
                elif "staticmethod" not in marks:
                    choice = choice.to(cls if "classmethod" in marks else instance) if instance is not None or "classmethod" in marks else choice
            results.append(self.needs.index_of(cls, choice))
        return any_of(results)
#)python"

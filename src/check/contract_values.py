R"python(#"
"""What an expression may stand for, as far as reading the source tells. Nothing of what is read here is ever run.

The first and last line make this file both Python and a C++ string: contract_python.cpp includes it, followed by the
other contract_*.py, and hands the whole to an isolated interpreter.
"""
import ast
import json
import posixpath
import re
import sys


class Value:
    """Base of everything an expression may stand for."""


class Unknown(Value):
    def __init__(self, why="not known from the source"):
        self.why = why


class Known(Value):
    """A constant, and where it is written."""

    def __init__(self, value, place=None):
        self.value, self.place = value, place


class EnvValue(Value):
    """The value of an environment variable. `level` rises when the code turns out not to do without it."""

    def __init__(self, name, level, default, place, read_at, ignores_case=False):
        self.name, self.level, self.default = name, level, default
        self.place, self.read_at, self.ignores_case = place, read_at, ignores_case
        self.why = ""


class Pieces(Value):
    def __init__(self, parts):
        self.parts = parts


class DictValue(Value):
    def __init__(self, entries=(), is_open=False):
        self.entries, self.is_open = list(entries), is_open

    def put(self, key, value):
        if len(self.entries) < 200:
            self.entries.append((key, value))
        else:
            self.is_open = True

    def find(self, name):
        found = [value for key, value in self.entries if isinstance(key, Known) and key.value == name]
        return found[-1] if found else None

    def names(self):
        """The keys when all of them are known, else None."""
        if self.is_open or not all(isinstance(key, Known) and isinstance(key.value, str) for key, _ in self.entries):
            return None
        return list(dict.fromkeys(key.value for key, _ in self.entries))


class ListValue(Value):
    def __init__(self, items=(), is_open=False):
        self.items, self.is_open = list(items), is_open


class FunctionValue(Value):
    def __init__(self, node, module, scope, owner=None, bound=None):
        self.node, self.module, self.scope, self.owner, self.bound = node, module, scope, owner, bound

    def to(self, instance):
        return FunctionValue(self.node, self.module, self.scope, self.owner, instance)


ANCESTORS_MAX = 60


class ClassValue(Value):
    def __init__(self, node, module, bases):
        self.node, self.module, self.bases = node, module, bases
        self.scope, self.instances = {}, []
        above = [cls for base in bases if isinstance(base, ClassValue) for cls in base.line]
        # The class and those it descends from, in the order in which a name is looked for in them.
        self.line = [self, *reversed(dict.fromkeys(reversed(above)))][:ANCESTORS_MAX]

    def lookup(self, name):
        return next((cls.scope[name] for cls in self.line if name in cls.scope), None)

    def descends_from(self, *names):
        return any(isinstance(base, External) and base.name in names for cls in self.line for base in cls.bases)


class InstanceValue(Value):
    def __init__(self, cls):
        self.cls, self.attributes = cls, {}


class Super(Value):
    """super(): what an instance (or a class) has from the classes that come after `cls`."""

    def __init__(self, cls, of):
        self.cls, self.of = cls, of

    def after(self):
        line = (self.of.cls if isinstance(self.of, InstanceValue) else self.of).line
        return line[line.index(self.cls) + 1:] if self.cls in line else []


class ModuleValue(Value):
    def __init__(self, module):
        self.module = module


class External(Value):
    """Something of a package or of the standard library, by its dotted name."""

    def __init__(self, name):
        self.name = name


class Aws(Value):
    """A client, a resource, a table, another object or a page reader of boto3. `table`: the name of the thing it stands for."""

    def __init__(self, kind, service, table=None, operation=None, place=None):
        self.kind, self.service, self.table, self.operation, self.place = kind, service, table, operation, place


class Method(Value):
    """A function of something above, not yet called."""

    def __init__(self, owner, name, place):
        self.owner, self.name, self.place = owner, name, place


class Router(Value):
    """An application or a part of one: its own routes, and the routers it takes in."""

    def __init__(self, is_application, prefix, place, has_patterns=False):
        self.is_application, self.prefix, self.place, self.has_patterns = is_application, prefix, place, has_patterns
        self.routes, self.included, self.is_included = [], [], False


class Partial(Value):
    """functools.partial: a function with its first arguments already given."""

    def __init__(self, function, positional, named):
        self.function, self.positional, self.named = function, positional, named


class Dependency(Value):
    """FastAPI's Depends(function): what the function returns when the parameter is asked for."""

    def __init__(self, function):
        self.function = function


class Condition(Value):
    """Key("a").eq(...) & Key("b")...: the attributes it names."""

    def __init__(self, names):
        self.names = names


class Location(Value):
    """A path below the root of the code, where a function starts."""

    def __init__(self, path):
        self.path = posixpath.normpath(path)


class File(Value):
    """An open file of settings that lies beside the code."""

    def __init__(self, text):
        self.text = text


class AnyOf(Value):
    def __init__(self, choices):
        self.choices = choices


CHOICES_MAX = 40


def each(value):
    return value.choices if isinstance(value, AnyOf) else [value]


def any_of(values):
    """One value for several possible ones: duplicates and nested choices are folded."""
    flat, seen = [], set()
    for value in values:
        for choice in each(value) if value is not None else []:
            mark = fingerprint(choice)
            if mark not in seen:
                seen.add(mark)
                flat.append(choice)
    if len(flat) > CHOICES_MAX:
        flat = flat[:CHOICES_MAX] + [Unknown("too many possibilities")]
    if not flat:
        return Unknown()
    return flat[0] if len(flat) == 1 else AnyOf(flat)


COMPARED = [0]  # values looked at to compare them: work that counts, see STEPS_MAX


def fingerprint(value, left=None):
    """Equal for values that mean the same, so that a function is not read twice for the same arguments.

    `left` bounds the work: the parts of a very large value count as equal only when they are the same object.
    """
    left = [300] if left is None else left
    left[0] -= 1
    COMPARED[0] += 1
    if left[0] < 0:
        return "...%d" % id(value)
    inner = lambda part: fingerprint(part, left)
    if isinstance(value, Known):
        return "%r@%r" % (value.value, value.place)
    if isinstance(value, EnvValue):
        return "env %s %s %s" % (value.name, value.level, value.place)
    if isinstance(value, Pieces):
        return "+".join(map(inner, value.parts))
    if isinstance(value, DictValue):
        return "{%s}%s" % (",".join(inner(k) + ":" + inner(v) for k, v in value.entries[:60]), value.is_open)
    if isinstance(value, ListValue):
        return "[%s]%s" % (",".join(map(inner, value.items[:60])), value.is_open)
    if isinstance(value, FunctionValue):
        return "def %d %s" % (id(value.node), inner(value.bound) if value.bound else "")
    if isinstance(value, External):
        return "ext " + value.name
    if isinstance(value, AnyOf):
        return "|".join(map(inner, value.choices))
    if isinstance(value, Unknown):
        return "?"
    if isinstance(value, Aws):
        return "aws %s %s %s %s" % (value.kind, value.service, value.operation, inner(value.table) if value.table else "")
    if isinstance(value, Location):
        return "path " + value.path
    if isinstance(value, Method):
        return "%s.%s" % (inner(value.owner), value.name)
    return "%s %d" % (type(value).__name__, id(value))


def truth_of(value):
    """True, False, or None when it cannot be told."""
    return bool(value.value) if isinstance(value, Known) else None


def text_of(value):
    return value.value if isinstance(value, Known) and isinstance(value.value, str) else None


def text_by_default(value):
    """A text with every variable at its default, and the names of those variables. None when one has no default that is known."""
    text, names = "", []
    for part in value.parts if isinstance(value, Pieces) else [value]:
        if isinstance(part, EnvValue) and part.level != "required":
            names.append(part.name)
            part = part.default if part.default is not None and not (isinstance(part.default, Known) and part.default.value is None) else Known("")
        if text_of(part) is None:
            return None, []
        text += part.value
    return text, names


def number_of(value):
    is_number = isinstance(value, Known) and isinstance(value.value, (int, float)) and not isinstance(value.value, bool)
    return value.value if is_number else None


def concatenated(parts):
    flat = []
    for part in parts:
        for piece in part.parts if isinstance(part, Pieces) else [part]:
            if flat and isinstance(piece, Known) and isinstance(flat[-1], Known):
                flat[-1] = Known(str(flat[-1].value) + str(piece.value), flat[-1].place or piece.place)
            else:
                flat.append(piece)
    return flat[0] if len(flat) == 1 else Pieces(flat)


def from_document(document, left=None):
    """What a settings file holds, as values. Where in the file each stands is not kept."""
    left = [2000] if left is None else left
    left[0] -= 1
    if left[0] < 0:
        return Unknown("too large a file")
    if isinstance(document, dict):
        return DictValue([(Known(key), from_document(value, left)) for key, value in document.items()])
    if isinstance(document, list):
        return ListValue([from_document(value, left) for value in document])
    return Known(document)


def told(value):
    """A value as the comparison reads it."""
    if isinstance(value, Known):
        return {"text": value.value} if isinstance(value.value, str) else {"unknown": "not a text: %r" % (value.value,)}
    if isinstance(value, EnvValue):
        has_default = value.level != "required" and value.default is not None and text_of(value.default) != ""
        is_none = isinstance(value.default, Known) and value.default.value is None
        return {"env": value.name, "default": told(value.default) if has_default and not is_none else None}
    if isinstance(value, Pieces):
        return {"parts": [told(part) for part in value.parts]}
    return {"unknown": getattr(value, "why", "not known from the source")}
#)python"

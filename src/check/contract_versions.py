R"python(#"
# Which Python a source wants.

# Names whose import or use needs a newer Python.
SINCE = {"datetime.UTC": (3, 11), "enum.StrEnum": (3, 11), "typing.Self": (3, 11), "typing.override": (3, 12), "typing.assert_never": (3, 11),
         "typing.ParamSpec": (3, 10), "typing.TypeAlias": (3, 10), "typing.Never": (3, 11), "typing.TypeAliasType": (3, 12),
         "itertools.batched": (3, 12), "itertools.pairwise": (3, 10), "functools.cache": (3, 9), "asyncio.TaskGroup": (3, 11),
         "asyncio.timeout": (3, 11), "warnings.deprecated": (3, 13), "hashlib.file_digest": (3, 11), "contextlib.chdir": (3, 11),
         "tomllib": (3, 11), "zoneinfo": (3, 9), "graphlib": (3, 9), "compression.zstd": (3, 14), "ExceptionGroup": (3, 11), "aiter": (3, 10), "anext": (3, 10)}
SYNTAX = {"Match": ((3, 10), "a match statement"), "TryStar": ((3, 11), "except*"), "TypeAlias": ((3, 12), "a type statement"),
          "NamedExpr": ((3, 8), "an assignment expression")}
BUILTIN_GENERICS = {"list", "dict", "tuple", "set", "frozenset", "type"}


class Versions:
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
        annotations = {}  # in the order of the source
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
                    annotations[annotation] = True
        for annotation in annotations:
            for node in ast.walk(annotation):
                if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
                    self.note_version((3, 10), "X | Y as a type", path, node)
                elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in BUILTIN_GENERICS:
                    self.note_version((3, 9), "%s[...] as a type" % node.value.id, path, node)


def is_version_test(node):
    """`if sys.version_info >= ...:` and `if TYPE_CHECKING:`: what stands below is not for every Python, or for none."""
    return isinstance(node, ast.If) and any(getattr(part, "attr", getattr(part, "id", "")) in ("version_info", "TYPE_CHECKING") for part in ast.walk(node.test))
#)python"

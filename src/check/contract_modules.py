R"python(#"
# The modules of the code, and the frames in which their bodies are gone through.


class Module:
    def __init__(self, name, path, tree):
        self.name, self.path, self.tree, self.scope = name, path, tree, {}


class Frame:
    """One function or module body while it is gone through."""

    def __init__(self, module, scope, outer=(), owner=None):
        self.module, self.scope, self.outer, self.owner = module, scope, outer, owner
        self.returned, self.yielded, self.maybe, self.function = [], [], 0, None

    def find(self, name):
        for scope in (self.scope, *self.outer):
            if name in scope:
                return scope[name]
        return None

    def put(self, name, value):
        before = self.scope.get(name)
        self.scope[name] = any_of([before, value]) if self.maybe and before is not None else value


class Modules:
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

    def open_file(self, location):
        text = self.settings_files.get(location.path) if isinstance(location, Location) else None
        return Unknown() if text is None else File(text)
#)python"

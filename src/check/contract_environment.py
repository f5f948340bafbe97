R"python(#"
# Environment variables: which are read, and what happens without them.


class Environment:
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
        prefix, classes = "", [*reversed(instance.cls.line)]
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
                default = reader.field_default(default)
        level = "required" if default is None else "optional" if isinstance(default, Known) and default.value in (None, "") else "default"
        value = default
        for spelled in reversed(names):
            value = self.environment_read(reader, Known(spelled.upper(), place), level, value, place, frame, ignores_case=True)
            value.why = "a field of %s without a default" % cls.node.name if level == "required" else ""
            level = "default" if len(names) > 1 else level
        instance.attributes[name] = value
#)python"

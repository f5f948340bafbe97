R"python(#"
# Methods of values: texts, lists, dicts.

SAME_TEXT = {"lower", "upper", "strip", "lstrip", "rstrip", "replace", "removeprefix", "removesuffix", "title", "casefold"}


class Methods:
    def method(self, reader, method, positional, named, place, frame):
        owner, name = method.owner, method.name
        if isinstance(owner, Aws):
            return self.aws_method(owner, name, positional, named, method.place)
        if isinstance(owner, Router):
            return self.router_method(reader, owner, name, positional, named, place)
        if isinstance(owner, Condition):
            return owner
        if isinstance(owner, (ClassValue, InstanceValue)):
            return self.mapper_call(owner, name, method.place)
        if isinstance(owner, Location):
            return self.location_method(reader, owner, name, positional)
        if isinstance(owner, File):
            return Known(owner.text) if name == "read" else Unknown()
        first = positional[0] if positional else None
        if isinstance(owner, DictValue):
            if name == "get" and first is not None:
                found = any_of([reader.item(owner, key) for key in each(first)])
                return any_of([found, positional[1]]) if len(positional) > 1 else found
            if name == "items":
                return ListValue([ListValue([key, value]) for key, value in owner.entries], owner.is_open)
            if name in ("keys", "values"):
                return ListValue([pair[name == "values"] for pair in owner.entries], owner.is_open)
            if name in ("update", "setdefault"):
                if name == "setdefault" and len(positional) > 1:
                    owner.entries.append((positional[0], positional[1]))
                    return positional[1]
                reader.merge(owner, named)
                for part in positional:
                    reader.merge(owner, part)
                return Known(None)
            return DictValue(owner.entries, owner.is_open) if name == "copy" else Unknown()
        if isinstance(owner, ListValue):
            if name in ("append", "add", "insert") and positional:
                reader.extend(owner, ListValue([positional[-1]]))
            elif name in ("extend", "update"):
                for part in positional:
                    for choice in each(part):
                        reader.extend(owner, choice)
            return ListValue(owner.items, owner.is_open) if name == "copy" else Known(None)
        if isinstance(owner, Known) and isinstance(owner.value, str):
            return self.text_method(owner, name, positional, named)
        if isinstance(owner, EnvValue) and name in ("strip", "rstrip", "lstrip", "get_secret_value"):
            return owner
        return Unknown("changed by .%s()" % name)

    def location_method(self, reader, owner, name, positional):
        if name in ("resolve", "absolute"):
            return owner
        if name == "joinpath":
            return self.joined(owner, positional, name)
        file = reader.open_file(owner)
        if isinstance(file, File) and name in ("read_text", "read_bytes"):
            return Known(file.text)
        return file if name == "open" else Unknown()

    def text_method(self, owner, name, positional, named):
        if name == "format":
            parts, index = [], 0
            for piece in re.split(r"(\{\w*\})", owner.value):
                if re.fullmatch(r"\{\w*\}", piece):
                    key = piece[1:-1]
                    value = named.find(key) if key and not key.isdigit() else None
                    if value is None:
                        place = int(key) if key.isdigit() else index
                        value = positional[place] if place < len(positional) else Unknown()
                        index += 1
                    parts.append(value)
                elif piece:
                    parts.append(Known(piece, owner.place))
            return concatenated(parts) if parts else owner
        texts = [text_of(part) for part in positional]
        if name in SAME_TEXT and None not in texts:
            return Known(getattr(owner.value, name)(*texts), owner.place)
        if name == "join" and positional and isinstance(positional[0], ListValue) and not positional[0].is_open:
            parts = []
            for item in positional[0].items:
                parts += [Known(owner.value, owner.place), item] if parts else [item]
            return concatenated(parts) if parts else Known("", owner.place)
        if name == "split":
            pieces = owner.value.split(*[text for text in texts if text][:1])
            return ListValue([Known(piece, owner.place) for piece in pieces])
        return Unknown("changed by .%s()" % name)
#)python"

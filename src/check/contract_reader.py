R"python(#"
# What the code needs, put together. And the program itself, at the end.


class Needs(Versions, Environment, Packages, Methods, AwsCalls, Things, Mapper, Routers):
    def __init__(self):
        self.environment, self.set_names, self.aws, self.routers = [], set(), [], []
        self.problems, self.unknowns, self.versions, self.timings, self.memory = [], [], [], [], []
        self.told_once = set()

    def unknown(self, what, place, once=None):
        mark = once or (what, place)
        if mark not in self.told_once:
            self.told_once.add(mark)
            self.unknowns.append({"what": what, "place": place_of(place)})

    def answer(self):
        environment = [{"name": value.name, "level": value.level, "why": value.why, "ignores_case": value.ignores_case,
                        "place": place_of(value.place), "read_at": place_of(value.read_at)}
                       for value in self.environment]
        calls = [{"service": service, "operation": operation, "place": place_of(place), "actions": list(actions),
                  "table": told(table) if table is not None else None, "table_place": place_of(getattr(table, "place", None)),
                  "index": told(index) if index is not None else None, "index_place": place_of(getattr(index, "place", None)),
                  "keys": keys, "condition": condition}
                 for service, operation, place, actions, table, index, keys, condition in self.aws]
        return {"environment": environment, "set": sorted(self.set_names), "calls": calls, "routes": self.routes(),
                "routers": len(self.routers), "versions": self.versions, "timings": self.timings, "memory": self.memory,
                "problems": self.problems, "unknowns": self.unknowns}


def place_of(place):
    return {"file": place[0], "line": place[1], "column": place[2]} if place else None


ENTRY = re.compile(r"^(?:app|handler|lambda_handler)\s*=|^(?:async )?def (?:lambda_)?handler\(|\b(?:FastAPI|Starlette)\(|\bMangum\(", re.MULTILINE)


def entries_of(sources):
    """The modules where a function or a server begins; every module when there is none."""
    named = [path for path in sources if path.split("/")[-1] in ("main.py", "app.py", "handler.py", "lambda_function.py")]
    found = [path for path in sources if path in named or ENTRY.search(sources[path])]
    return sorted(found) or sorted(sources)


def main():
    sys.setrecursionlimit(6000)
    request = json.load(sys.stdin)
    sources = request["files"]
    needs = Needs()
    reader = Interpreter(sources, request.get("settings", {}), needs)
    for path in entries_of(sources):
        reader.load(path)
    reader.finish()
    answer = needs.answer()
    answer["read"] = sorted(reader.modules)
    answer["unread"] = sorted(set(sources) - set(reader.modules))
    answer["steps"] = reader.steps
    answer["python"] = "%d.%d" % sys.version_info[:2]
    json.dump(answer, sys.stdout)


main()
#)python"

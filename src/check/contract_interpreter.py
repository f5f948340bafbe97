R"python(#"
# Goes through modules, functions and calls with values of contract_values.py instead of real ones.


class Interpreter(Modules, Statements, Expressions, Functions):
    def __init__(self, sources, settings_files, needs):
        self.sources, self.settings_files, self.needs = sources, settings_files, needs
        self.modules, self.memo, self.stack = {}, {}, []
        self.visited, self.functions, self.steps, self.ways = set(), [], 0, {}
#)python"

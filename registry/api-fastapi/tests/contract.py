"""Holds answers against an OpenAPI document and remembers which of its promises were seen kept."""

import json
import re

from jsonschema import Draft202012Validator, FormatChecker

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
# Answers that belong to the edge and not to one operation; described in the document's introduction.
_EVERYWHERE = {404, 405, 500}


class Contract:
    def __init__(self, document: dict):
        self.document = document
        self.seen: set[tuple[str, str, int]] = set()
        self._validators: dict[str, Draft202012Validator] = {}
        # A literal path is looked at before one with variables.
        self._paths = sorted(document["paths"], key=lambda path: "{" in path)

    def operations(self) -> set[tuple[str, str]]:
        return {(m.upper(), path) for path, item in self.document["paths"].items() for m in item if m in METHODS}

    def promises(self) -> set[tuple[str, str, int]]:
        """Every (method, path, status) of the document."""
        return {
            (method, path, int(status))
            for method, path in self.operations()
            for status in self.document["paths"][path][method.lower()]["responses"]
        }

    def check(self, method: str, path: str, answer) -> None:
        """Fails when the document does not promise this answer."""
        template = next((each for each in self._paths if re.fullmatch(_pattern(each), path)), None)
        operation = self.document["paths"].get(template, {}).get(method.lower())
        status = answer.status_code
        if operation is None:
            is_preflight = method == "OPTIONS" and status == 204
            assert is_preflight or status == (405 if template else 404), f"{method} {path}: {status}"
            if not is_preflight:
                self._check_body(answer, {"$ref": "#/components/schemas/Error"})
            return
        promised = operation["responses"].get(str(status))
        if promised is None:
            assert status in _EVERYWHERE - {404, 405}, f"{method} {template}: {status} is not in the contract"
            promised = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
        promised = self._followed(promised)
        self._check_headers(answer, promised)
        if "content" in promised:
            assert answer.headers["content-type"] == "application/json"
            self._check_body(answer, promised["content"]["application/json"]["schema"])
        else:
            assert answer.content == b"", f"{method} {path}: a body that is not in the contract"
        self.seen.add((method, template, status))

    def _followed(self, node: dict) -> dict:
        while "$ref" in node:
            found = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            node = found
        return node

    def _check_headers(self, answer, promised: dict) -> None:
        for name, header in promised.get("headers", {}).items():
            assert name in answer.headers, f"the header {name} is missing"
            value = answer.headers[name]
            value = int(value) if header["schema"].get("type") == "integer" else value
            Draft202012Validator(header["schema"]).validate(value)

    def _check_body(self, answer, schema: dict) -> None:
        key = json.dumps(schema)
        if key not in self._validators:
            whole = schema | {"components": self.document["components"]}
            self._validators[key] = Draft202012Validator(whole, format_checker=FormatChecker())
        self._validators[key].validate(answer.json())


def _pattern(template: str) -> str:
    return re.sub(r"\{\w+\}", "[^/]+", template)

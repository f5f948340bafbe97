#!/usr/bin/env python3
"""How many planted faults `tandem contract check` finds, and how often it alarms without cause.

faults.toml and harmless.toml hold the cases. Each starts from a pair: the shipped registry (its application as it lies in
registry/, its template as its CDK app wrote it, golden/), or orders/ or native/ beside this file. A case changes it:
  edit    files of the application (or a hand-written template): `from` becomes `to`, or the file is written
  change  a resource of the golden template, named by construct path or logical id: removed whole, or at `path` set, removed,
          renamed (`+` appends to a list)
A fault counts as found when a finding of the expected rule and severity names both sides. An error or a warning on a
harmless case is a false alarm.

usage: measure.py [--program FILE] [--hold | --record] [--only TEXT]
  --hold    fail unless the figures are those of figures.json
  --record  write them there
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
REGISTRY = HERE.parents[1] / "registry" / "api-fastapi"
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".venv", ".pytest_cache", ".codecatalyst", "reports")


class Wrong(Exception):
    """A case that does not fit its pair: the data must be mended, not the program."""


def lay_out(pair, folder):
    """The pair's application and its templates, ready to be changed."""
    application, templates = folder / "application", folder / "templates"
    if pair == "registry":
        shutil.copytree(REGISTRY, application, ignore=LEFT_OUT)
        shutil.copytree(HERE / "golden", templates)
    else:
        shutil.copytree(HERE / pair / "application", application)
        templates.mkdir()
        for file in (HERE / pair).glob("*.template.yaml"):
            shutil.copy(file, templates)
    return application, templates


def edit(application, templates, change):
    place = templates if change["file"].endswith((".template.yaml", ".template.json")) else application
    file = place / change["file"]
    if "write" in change:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(change["write"])
        return
    text = file.read_text()
    if change["from"] not in text:
        raise Wrong(f"{change['file']} does not hold {change['from']!r}")
    file.write_text(text.replace(change["from"], change["to"]))


def resource_named(document, name):
    for logical_id, resource in document["Resources"].items():
        if name in (logical_id, resource.get("Metadata", {}).get("aws:cdk:path")):
            return logical_id
    return None


def step(node, key):
    return node[int(key)] if isinstance(node, list) else node[key]


def change_template(templates, change):
    for file in sorted(templates.glob("*.template.json")):
        document = json.loads(file.read_text())
        logical_id = change.get("add") or resource_named(document, change["resource"])
        if change.get("add") and file.name != change["in"]:
            continue
        if logical_id is None:
            continue
        if "path" not in change:
            if change.get("remove"):
                del document["Resources"][logical_id]
            else:
                document["Resources"][logical_id] = change["set"]
        else:
            *way, last = change["path"].split(".")
            node = document["Resources"][logical_id]
            for key in way:
                node = step(node, key)
            if change.get("remove"):
                del node[int(last) if isinstance(node, list) else last]
            elif "rename" in change:
                old, new = change["rename"]
                inner = step(node, last)
                inner[new] = inner.pop(old)
            elif last == "+":
                node.append(change["set"])
            else:
                node[int(last) if isinstance(node, list) else last] = change["set"]
        file.write_text(json.dumps(document, indent=1) + "\n")
        return
    raise Wrong(f"no template has {change.get('resource')}")


def checked(program, case):
    with tempfile.TemporaryDirectory(prefix="tandem-contract-") as folder:
        application, templates = lay_out(case.get("pair", "registry"), pathlib.Path(folder))
        for change in case.get("edit", []):
            edit(application, templates, change)
        for change in case.get("change", []):
            change_template(templates, change)
        done = subprocess.run([program, "contract", "check", "--application", application, "--template", templates, "--json"],
                              text=True, capture_output=True, timeout=300)
    document = json.loads(done.stdout)
    if document["schema"] != "tandem.contract/1":
        raise Wrong(f"{case['name']}: {document}")
    if done.returncode != (0 if document["kept"] else 2):
        raise Wrong(f"{case['name']}: exit code {done.returncode} with kept {document['kept']}")
    return document


def is_expected(finding, case):
    expect = case["expect"]
    if finding["rule"] != expect["rule"] or finding["severity"] != case.get("severity", "error"):
        return False
    code, given = finding["code"], finding["template"]
    if "code" in expect and not (code and code["file"].startswith(expect["code"]) and code["line"] > 0 and code["column"] > 0):
        return False
    if not (given["resource"] and given["resource"]["logical_id"].startswith(expect["template"]) and given["place"]["line"] > 0):
        return False
    return expect.get("mentions", "") in finding["what"]


def alarms(document):
    return [finding for finding in document["findings"] if finding["severity"] in ("error", "warning")]


def shown(finding):
    code = finding["code"]
    place = f"{code['file']}:{code['line']}:{code['column']}" if code else "-"
    return f"        {finding['severity']} {finding['rule']} {place} {finding['what']}"


def run(program, cases, judge):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda case: judge(case, checked(program, case)), cases))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--program", default=os.environ.get("TANDEM_PROGRAM", str(HERE.parents[1] / "build" / "release" / "tandem")))
    options.add_argument("--hold", action="store_true")
    options.add_argument("--record", action="store_true")
    options.add_argument("--only", default="")
    given = options.parse_args()
    read = lambda name: [case for case in tomllib.loads((HERE / name).read_text())["case"] if given.only in case["name"]]
    faults, harmless = read("faults.toml"), read("harmless.toml")

    found = run(given.program, faults, lambda case, document: ([f for f in document["findings"] if is_expected(f, case)], document))
    missed, told = [], 0
    for case, (hits, document) in zip(faults, found):
        unknown = [f for f in document["findings"] if f["severity"] == "unknown"]
        word = "found   " if hits else "unknown " if unknown else "missed  "
        print(f"{word} {case.get('pair', 'registry'):9} {case['name']}")
        if not hits:
            missed.append(case["name"])
            told += bool(unknown)
            print("\n".join(map(shown, document["findings"])))
    quiet = run(given.program, harmless, lambda case, document: document)
    false = []
    for case, document in zip(harmless, quiet):
        wrong = alarms(document)
        print(f"{'ALARM   ' if wrong else 'quiet   '} {case.get('pair', 'registry'):9} {case['name']}")
        if wrong:
            false.append(case["name"])
            print("\n".join(map(shown, wrong)))

    figures = {"faults": len(faults), "found": len(faults) - len(missed), "missed_but_told_unknown": told, "missed": sorted(missed),
               "harmless": len(harmless), "false_alarms": len(false)}
    print(f"\n{figures['found']} of {len(faults)} planted faults found, {told} of the others told as unknown; "
          f"{len(false)} false alarms on {len(harmless)} harmless variations")
    if given.record and not given.only:
        (HERE / "figures.json").write_text(json.dumps(figures, indent=2) + "\n")
    if given.hold and not given.only:
        recorded = json.loads((HERE / "figures.json").read_text())
        if figures != recorded:
            print(f"the figures have changed: figures.json says {json.dumps(recorded)}\nnow they are {json.dumps(figures)}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

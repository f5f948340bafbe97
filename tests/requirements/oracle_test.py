"""Our merge of requirements beside `packaging`, the Python project's own reader of the same standards.

The cases say what must come out; packaging says whether that is what the standards mean. Random versions,
specifiers and markers look where nobody thought of a case. The seed is printed by a failure."""

import itertools
import json
import os
import pathlib
import posixpath
import random
import re
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
PROBE = os.environ["TANDEM_REQUIREMENTS_PROBE"]
SEED = int(os.environ.get("TANDEM_SEED", "20260101"))
PACKAGING = "26.4"


def import_packaging():
    """From a folder of its own, so that the Python of this machine stays as it is."""
    place = pathlib.Path.home() / ".cache" / "tandem" / "tests" / f"packaging-{PACKAGING}"
    if not (place / "packaging" / "__init__.py").exists():
        subprocess.run([sys.executable, "-m", "venv", str(place / "venv")], check=True)
        subprocess.run([str(place / "venv/bin/python"), "-m", "pip", "install", "-q", "--no-deps", "--only-binary=:all:",
                        "--target", str(place), f"packaging=={PACKAGING}"], check=True)
    sys.path.insert(0, str(place))


import_packaging()
from packaging.markers import InvalidMarker, Marker  # noqa: E402
from packaging.requirements import InvalidRequirement, Requirement  # noqa: E402
from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: E402
from packaging.utils import canonicalize_name  # noqa: E402
from packaging.version import InvalidVersion, Version  # noqa: E402

CASES = json.loads((HERE / "cases.json").read_text())
VERSIONS = [str(Version(epoch + release + suffix)) for epoch in ("", "1!") for release in ("0.9", "1.0", "1.2", "1.4.2", "1.4.9", "1.5", "1.10.2",
            "2.0", "2.1", "2.7.0", "3") for suffix in ("", "a1", "rc1", ".dev1", ".post1", "+x", "+cu118")]
ENVIRONMENTS = [{"os_name": "posix", "sys_platform": platform, "platform_machine": machine, "platform_python_implementation": "CPython",
                 "platform_release": "6.1.0", "platform_system": "Linux", "platform_version": "#1", "python_version": f"3.{minor}",
                 "python_full_version": f"3.{minor}.4", "implementation_name": "cpython", "implementation_version": f"3.{minor}.4", "extra": ""}
                for platform in ("linux", "win32") for machine in ("x86_64", "aarch64") for minor in range(8, 15)]


def ask(questions):
    done = subprocess.run([PROBE], input="".join(json.dumps(each) + "\n" for each in questions), text=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(questions)
    return answers


def ask_merge(case):
    return ask([{"about": "merge", **{key: case[key] for key in ("application", "infrastructure", "on_conflict", "included") if key in case}}])[0]


def requirements(text):
    """The lines as pip joins them, hashes aside, read by packaging."""
    text = text.removeprefix("\ufeff").replace("\\\n", " ")
    for line in text.splitlines():
        line = line if not line.lstrip().startswith("#") else ""
        line = line.replace("\t#", " #").split(" #")[0].split(" --hash")[0].strip()
        if line:
            yield Requirement(line)


def flat(text, included, path="requirements.txt"):
    """The application's file with every `-r FILE` replaced by what that file holds."""
    out = []
    for line in text.replace("\\\n", " ").splitlines():
        name = re.match(r"\s*(?:-r|--requirement[ =])\s*([^\s#]+)", line)
        there = name and posixpath.normpath(posixpath.join(posixpath.dirname(path), name[1]))
        out.append(flat(included[there], included, there) if there else line)
    return "\n".join(out)


def sides_of(case):
    return [list(requirements(flat(case["application"], case.get("included", {})))), list(requirements(case["infrastructure"]))]


def holds(requirement, environment):
    return requirement.marker is None or requirement.marker.evaluate(environment)


def accepted(specifiers):
    """The versions that all of them accept."""
    found = set(VERSIONS)
    for specifier in specifiers:
        found &= {version for version in VERSIONS if specifier.contains(version, prereleases=True)}
    return found


def wanted_in(environment, lines, skipped=()):
    """Name -> (extras, versions) that a function in this environment would get from these lines."""
    out = {}
    for requirement in lines:
        name = canonicalize_name(requirement.name)
        if name in skipped or not holds(requirement, environment):
            continue
        extras, specifiers = out.get(name, (set(), []))
        out[name] = extras | {canonicalize_name(extra) for extra in requirement.extras}, specifiers + [requirement.specifier]
    return {name: (extras, accepted(specifiers)) for name, (extras, specifiers) in out.items()}


def test_there_are_at_least_forty_cases_and_no_two_of_one_name():
    assert len(CASES) >= 40 and len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", [case for case in CASES if "lines" in case], ids=lambda case: case["name"])
def test_what_is_merged_means_what_both_sides_asked_for(case):
    answer = ask_merge(case)
    assert answer.get("lines") == case["lines"], answer
    assert answer["left_out"] == case.get("left_out", [])
    if "notes" in case:
        assert answer["notes"] == case["notes"]
    again = ask_merge({**case, "infrastructure": answer["text"]})
    assert again.get("text") == answer["text"], "merging again with the result must give the result"
    if "on_conflict" in case:
        return
    merged = [Requirement(line.split(" --hash")[0]) for line in answer["lines"]]
    both = sum(sides_of(case), [])
    skipped = {canonicalize_name(Requirement(line).name) for line in answer["left_out"]}
    for environment in ENVIRONMENTS:
        assert wanted_in(environment, merged) == wanted_in(environment, both, skipped), environment


@pytest.mark.parametrize("case", [case for case in CASES if "refused" in case], ids=lambda case: case["name"])
def test_what_is_refused_is_refused_by_name_and_place(case):
    answer = ask_merge(case)
    assert answer.get("refused") == case["refused"], answer
    assert (answer["file"], answer["line"]) == (case["file"], case["line"])
    assert case["says"] in answer["what"]
    if case["why"] == "conflict":
        sides = sides_of(case)
        clash = False
        for a, b in itertools.product(*sides):
            if canonicalize_name(a.name) == canonicalize_name(b.name) and any(holds(a, e) and holds(b, e) for e in ENVIRONMENTS):
                clash |= (a.specifier & b.specifier).is_unsatisfiable()
        assert clash, "packaging finds a version for both"
    if case["why"] == "form" and not any(hidden in case["application"] for hidden in "\r\x0b\u2028"):
        line = (case["application"] or case["infrastructure"]).splitlines()[1].split(" --")[0]
        try:
            read = Requirement(line)
        except InvalidRequirement:
            return
        # What packaging reads all the same is refused for where it comes from.
        assert read.url or "--" in (case["application"] + case["infrastructure"]) or case["says"] in ("two texts", "path"), line


def random_version(chance):
    epoch = chance.choice(["", "", "", "1!", "0!"])
    release = ".".join(str(chance.choice([0, 0, 1, 2, 9, 10])) for _ in range(chance.randint(1, 4)))
    separator = lambda: chance.choice(["", ".", "-", "_"])  # noqa: E731
    pre = chance.choice(["", "", "a", "b", "rc", "c", "alpha", "beta", "preview", "pre"])
    pre = pre and separator() + pre + chance.choice(["", separator() + str(chance.randint(0, 2))])
    post = chance.choice(["", "", "-1", ".post2", "post", ".rev1", "r0", "-0"])
    dev = chance.choice(["", "", ".dev0", "dev1", "-dev.2", "_dev"])
    local = chance.choice(["", "", "", "+abc", "+1", "+ubuntu-1", "+01.a", "+1.10", "+1.9", "+a_b"])
    return chance.choice(["", "", "v", "V"]) + epoch + release + pre + post + dev + local


def read_version(text):
    try:
        return Version(text)
    except InvalidVersion:
        return None


def test_versions_are_ordered_and_spelled_as_packaging_does():
    chance = random.Random(SEED)
    pairs = [(random_version(chance), random_version(chance)) for _ in range(6000)]
    # Neighbours: pairs that differ in one place only.
    pairs += [(a, a.replace("1", "01", 1)) for a, _ in pairs[:500]] + [(a, a + ".0") for a, _ in pairs[500:1000]]
    pairs += [(bad, "1") for bad in ("", "x", "1..2", "1.0+", "1.0 2", "-1", "1.0*", "1.0+a..b", "1.0+.a", "1.0a-", "1.0.post.", "1!", "!1", "1.0-", "1.0_1", "v")]
    answers = ask([{"about": "order", "a": a, "b": b} for a, b in pairs])
    for (a, b), answer in zip(pairs, answers):
        left, right = read_version(a), read_version(b)
        if left is None or right is None:
            assert (answer["a"] is not False, answer["b"] is not False) == (left is not None, right is not None), (a, b, SEED)
            continue
        assert answer["order"] == (left > right) - (left < right), (a, b, SEED)
        assert (answer["a"], answer["b"]) == (str(left), str(right)), (a, b, SEED)


def random_specifier(chance):
    def clause():
        sign = chance.choice(["==", "!=", "<=", ">=", "<", ">", "~=", "==", ">=", "<"])
        release = ".".join(str(chance.choice([0, 1, 2, 4])) for _ in range(chance.randint(1, 3)))
        suffix = chance.choice(["", "", "", "a1", "rc1", ".dev1", ".post1", "+x", ".*", "a1.dev1", ".post1.dev0"])
        return sign + chance.choice(["", "", "", "1!"]) + release + suffix
    return ",".join(clause() for _ in range(chance.choice([1, 1, 1, 2, 3])))


def read_specifier(text):
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None


def test_specifiers_accept_the_versions_that_packaging_accepts():
    chance = random.Random(SEED + 1)
    versions = VERSIONS + [str(Version(v)) for v in ("0.dev0", "0", "1", "1.0.0.1", "2.4", "4.dev0", "1.0a1.dev0", "1.0a1.post1", "1.0.post1.dev0", "1!1.2.post1", "2.0.0.post2", "4")]
    specifiers = [random_specifier(chance) for _ in range(4000)]
    answers = ask([{"about": "specifier", "specifier": each, "versions": versions} for each in specifiers])
    for text, answer in zip(specifiers, answers):
        theirs = read_specifier(text)
        assert ("refused" in answer) == (theirs is None), (text, answer, SEED)
        if theirs is not None:
            assert answer["accepted"] == [v for v in versions if theirs.contains(v, prereleases=True)], (text, SEED)


def test_specifiers_are_called_disjoint_exactly_when_packaging_finds_no_version():
    chance = random.Random(SEED + 2)
    pairs = [(a, b) for a, b in ((random_specifier(chance), random_specifier(chance)) for _ in range(6000)) if read_specifier(a) and read_specifier(b)]
    assert len(pairs) > 2000
    answers = ask([{"about": "disjoint", "a": a, "b": b} for a, b in pairs])
    wrong = [(a, b, answer) for (a, b), answer in zip(pairs, answers)
             if answer["disjoint"] != (read_specifier(a) & read_specifier(b)).is_unsatisfiable()]
    assert not wrong, (len(wrong), wrong[:5], SEED)
    assert 300 < sum(answer["disjoint"] for answer in answers) < len(pairs) - 300, "both answers must be common"


def random_marker(chance, depth=0):
    if depth < 3 and chance.random() < 0.45:
        inside = chance.choice([" and ", " or "]).join(random_marker(chance, depth + 1) for _ in range(chance.randint(2, 3)))
        return f"({inside})" if chance.random() < 0.6 else inside
    name, values = chance.choice([("python_version", ["3.8", "3.9", "3.11", "3.12", "3", "3.*", "3.9 3.10"]), ("sys_platform", ["linux", "win32", "darwin"]),
                                  ("python_full_version", ["3.9.4", "3.11.0", "3.12.0rc1"]), ("platform_machine", ["x86_64", "aarch64", "arm"]),
                                  ("os_name", ["posix", "nt"]), ("implementation_name", ["cpython", "pypy"]), ("extra", ["x", "Y_z"])])
    value = chance.choice(values)
    version = name.startswith("python") and " " not in value
    sign = chance.choice(["==", "!=", "<", "<=", ">", ">=", "~="] if version and "*" not in value and "." in value
                         else ["==", "!="] if version or name == "extra" else ["==", "!=", "in", "not in"])
    quote = chance.choice(["'", '"'])
    sides = [name, f"{quote}{value}{quote}"]
    if sign not in ("~=",) and not version and sign not in ("in", "not in") and chance.random() < 0.2:
        sides.reverse()
    space = chance.choice([" ", "  "]) if sign.isalpha() or " " in sign else chance.choice(["", " "])
    return f"{sides[0]}{space}{sign}{space}{sides[1]}"


def test_markers_hold_where_packaging_says_they_hold():
    chance = random.Random(SEED + 3)
    markers = [random_marker(chance) for _ in range(1500)]
    answers = ask([{"about": "marker", "marker": each, "environments": ENVIRONMENTS} for each in markers])
    for text, answer in zip(markers, answers):
        theirs = Marker(text)
        assert "refused" not in answer, (text, answer, SEED)
        expected = [theirs.evaluate(environment) for environment in ENVIRONMENTS]
        assert answer["holds"] == expected, (text, SEED)
        assert [Marker(answer["text"]).evaluate(environment) for environment in ENVIRONMENTS] == expected, (text, answer["text"])
    for text in ("", "x", "python_version", "python_version ==", "python_version == '3' and", "(os_name == 'nt'", "os_name == 'nt')", "os_name is 'nt'"):
        with pytest.raises(InvalidMarker):
            Marker(text)
        assert "refused" in ask([{"about": "marker", "marker": text, "environments": []}])[0], text

"""What bounds the disk of a coordinator, asked of the program: limits of a fetch in tandem.yaml, collecting in the pair store."""

import os
import re

from by_hand_test import Pair, pair, run  # noqa: F401


def bytes_below(folder):
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def configure(pair, name, line):
    file = pair.home / "tandem.yaml"
    text, times = re.subn(rf"(\n  {name}:\n)", rf"\1    {line}\n", file.read_text())
    assert times == 1, file.read_text()
    file.write_text(text)


def test_a_repository_past_its_limit_is_refused_by_name_and_leaves_nothing(pair):
    pair.tandem("sync")
    name = next(repository for repository in ("application", "api") if re.search(rf"\n  {repository}:\n", (pair.home / "tandem.yaml").read_text()))
    (pair.folder / "application" / "src").mkdir(exist_ok=True)
    for number in range(40):   # more than is carried without git
        (pair.folder / "application" / "src" / f"noise{number}.bin").write_bytes(os.urandom(1_000_000))
    pair.commit("application", {})
    configure(pair, name, "fetch-mib: 8")
    store = pair.home / ".tandem" / "pair.git"
    before = bytes_below(store)
    refused = pair.tandem("sync", code=4)
    assert refused["code"] == "TD0314" and "more than the 8 MiB that are allowed" in refused["what"]
    assert bytes_below(store) - before < 100_000
    text = (pair.home / "tandem.yaml").read_text().replace("fetch-mib: 8", "fetch-mib: 64")
    (pair.home / "tandem.yaml").write_text(text)
    pair.tandem("sync")
    assert bytes_below(store) - before > 40_000_000


def test_collecting_keeps_what_syncs_rest_on(pair):
    for number in range(4):
        pair.commit("application", {"src/people.py": f"v{number + 2}\n"})
        pair.tandem("sync")
    said = pair.tandem("maintain", "collect")
    assert said["schema"] == "tandem.collected/1"
    assert said["before"]["packs"] > said["after"]["packs"] == 1
    assert said["kept"] >= 5
    assert pair.tandem("sync", "verify")["holds"]
    run("git", "fsck", "--strict", cwd=pair.home / ".tandem" / "pair.git")
    pair.commit("application", {"src/people.py": "after\n"})
    assert pair.tandem("sync")

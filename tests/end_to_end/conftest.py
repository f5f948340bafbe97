import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from world import World  # noqa: E402


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """One pair per file, with a first release live: what the tests of a file then break, in order."""
    made = World(tmp_path_factory.mktemp("world"))
    made.initialised = made.init()
    made.serve()
    try:
        yield made
    finally:
        made.stop()

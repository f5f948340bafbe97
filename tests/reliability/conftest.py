import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from cheap_world import CheapWorld  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="every kill point at every passing, twice in a row, and more")


@pytest.fixture
def long(request):
    return request.config.getoption("--long")


@pytest.fixture
def world(tmp_path):
    made = CheapWorld(tmp_path)
    yield made
    made.close()

"""Password hashes at their real cost, and the command that makes one."""

import subprocess
import sys

import pytest

from src.passwords import NOBODY, MalformedHash, hash_password, verify_password
from tests.conftest import ROOT



@pytest.fixture(autouse=True)
def quick_hashes():
    """This module measures the real thing."""


def test_the_command_prints_a_hash_that_fits_and_differs_each_time():
    run = lambda text: subprocess.run(  # noqa: E731
        [sys.executable, "-m", "src.passwords"], cwd=ROOT, input=text, capture_output=True, text=True, timeout=20
    )
    first, second = run("correct horse\n"), run("correct horse\n")
    assert first.returncode == 0 and first.stderr == ""
    stored = first.stdout.strip()
    assert stored.startswith("scrypt$16384$8$1$")
    scheme, *_, salt, key = stored.split("$")
    assert (scheme, len(salt), len(key)) == ("scrypt", 24, 44)
    assert stored != second.stdout.strip()
    assert verify_password("correct horse", stored)
    assert not verify_password("correct horsf", stored)


def test_the_command_refuses_a_short_password():
    done = subprocess.run(
        [sys.executable, "-m", "src.passwords"], cwd=ROOT, input="short\n", capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 1 and done.stdout == "" and "8 to 256" in done.stderr


def test_parameters_are_read_from_the_hash():
    stored = hash_password("passwörd 🐎")
    assert verify_password("passwörd 🐎", stored)
    cheaper = stored.replace("$16384$", "$8192$")
    assert not verify_password("passwörd 🐎", cheaper)


def test_the_hash_of_nobody_costs_as_much_as_any_other():
    assert NOBODY.split("$")[:4] == hash_password("something").split("$")[:4]
    assert not verify_password("", NOBODY)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "scrypt",
        "bcrypt$16384$8$1$AAAA$AAAA",
        "scrypt$16384$8$1$AAAA",
        "scrypt$x$8$1$AAAA$AAAA",
        "scrypt$16383$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "scrypt$1073741824$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "scrypt$16384$8$1$not base64$AAAA",
        "scrypt$16384$8$1$AAAA$AAAA",
        "scrypt$16384$8$1$$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ],
)
def test_a_malformed_hash_is_refused_before_any_work(stored):
    with pytest.raises(MalformedHash):
        verify_password("whatever", stored)

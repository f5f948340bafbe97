"""Password hashes: scrypt$<n>$<r>$<p>$<base64 salt>$<base64 key>.

`python -m src.passwords` reads a password from standard input and prints its hash.
"""

import base64
import binascii
import hashlib
import hmac
import os
import sys

COST_N, BLOCK_R, PARALLEL_P = 16384, 8, 1
SALT_BYTES, KEY_BYTES = 16, 32
# Bounds on what a stored hash may ask of us: 64 MiB of memory, and twice that for OpenSSL's own check.
MEMORY_MAX_BYTES = 64 * 1024 * 1024
LENGTH_MIN, LENGTH_MAX = 8, 256

# Compared against when nobody has the email, so that the answer takes as long as for a wrong password.
NOBODY = "scrypt$16384$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


class MalformedHash(ValueError):
    """The text is not a hash of the form this module writes."""


def hash_password(password: str) -> str:
    salt = os.urandom(SALT_BYTES)
    key = _derive(password, salt, COST_N, BLOCK_R, PARALLEL_P)
    fields = (COST_N, BLOCK_R, PARALLEL_P, base64.b64encode(salt).decode(), base64.b64encode(key).decode())
    return "scrypt$" + "$".join(map(str, fields))


def verify_password(password: str, stored: str) -> bool:
    """Whether `password` made `stored`; costs one scrypt. Raises MalformedHash."""
    n, r, p, salt, key = _parse(stored)
    return hmac.compare_digest(_derive(password, salt, n, r, p), key)


def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8"), salt=salt, n=n, r=r, p=p, maxmem=2 * MEMORY_MAX_BYTES, dklen=KEY_BYTES
    )


def _parse(stored: str) -> tuple[int, int, int, bytes, bytes]:
    try:
        scheme, n_text, r_text, p_text, salt_text, key_text = stored.split("$")
        n, r, p = int(n_text), int(r_text), int(p_text)
        salt = base64.b64decode(salt_text, validate=True)
        key = base64.b64decode(key_text, validate=True)
    except (ValueError, binascii.Error) as problem:
        raise MalformedHash("not of the form scrypt$n$r$p$salt$key") from problem
    power_of_two = n > 1 and n & (n - 1) == 0
    if scheme != "scrypt" or not power_of_two or r < 1 or not 1 <= p <= 16 or 128 * n * r > MEMORY_MAX_BYTES:
        raise MalformedHash("scrypt parameters outside what this service accepts")
    if len(key) != KEY_BYTES or not salt:
        raise MalformedHash(f"a key has {KEY_BYTES} bytes, and a salt at least one")
    return n, r, p, salt, key


def _main() -> int:
    password = sys.stdin.readline().rstrip("\r\n")
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        print(f"a password has {LENGTH_MIN} to {LENGTH_MAX} characters", file=sys.stderr)
        return 1
    print(hash_password(password))
    return 0


if __name__ == "__main__":
    sys.exit(_main())

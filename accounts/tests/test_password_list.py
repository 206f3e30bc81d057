import gzip
import itertools
import time
from statistics import median

import pytest
from django.contrib.auth.password_validation import CommonPasswordValidator

from accounts.security.leaked import FILE, SIZE, digest_of, hashes, is_leaked
from accounts.security.leaked.build import SHORTEST, is_possible


def test_the_list_is_far_larger_than_djangos_and_small_on_disk():
    assert len(hashes()) // SIZE > 600_000
    assert FILE.stat().st_size < 5_000_000


def test_the_list_is_sorted_and_has_no_row_twice():
    content = FILE.read_bytes()
    rows = [content[start : start + SIZE] for start in range(0, len(content), SIZE)]

    assert len(rows[-1]) == SIZE
    assert all(before < after for before, after in itertools.pairwise(rows))


@pytest.mark.parametrize("password", ["password", "Passw0rd!", "QWERTY123!", "homelesspa"])
def test_known_passwords_are_found(password):
    assert is_leaked(password)


@pytest.mark.parametrize("password", ["", "Correct-horse-9", "x" * 4096, "😀" * 100, "\ud800"])
def test_other_passwords_are_not(password):
    assert not is_leaked(password)


def test_all_of_djangos_own_list_is_found():
    with gzip.open(CommonPasswordValidator().DEFAULT_PASSWORD_LIST_PATH, "rt") as file:
        known = [line.strip() for line in file]

    long_ones = [password for password in known if len(password) >= SHORTEST]
    assert len(long_ones) > 8000
    assert all(map(is_leaked, long_ones))


def test_strong_passwords_are_hardly_ever_taken_for_leaked_ones():
    assert not any(is_leaked(f"{number}-Strong-{number * 7919}") for number in range(2000))


def test_a_lookup_takes_microseconds():
    taken = []
    for number in range(1000):
        started = time.perf_counter()
        is_leaked(f"Correct-horse-{number}")
        taken.append(time.perf_counter() - started)

    assert median(taken) < 0.001


def test_what_the_other_rules_refuse_is_left_out_of_the_largest_source():
    assert is_possible("p@ssw0rd")
    assert not is_possible("password")
    assert not is_possible("12345678!")
    assert len(digest_of("p@ssw0rd")) == SIZE

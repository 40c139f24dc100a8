"""How one name resembles another (rule IIS102)."""

import pytest

from iisight.rules.configuration._lookalike import MAX_NAME, Trick, edit_distance, resembles

STOCK = frozenset({"HttpLoggingModule", "UriCacheModule", "CgiModule", "IpRestrictionModule", "RewriteModule"})


@pytest.mark.parametrize(
    ("name", "trick"),
    [
        ("HttpL0ggingModule", Trick.DIGIT),
        ("RewriteModu1e", Trick.DIGIT),
        ("lpRestrictionModule", Trick.DIGIT),
        ("HttpLоggingModule", Trick.FOREIGN),
        ("ＨttpLoggingModule", Trick.FOREIGN),
        ("HttpLogging\u200bModule", Trick.FOREIGN),
        ("httploggingmodule", Trick.CASE),
        ("HttpLogingModule", Trick.ONE_EDIT),
        ("HttpLogignModule", Trick.TWO_EDITS),
        ("RewirteModule", Trick.ONE_EDIT),
        ("UrlCacheModule", Trick.ONE_EDIT),
    ],
)
def test_a_look_alike_is_told_by_its_trick(name: str, trick: Trick) -> None:
    found = resembles(name, STOCK, 2)
    assert found is not None
    assert found.trick is trick


@pytest.mark.parametrize(
    "name",
    [
        "HttpLoggingModule",
        "HttpLoggingModule2",
        "RewriteModule_64bit",
        "RewriteModule-4.0",
        "RewriteModule x64",
        "CgxModule",
        "ReadwiseModule",
        "Rewrite" * 40,
        "",
    ],
)
def test_a_name_of_its_own_resembles_nothing(name: str) -> None:
    assert resembles(name, STOCK, 2) is None


def test_names_over_the_bound_are_not_compared() -> None:
    name = "a" * (MAX_NAME + 1)
    assert resembles(name, {name[:-1]}, 2) is None


def test_no_edit_is_allowed_when_the_option_says_so() -> None:
    assert resembles("HttpLogingModule", STOCK, 0) is None


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [("", "", 0), ("ab", "ba", 1), ("abc", "ab", 1), ("abc", "xbz", 2), ("abcd", "wxyz", 3), ("", "ab", 2)],
)
def test_distance_counts_edits_and_swaps_up_to_the_bound(one: str, other: str, distance: int) -> None:
    assert edit_distance(one, other, 2) == distance
    assert edit_distance(other, one, 2) == distance

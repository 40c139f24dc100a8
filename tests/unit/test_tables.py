"""Tables of facts are read in one place, and one that is out of shape is no table."""

import pytest

from iisight.tables import cells, rows, split_table


def test_remarks_and_blank_lines_are_no_rows() -> None:
    assert split_table('# a, remark\na,b\n\n1,"2,3"\n# another\n') == ({"a": "1", "b": "2,3"},)


@pytest.mark.parametrize("text", ["a,b\n1\n", "a,b\n1,2,3\n", ""])
def test_a_table_out_of_shape_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"argument|unpack"):
        split_table(text)


def test_cells_and_rows_of_a_table_are_the_same() -> None:
    package, table = "iisight.parsers.commands", "places"
    assert cells(package, table) == tuple(tuple(row.values()) for row in rows(package, table))

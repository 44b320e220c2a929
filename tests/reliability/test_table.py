"""The table of results can be renewed, whole or in part."""

from __future__ import annotations

from pathlib import Path

from .table import HEAD, Row, renewed

PAGE = f"# Reliability\n\n{HEAD}| P1 | kills | 100 kills |\n| P3 | readers | 8 readers |\n\nMore.\n"


def test_a_part_renews_its_own_rows_and_adds_new_ones_in_the_order_of_the_promises() -> None:
    rows = [Row("P3", "readers", "9 readers"), Row("P2", "posts", "0 doubles")]

    assert renewed(PAGE, rows, whole=False) == (
        f"# Reliability\n\n{HEAD}| P1 | kills | 100 kills |\n| P2 | posts | 0 doubles |\n| P3 | readers | 9 readers |\n"
        "\nMore.\n"
    )


def test_the_whole_leaves_no_row_of_a_test_that_is_gone() -> None:
    assert renewed(PAGE, [Row("P1", "kills", "7 kills")], whole=True) == (
        f"# Reliability\n\n{HEAD}| P1 | kills | 7 kills |\n\nMore.\n"
    )


def test_the_page_has_one_and_nothing_new_leaves_it_as_it_is() -> None:
    page = Path(__file__).parents[2].joinpath("docs/reliability.md").read_text(encoding="utf-8")

    assert renewed(page, [], whole=False) == page

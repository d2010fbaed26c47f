"""How much chance a run of the tests is given: a little in each, all of it in `make test-all` (DX_EXAMPLES=all).

What is repeated to come upon rare cases (moments of a kill, examples of a property, figures traced) says both numbers.
"""

from __future__ import annotations

import os

ALL = os.environ.get("DX_EXAMPLES") == "all"


def times(few: int, all_of_them: int) -> int:
    """How often: in a usual run, in the thorough one."""
    return all_of_them if ALL else few

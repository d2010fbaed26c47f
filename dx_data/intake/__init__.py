"""The one chain from bytes to figures: door → plan → load → receipt. Screens and command line both call it.

What people decide about a file on the way (`Wish`) is remembered by the load that needed it, and by nothing else.
"""

from dx_data.intake.loading import forget, load, record_refusal, undo
from dx_data.intake.returning import can_be_returned, returned_book
from dx_data.intake.reviewed import Reviewed, TableFacts, Wish
from dx_data.intake.reviewing import About, Progress, as_of_in, files_in, review, review_reference

__all__ = [
    "About",
    "Progress",
    "Reviewed",
    "TableFacts",
    "Wish",
    "as_of_in",
    "can_be_returned",
    "files_in",
    "forget",
    "load",
    "record_refusal",
    "returned_book",
    "review",
    "review_reference",
    "undo",
]

"""Questions nobody foresaw: SQL that people type, asked of a copy without personal columns in processes of its own."""

from dx_data.analysis.answered import Answered
from dx_data.analysis.limits import Limits
from dx_data.analysis.workbench import CopiedColumn, CopiedTable, Workbench

__all__ = ["Answered", "CopiedColumn", "CopiedTable", "Limits", "Workbench"]

"""The only room that writes data: plan, load, undo, snapshots, copies, on DuckLake.

A lake is a catalogue (SQLite, WAL) and Parquet files. One file is one load is one transaction is one snapshot; who,
what and as of when ride in the snapshot's commit message, so the history of loads is the history of snapshots.
"""

from dx_data.lake.across import notices
from dx_data.lake.history import Load, Origin
from dx_data.lake.lake import Lake
from dx_data.lake.moment import Moment
from dx_data.lake.place import destroy, exists, network_filesystem
from dx_data.lake.plan import Change, Part, PartPlan, Plan, doubled_problem, vanished_problem
from dx_data.lake.reference import Reference, kept

__all__ = [
    "Change",
    "Lake",
    "Load",
    "Moment",
    "Origin",
    "Part",
    "PartPlan",
    "Plan",
    "Reference",
    "destroy",
    "doubled_problem",
    "exists",
    "kept",
    "network_filesystem",
    "notices",
    "vanished_problem",
]

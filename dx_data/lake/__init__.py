"""The only room that writes data: plan, load, undo, snapshots, copies, on DuckLake.

A lake is a catalogue (SQLite, WAL) and Parquet files. One file is one load is one transaction is one snapshot; who,
what and as of when ride in the snapshot's commit message, so the history of loads is the history of snapshots.
"""

import sys

from dx_data import CallableRoom
from dx_data.lake import anew, copies, received
from dx_data.lake.across import notices
from dx_data.lake.copies import Copied, Copies
from dx_data.lake.history import Load, Origin
from dx_data.lake.lake import Lake
from dx_data.lake.moment import Moment
from dx_data.lake.pages import pages
from dx_data.lake.place import CATALOGUE, LEDGER, data_folder, destroy, exists, local, network_filesystem, turn
from dx_data.lake.plan import Change, Part, PartPlan, Plan, doubled_problem, vanished_problem
from dx_data.lake.received import KEPT
from dx_data.lake.reference import Reference, kept, titled
from dx_data.lake.stored import Catalogue, digest_of, sha256

__all__ = [
    "CATALOGUE",
    "KEPT",
    "LEDGER",
    "Catalogue",
    "Change",
    "Copied",
    "Copies",
    "Lake",
    "Load",
    "Moment",
    "Origin",
    "Part",
    "PartPlan",
    "Plan",
    "Reference",
    "anew",
    "copies",
    "data_folder",
    "destroy",
    "digest_of",
    "doubled_problem",
    "exists",
    "kept",
    "local",
    "network_filesystem",
    "notices",
    "pages",
    "received",
    "sha256",
    "titled",
    "turn",
    "vanished_problem",
]

sys.modules[__name__].__class__ = CallableRoom

"""The only room that writes data: plan, load, undo, snapshots, copies, on DuckLake.

A lake is a catalogue (in SQLite, or on a PostgreSQL server) and Parquet files. One file is one load is one transaction
is one snapshot; who, what and as of when ride in the snapshot's commit message, so the history of loads is the history
of snapshots.
"""

import sys

from dx_data import CallableRoom
from dx_data.lake import anew, copies, received
from dx_data.lake.across import notices
from dx_data.lake.address import at, destroy, exists, records
from dx_data.lake.book import Book, FileBook, Torn
from dx_data.lake.copies import Copied, Copies
from dx_data.lake.files import Files, FolderFiles, Stored, erase
from dx_data.lake.folder import network_filesystem
from dx_data.lake.history import Load, Origin
from dx_data.lake.lake import Lake
from dx_data.lake.moment import Moment
from dx_data.lake.place import CATALOGUE, LEDGER, TABLES, Place, Taken
from dx_data.lake.plan import Change, Part, PartPlan, Plan, doubled_problem, twin_problem, vanished_problem
from dx_data.lake.received import KEPT
from dx_data.lake.records import Records
from dx_data.lake.reference import Reference, kept, titled
from dx_data.lake.stored import Catalogue, digests_of_catalogue, parquet, sha256

__all__ = [
    "CATALOGUE",
    "KEPT",
    "LEDGER",
    "TABLES",
    "Book",
    "Catalogue",
    "Change",
    "Copied",
    "Copies",
    "FileBook",
    "Files",
    "FolderFiles",
    "Lake",
    "Load",
    "Moment",
    "Origin",
    "Part",
    "PartPlan",
    "Place",
    "Plan",
    "Records",
    "Reference",
    "Stored",
    "Taken",
    "Torn",
    "anew",
    "at",
    "copies",
    "destroy",
    "digests_of_catalogue",
    "doubled_problem",
    "erase",
    "exists",
    "kept",
    "network_filesystem",
    "notices",
    "parquet",
    "received",
    "records",
    "sha256",
    "titled",
    "twin_problem",
    "vanished_problem",
]

sys.modules[__name__].__class__ = CallableRoom

"""What proves that nothing stored was changed: the digests that the ledger's lines noted when it was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dx_data.custody.ledger import Act, Ledger
from dx_data.errors import Problem
from dx_data.lake import CATALOGUE, KEPT, TABLES


@dataclass(frozen=True)
class Proof:
    """Digests by name as in a backup: `catalog.sqlite`, `tables/…` and `kept/…`.

    The catalogue's is None where none was noted (by an earlier release), or a killed load is not settled yet.
    """

    files: Mapping[str, str]
    catalogue: str | None

    @classmethod
    def of(cls, ledger: Ledger) -> Proof:
        """What the ledger noted, up to now. To be taken within a turn."""
        files: dict[str, str] = {}
        catalogue, newest = None, -1
        for line in ledger.lines_of(Act.LOAD, Act.UNDO, Act.INSPECTED, Act.DISPOSED, Act.RESTORED):
            if line.act == Act.DISPOSED:  # the lake was made anew from what was kept of the other loads
                gone = set(line.detail["gone"])
                files = {name: digest for name, digest in files.items() if name.startswith(KEPT) and name not in gone}
                catalogue, newest = None, -1
            files |= {f"{TABLES}{path}": digest for path, digest in line.detail.get("files", {}).items()}
            files |= {name: facts["sha256"] for name, facts in line.detail.get("kept", {}).items()}
            if "catalogue" in line.detail and line.detail["snapshot"] >= newest:
                catalogue, newest = line.detail["catalogue"], line.detail["snapshot"]
        return cls(files, None if ledger.open_intents() else catalogue)

    @property
    def kept(self) -> list[str]:
        """The names of what is kept of loaded files."""
        return sorted(name for name in self.files if name.startswith(KEPT))

    def differing(self, found: Mapping[str, str | None]) -> Iterator[Problem]:
        """A fault for every name whose digest was noted and is another now; None stands for a file that is gone."""
        noted = {**self.files, **({CATALOGUE: self.catalogue} if self.catalogue else {})}
        for name, digest in found.items():
            if name in noted and digest != noted[name]:
                told = "がありません" if digest is None else "が書き換わっています"
                yield Problem(
                    stage="proof",
                    rule="proof.missing" if digest is None else "proof.changed",
                    message=f"保存したファイル『{name}』{told}",
                    fix="`dx inspect` で点検し、正しい控えから復元してください",
                )

"""What an import did, in the words of the contract: the same for a job in the database and for a dry run."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from generation.catalog.feed import RowError
from generation.catalog.importer import Counts
from generation.models import ImportJob, ImportRowError

MOST_LISTED = 1000


@dataclass
class Problems:
    """The first of many problems, and how many there are."""

    total: int = 0
    first: list[dict[str, Any]] = field(default_factory=list)

    def add(self, line: int, column: str, reason: str) -> None:
        self.total += 1
        if len(self.first) < MOST_LISTED:
            self.first.append({"line": line, "column": column, "reason": reason})

    @property
    def more(self) -> int:
        return self.total - len(self.first)


@dataclass
class Report:
    """Rows by what became of them; `errors` refused rows, `warnings` left a value out of a row that was taken."""

    counts: Counts = field(default_factory=Counts)
    refused: int = 0
    rows: int = 0
    errors: Problems = field(default_factory=Problems)
    warnings: Problems = field(default_factory=Problems)

    def note(self, problems: Iterable[RowError]) -> None:
        for problem in problems:
            (self.errors if problem.severity == "error" else self.warnings).add(
                problem.line, problem.column, problem.reason
            )

    @property
    def accepted(self) -> int:
        return self.counts.created + self.counts.updated + self.counts.unchanged

    def as_dict(self, seconds: float) -> dict[str, Any]:
        """The object that `import_catalog --json` prints; `more_errors` counts those not listed."""
        return {
            "accepted": self.accepted,
            **asdict(self.counts),
            "refused": self.refused,
            "seconds": round(seconds, 2),
            "errors": self.errors.first,
            "more_errors": self.errors.more,
            "warnings": self.warnings.first,
            "more_warnings": self.warnings.more,
        }


def of_job(job: ImportJob) -> Report:
    """The report of a job as far as it has come; three queries and at most 2,000 rows."""
    report = Report(counts=Counts(job.created, job.updated, job.unchanged), refused=job.refused, rows=job.rows_read)
    for severity, problems in (
        (ImportRowError.Severity.ERROR, report.errors),
        (ImportRowError.Severity.WARNING, report.warnings),
    ):
        rows = job.row_errors.filter(severity=severity)
        for row in rows[:MOST_LISTED]:
            problems.add(row.line, row.column, row.reason)
        problems.total = rows.count()
    return report

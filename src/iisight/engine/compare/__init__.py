"""What differs between two reports of one server: what came, went, changed, moved, and what cannot be told.

Order, white space, shifted lines, names inside the evidence and the version of iisight make no difference. A thing that
one side lacks is gone only where that side read what would hold it.
"""

from iisight._version import __version__
from iisight.engine.compare.change import in_order
from iisight.engine.compare.components import components
from iisight.engine.compare.files import binaries, configuration_files
from iisight.engine.compare.findings import coverage, findings
from iisight.engine.compare.settings import settings
from iisight.engine.compare.view import views
from iisight.model.baseline import Baseline
from iisight.model.comparison import COMPARISON_SCHEMA, Compared, Comparison
from iisight.model.report import Report

__all__ = ["compare"]


def compare(old: Report | Baseline, new: Report | Baseline, *, one_place: bool = False) -> Comparison:
    """Return everything that differs between two reports, or a baseline and a report, the weightiest first.

    `one_place`: both are of the same place, of which all was listed: what a side does not have was not there.
    """
    before, after = views(_report(old), _report(new), one_place=one_place)
    both, changes = components(before, after)
    return Comparison(
        schema=COMPARISON_SCHEMA,
        version=__version__,
        old=_compared(old),
        new=_compared(new),
        changes=in_order(
            (
                *changes,
                *binaries(both, before, after),
                *configuration_files(before, after),
                *settings(before, after),
                *findings(before, after),
                *coverage(before, after),
            )
        ),
    )


def _report(side: Report | Baseline) -> Report:
    return side.report if isinstance(side, Baseline) else side


def _compared(side: Report | Baseline) -> Compared:
    report = _report(side)
    signed = side.signed if isinstance(side, Baseline) else ""
    gaps = sum(gap.count for gap in report.gaps)
    return Compared(report.evidence, report.version, report.time, report.mapping, gaps, signed)

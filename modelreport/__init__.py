"""One command turns any deep-learning checkpoint into one report that a reviewer trusts.

>>> import modelreport
>>> report = modelreport.build("model.pth")          # doctest: +SKIP
>>> report.save("report.html")                       # doctest: +SKIP
"""

from modelreport.api import Report, build
from modelreport.errors import (
    CorruptFileError,
    LoadError,
    MissingDependencyError,
    MissingFileError,
    ModelReportError,
    OptionsError,
    OutputError,
    UnknownFormatError,
)

__all__ = [
    "CorruptFileError",
    "LoadError",
    "MissingDependencyError",
    "MissingFileError",
    "ModelReportError",
    "OptionsError",
    "OutputError",
    "Report",
    "UnknownFormatError",
    "build",
]

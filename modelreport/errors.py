"""The errors a user can meet. Each is one clear line and a hint; the command prints them and exits with 2."""

from __future__ import annotations

from collections.abc import Callable


class ModelReportError(Exception):
    """Base of all errors of this package.

    ``message`` is one sentence that names the file or option and the reason; ``hint`` says what to do, or is empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[Callable[..., ModelReportError], tuple[object, ...]]:
        return _again, (type(self), self.message, self.hint)


def _again(kind: type[ModelReportError], message: str, hint: str) -> ModelReportError:
    """The error that another process raised."""
    error = kind.__new__(kind)
    ModelReportError.__init__(error, message, hint)
    return error


class LoadError(ModelReportError):
    """A checkpoint could not be read."""


class UnknownFormatError(LoadError):
    """The file is none of the formats in ``load.FORMATS``."""


class CorruptFileError(LoadError):
    """The file is of a known format but truncated, inconsistent or hostile beyond reading."""


class MissingFileError(LoadError):
    """The path, or a file it refers to, does not exist or cannot be opened."""


class ChangedError(LoadError):
    """A file was written to, or replaced, while it was read."""

    def __init__(self, place: object) -> None:
        super().__init__(f"{place} changed while it was read.", "Try again when nobody writes to it.")


class MissingDependencyError(ModelReportError):
    """A package that this input or output needs is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package}, which is not installed.",
            f"pip install 'modelreport[{extra}]'" if extra else f"pip install {package}",
        )
        self.package = package
        self.extra = extra


class OptionsError(ModelReportError):
    """An option has a value that cannot be used."""


class OutputError(ModelReportError):
    """A report could not be written."""

"""A bound on the work that one file may cause, since a small pickle can share one large value a million times."""

from __future__ import annotations

WORK_LIMIT = 2_000_000
TENSOR_COST = 5
"""What a tensor counts for: it is copied for each of its names."""


class ExhaustedError(Exception):
    """The bound is reached; what was found so far stays valid."""


class Budget:
    """Counts entries that are looked at."""

    def __init__(self, limit: int = WORK_LIMIT) -> None:
        self.left = limit

    def spend(self, amount: int) -> None:
        """Take ``amount`` off; ``ExhaustedError`` when there is nothing left."""
        self.left -= amount
        if self.left < 0:
            raise ExhaustedError

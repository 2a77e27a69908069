"""From records to a table with totals."""

from __future__ import annotations

from benchmarks.sweep.processes import Record


def verdict(record: Record) -> str:
    """One word for a record: *works*, *wrong shapes*, *failed* or *unbuildable*."""
    if "died" in record:
        return "failed"
    if record["status"] != "ran":
        return record["status"]
    if record["check"] == "different":
        return "wrong shapes"
    if record["check"] == "real pass failed":
        return "real pass failed"
    return "works"


def line(record: Record) -> str:
    """A record on one line, as it comes in."""
    why = next((str(record[key]) for key in ("reason", "died", "real_error") if record.get(key)), "")
    return f"{record['library']} {record['name']}: {verdict(record)}  {why}  {record['seconds']:.1f} s"

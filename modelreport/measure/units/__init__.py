"""Units of the model, told from its values: dead, weak, repeated, never trained."""

from modelreport.measure.units.rows import tell_rows
from modelreport.measure.units.survey import duplicated, units

__all__ = ["duplicated", "tell_rows", "units"]

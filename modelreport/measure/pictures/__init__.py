"""Weights that can be looked at, where a layer is recognised by its type, shape and place, never by a guess alone."""

from modelreport.measure.pictures.survey import pictures

__all__ = ["pictures"]

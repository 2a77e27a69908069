"""Singular values of the weight matrices, and what they say."""

from modelreport.measure.spectra.survey import spectra

__all__ = ["spectra"]

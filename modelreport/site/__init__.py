"""A catalogue of all models in a folder: one page to find them, one page for each."""

from modelreport.site.build import Outcome, build_site
from modelreport.site.plan import Plan

__all__ = ["Outcome", "Plan", "build_site"]

"""Room 2: which architecture a checkpoint belongs to, and its module tree."""

from modelreport.identify.identification import identify
from modelreport.identify.nearest import nearest_known
from modelreport.identify.patterns import outline
from modelreport.identify.structure import describe

__all__ = ["describe", "identify", "nearest_known", "outline"]

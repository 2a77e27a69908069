"""What narrower number formats would do to the weights, computed from the real values."""

from modelreport.measure.precision.losses import keep_losses
from modelreport.measure.precision.totals import precision

__all__ = ["keep_losses", "precision"]

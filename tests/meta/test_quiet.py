"""What models and libraries would say, and to whom."""

from __future__ import annotations

import logging
import sys
import threading
import warnings

from modelreport.meta import quiet, unheard, without_warnings
from tests.overlap import overlap


def test_warnings_and_logs_of_constructors_are_silent_and_levels_come_back():
    logger, filters = logging.getLogger("transformers"), list(warnings.filters)
    before = logger.level
    with quiet():
        warnings.warn("for whoever trains", stacklevel=1)
        assert not logger.isEnabledFor(logging.WARNING)
    assert (logger.level, warnings.filters) == (before, filters)


def test_warnings_come_back_when_threads_leave_in_the_order_they_came():
    filters = list(warnings.filters)
    assert overlap(without_warnings, lambda: warnings.filters[0][0]) == "ignore"
    assert warnings.filters == filters


def test_only_the_thread_inside_is_unheard(capsys):
    def say():
        sys.stdout.write("another thread\n")

    with unheard():
        sys.stdout.write("the model\n")
        thread = threading.Thread(target=say)
        thread.start()
        thread.join()
    sys.stdout.write("afterwards\n")
    assert capsys.readouterr().out == "another thread\nafterwards\n"

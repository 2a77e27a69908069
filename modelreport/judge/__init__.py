"""Room 5: from the facts to findings and one verdict."""

from modelreport.judge.judgement import RULES, give_verdict, judge

__all__ = ["RULES", "give_verdict", "judge"]

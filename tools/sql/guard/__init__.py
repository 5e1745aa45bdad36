"""The interlock: text, grammar, tree, names, bounds, policy, agreement, recheck."""

from clearway.tools.sql.guard.interlock import LayerReport, SqlInterlock
from clearway.tools.sql.guard.vocabulary import STANDARD, Vocabulary

__all__ = ["STANDARD", "LayerReport", "SqlInterlock", "Vocabulary"]

"""From utterances to suggested codes."""

from autocode.classify.statements import Statements
from autocode.classify.zeroshot import Scored, ZeroShot

__all__ = ["Scored", "Statements", "ZeroShot"]

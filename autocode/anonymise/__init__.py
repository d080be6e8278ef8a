"""Names of people, firms and places out of transcripts, for copies that can be shown to others.

key = make_key(transcripts, listed=read_names(path, ordinary=...), ordinary=...)
anonymise("Dr. Smith called Havnkraft.", key)  # "[Person 1] called [Firm 1]."
"""

from autocode.anonymise.names import Key, Name, format_key, read_key, read_names
from autocode.anonymise.numbered import numbered_key
from autocode.anonymise.plan import Plan, make_key, make_plan, still_named
from autocode.anonymise.remaining import Remaining, remaining
from autocode.anonymise.replace import anonymise

__all__ = [
    "Key", "Name", "Plan", "Remaining", "anonymise", "format_key", "make_key", "make_plan", "numbered_key",
    "read_key", "read_names", "remaining", "still_named",
]  # fmt: skip

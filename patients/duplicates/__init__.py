"""Records that are likely of one person: which, why, and how sure.

Candidates come from indexes (`candidates`), never from comparing all pairs; what agrees and
differs in each is weighed in Python (`comparing`), after I. P. Fellegi and A. B. Sunter, "A Theory
for Record Linkage", JASA 64 (1969) 1183-1210. `manage.py measure_duplicates` says how well.
"""

from patients.duplicates.comparing import Comparison, compare
from patients.duplicates.finding import Twin, compare_on_record, find_and_keep, twins_of

__all__ = ["Comparison", "Twin", "compare", "compare_on_record", "find_and_keep", "twins_of"]

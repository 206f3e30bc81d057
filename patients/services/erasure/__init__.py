"""A patient's data erased: what goes, what is kept under a pseudonym and why, and the protocol.

`erase()` does it, `plan()` says beforehand what it would do.
"""

from patients.services.erasure.erase import Plan, erase, forget_sealed, open_sealed, plan

__all__ = ["Plan", "erase", "forget_sealed", "open_sealed", "plan"]

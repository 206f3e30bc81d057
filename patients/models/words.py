"""The words that names are made of."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models


class NameWord(models.Model):
    """A word of patients' names, folded, for finding what one with a typo stands for.

    A trigger of the table of patients adds them, without waiting for others who add the same
    word at that moment: it may be there twice.
    """

    id = models.BigAutoField(primary_key=True)
    word = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["word"], name="name_word"),
            GinIndex(fields=["word"], name="name_word_like", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.word

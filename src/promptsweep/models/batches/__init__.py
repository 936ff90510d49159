"""A vendor's Batch API as a model: every call joins the next batch, for a part of the price."""

from __future__ import annotations

from promptsweep.models.batch_terms import Terms
from promptsweep.models.batches.batch import Counts
from promptsweep.models.batches.model import WINDOW, BatchModel
from promptsweep.models.batches.notes import Note, Notes

__all__ = ["WINDOW", "BatchModel", "Counts", "Note", "Notes", "Terms"]

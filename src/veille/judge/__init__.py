"""Pure verdicts: which article an entry is, how a source is doing, what stands in the place of an answer."""

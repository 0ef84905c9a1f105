"""The sentences by theme: every module here that holds a dictionary `WORDINGS` (kind -> Wording) takes part."""

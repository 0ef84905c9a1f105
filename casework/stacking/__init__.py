"""就高不重复: by what a benefit is known, what may be the same one, and what was received elsewhere."""

"""Acts, guards and automatic steps on cases: the single entry point to the records, free of the workflow engine."""

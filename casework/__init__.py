"""Acts, guards and automatic steps on cases: the one door to the records, free of the workflow engine."""

"""The steps as tasks: one verb a file, each over a set of cases; an adapter between the engine and casework."""

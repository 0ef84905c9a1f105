"""The command line: thin commands that parse, call the casework and show what it answered."""

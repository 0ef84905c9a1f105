"""Spreadsheets in and out: guarded before they are parsed, read strictly, answered row by row, written inert."""

"""The list of files that were found: its rows, how their text is cut and painted, its keys."""

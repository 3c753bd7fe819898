"""The quick search: one line over whatever is on the screen, results below it."""

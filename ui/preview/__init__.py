"""The pane beside the results: what the file is, what can be done with it, and the passages that were found."""

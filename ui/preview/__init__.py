"""The pane beside the results: what a file is, what can be done with it, and the file itself at the place found."""

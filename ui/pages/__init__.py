"""What a page of the window is, and which there are; the pages beside Find."""

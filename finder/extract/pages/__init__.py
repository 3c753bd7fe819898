"""What is laid out in pages to be printed, and how a page is shown."""

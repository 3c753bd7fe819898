"""Text with tags or marks in it, and the books that are made of it."""

"""What the Index page is made of: how far the index is, its folders, what could not be read, what it takes."""

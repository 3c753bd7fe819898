"""The first start: which folders there are, what of them is read, and how long it takes."""

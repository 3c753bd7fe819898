"""The Find page: the box one types into, what was understood of it, the files found, and what stands where none are."""

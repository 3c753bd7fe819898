"""Tables: workbooks, and rows of plain text."""

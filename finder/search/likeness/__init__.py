"""Files like others: copies and versions, the same kind, the same subject; and copies in a whole folder."""

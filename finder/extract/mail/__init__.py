"""Mail, one message or many, as programs keep it."""

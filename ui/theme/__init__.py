"""How Inkling looks: colours, type, icons, and their application to Qt. Knows nothing of files or of the service."""

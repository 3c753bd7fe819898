"""Inkling in other programs: "Find similar files" in the file managers, the start with the session. No Qt, no engine.

Each target writes files (or registry values) of its own into folders of the user, and knows its own again.
"""

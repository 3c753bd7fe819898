"""The topics page: the map of what the files are about, the list of topics beside it, and a topic's files."""

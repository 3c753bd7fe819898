"""Text that is only text: how its bytes become characters, and how what was printed becomes words again."""

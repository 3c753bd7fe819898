"""What Inkling says, in English and Chinese: the translations' reader, and phrases that many places use."""

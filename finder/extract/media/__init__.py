"""Pictures, sound and film by the words that are in them; pictures as pixels."""

"""What the app asks of the desktop beyond a window: a key that works everywhere, and to come to the front."""

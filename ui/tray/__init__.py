"""The icon in the desktop's tray, where there is one. Nothing depends on it."""

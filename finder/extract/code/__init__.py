"""Programs and notebooks."""

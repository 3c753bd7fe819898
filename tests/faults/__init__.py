"""Faults on purpose: processes killed, files damaged. What was acknowledged must survive each of them."""

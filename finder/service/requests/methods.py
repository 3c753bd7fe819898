"""What a group of requests is: each method's name, and what answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from finder.service.connection import Reply
from finder.types import JsonObject

Methods = dict[str, Callable[[JsonObject, Reply], Any]]

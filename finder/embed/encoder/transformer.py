"""A model's weights as transformers loads them: from safetensors of this computer alone, and never code beside them.

Imports torch and transformers, which takes seconds: only models that are not computed by `bert.py` need it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoModel
from transformers.utils import logging

from finder.errors import ModelUnavailableError


def load_transformer(folder: Path, dtype: torch.dtype, device: torch.device) -> Any:
    """The model in `folder`, ready to compute.

    Raises:
        ModelUnavailableError: it cannot be read, or its weights are not those of what its configuration describes.
    """
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        model, told = AutoModel.from_pretrained(
            folder,
            dtype=dtype,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        raise _unusable(folder, f"transformers cannot load it ({type(error).__name__}).") from error
    absent = sorted(name for name in told["missing_keys"] if not name.startswith("pooler."))
    if absent or told["mismatched_keys"]:
        raise _unusable(folder, f"Its weights do not fit its config.json: {(absent or ['their shapes'])[0]}.")
    return model.eval().requires_grad_(False).to(device)


def _unusable(folder: Path, why: str) -> ModelUnavailableError:
    hint = "Get it again, or choose another: inkling model list"
    return ModelUnavailableError("The model cannot be used", why, hint, str(folder))

"""What a folder in the sentence-transformers layout says of its model. Reads JSON alone; imports no model library.

A model is more than its weights: which token's vector is taken, what is put before a query, where a text is cut. All of
it stands in small files beside them, and what is not understood there is refused: a model computed in another way than
it was trained gives vectors that look sound and find nothing.

Source: https://sbert.net/docs/sentence_transformer/usage/custom_models.html, "Structure of ... Models".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from finder.embed.models import Pooling
from finder.errors import ModelUnavailableError

CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
MODULES = "modules.json"
WEIGHTS = "model.safetensors"
WEIGHTS_INDEX = "model.safetensors.index.json"

_JSON_LIMIT_BYTES = 64 << 20
_SHARD = re.compile(r"[\w.-]+\.safetensors")
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_POOLINGS: dict[str, Pooling] = {"mean": "mean", "lasttoken": "last", "cls": "cls"}
_OLD_POOLINGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
"""How poolings were named before sentence-transformers 5.4, each with true or false."""
_INSTRUCTED = re.compile(r"Instruct: (?P<task>[^\n]*)\nQuery:(?P<space> ?)")
_QUERY_PROMPTS = ("query",)
_PASSAGE_PROMPTS = ("document", "passage", "corpus")
"""In the order in which `encode_query` and `encode_document` of sentence-transformers look for them."""
_MOST_TOKENS = 32_768
_OTHERS = "Choose another model. To see which there are: inkling model list"


@dataclass(frozen=True, slots=True)
class Layout:
    """How the model in a folder is to be computed."""

    model_type: str
    """The architecture's name in transformers."""
    weights: tuple[str, ...]
    """Files with weights, in order."""
    described_by: tuple[str, ...]
    """Every other file that was read here, and the tokenizer's."""
    pooling: Pooling
    dimension: int
    max_tokens: int
    passage_prefix: str
    query_template: str
    query_instruction: str
    linear_parameters: int
    """Those that every token is multiplied with, as far as the configuration tells; 0 where it does not."""


def read_layout(folder: Path) -> Layout:
    """Read what `folder` says of its model.

    Raises:
        ModelUnavailableError: a file is missing or unreadable, or asks for what this program does not compute.
    """
    return _Reader(folder).layout()


class _Reader:
    """One folder being read; remembers which files it was told by."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: list[str] = []

    def layout(self) -> Layout:
        if not self._folder.is_dir():
            self._refuse("There is no such folder.", "Check the path, or connect the drive.")
        weights = self._weights()
        config = self._needed(CONFIG, "it tells the architecture")
        if config.get("auto_map"):
            self._refuse("It comes with program code of its own, which is never run.")
        if not (self._folder / TOKENIZER).is_file():
            self._refuse(f"{TOKENIZER} is missing: how text becomes tokens is not known.")
        modules = self._modules()
        prompts = self._prompts(modules)
        query, instruction = _query_template(prompts["query"])
        pooling = self._pooling(modules, has_prompts=any(prompts.values()))
        max_tokens = self._max_tokens(config)
        return Layout(
            model_type=str(config.get("model_type", "")),
            weights=weights,
            described_by=(*self._read, TOKENIZER),
            pooling=pooling,
            dimension=self._count(config, "hidden_size"),
            max_tokens=max_tokens,
            passage_prefix=prompts["passage"],
            query_template=query,
            query_instruction=instruction,
            linear_parameters=_linear_parameters(config),
        )

    # Weights

    def _weights(self) -> tuple[str, ...]:
        """The safetensors files, or why there are none that may be loaded."""
        if (self._folder / WEIGHTS).is_file():
            return (WEIGHTS,)
        index = self._optional(WEIGHTS_INDEX)
        if index is None:
            pickled = sorted(path.name for pattern in _PICKLES for path in self._folder.glob(pattern))
            if pickled:
                self._refuse(
                    f"Its weights are a pickle ({pickled[0]}), which can run any program when it is opened.",
                    f"Get the model with {WEIGHTS}, or convert it where that may do no harm.",
                )
            self._refuse(f"{WEIGHTS} is missing.")
        shards = index.get("weight_map")
        names = sorted({str(name) for name in shards.values()}) if isinstance(shards, dict) else []
        if not names or not all(_SHARD.fullmatch(name) for name in names):
            self._refuse(f"{WEIGHTS_INDEX} names no files of weights.")
        missing = [name for name in names if not (self._folder / name).is_file()]
        if missing:
            self._refuse(f"{missing[0]} is missing.", "Copy the whole folder again.")
        return tuple(names)

    # What is done with the last hidden states

    def _modules(self) -> dict[str, str]:
        """Kind of module -> its folder, relative to the model's."""
        listed = self._json(MODULES)
        if listed is None:
            self._refuse(f"{MODULES} is missing: how its vectors are pooled is not known.")
        if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
            self._refuse(f"{MODULES} is no list of modules.")
        modules = {str(item.get("type", "")).rsplit(".", 1)[-1]: str(item.get("path", "")) for item in listed}
        others = [kind for kind in modules if kind not in ("Transformer", "Pooling", "Normalize")]
        if others or len(modules) != len(listed):
            self._refuse(f"It has a step that this version does not compute: {(others or list(modules))[-1][:40]}.")
        if "Pooling" not in modules:
            self._refuse(f"{MODULES} names no pooling.")
        if modules.get("Transformer"):
            self._refuse("Its weights lie in a folder below, as older versions had it.", "Name that folder, if whole.")
        return modules

    def _pooling(self, modules: Mapping[str, str], has_prompts: bool) -> Pooling:
        config = self._needed(self._inside(modules["Pooling"], CONFIG), "it tells the pooling")
        mode = config.get("pooling_mode") or [name for key, name in _OLD_POOLINGS.items() if config.get(key)]
        modes = [mode] if isinstance(mode, str) else list(mode)
        if len(modes) != 1 or modes[0] not in _POOLINGS:
            self._refuse(f"Its pooling ({', '.join(map(str, modes)) or 'none'}) is not computed by this version.")
        if has_prompts and config.get("include_prompt") is False:
            self._refuse("It leaves its prompts out of the mean, which this version does not compute.")
        return _POOLINGS[modes[0]]

    def _inside(self, path: str, name: str) -> str:
        """The name of a file in a module's folder, which may only be one below the model's."""
        if not re.fullmatch(r"[\w-]+", path):
            self._refuse(f"{MODULES} names a folder that does not lie in the model's.")
        return f"{path}/{name}"

    # Text

    def _prompts(self, modules: Mapping[str, str]) -> dict[str, str]:
        """What is put before a query and before a passage."""
        config = self._optional("config_sentence_transformers.json") or {}
        similarity = config.get("similarity_fn_name") or "cosine"
        if similarity != "cosine" and not (similarity == "dot" and "Normalize" in modules):
            self._refuse(f"Its vectors are compared by {str(similarity)[:20]}, not by their angle.")
        named = config.get("prompts") or {}
        if not isinstance(named, dict) or not all(isinstance(prompt, str) for prompt in named.values()):
            self._refuse("Its prompts are no texts.")
        default = named.get(config.get("default_prompt_name") or "", "")
        return {
            "query": next((named[name] for name in _QUERY_PROMPTS if name in named), default),
            "passage": next((named[name] for name in _PASSAGE_PROMPTS if name in named), default),
        }

    def _max_tokens(self, config: Mapping[str, Any]) -> int:
        """The least of what the files allow: a longer text has no position embeddings, or was never trained."""
        told = self._optional("sentence_bert_config.json") or {}
        if told.get("do_lower_case"):
            self._refuse("It lowers the case of every text outside its tokenizer, which this version does not.")
        tokenizer = self._optional("tokenizer_config.json") or {}
        positions = self._count(config, "max_position_embeddings")
        if config.get("model_type") in ("roberta", "xlm-roberta"):
            positions -= 2  # they begin behind the padding token's (transformers, create_position_ids_from_input_ids)
        limits = [_MOST_TOKENS, positions, told.get("max_seq_length"), tokenizer.get("model_max_length")]
        return int(min(limit for limit in limits if isinstance(limit, int | float) and limit > 0))

    # Files

    def _count(self, config: Mapping[str, Any], key: str) -> int:
        value = config.get(key)
        if type(value) is not int or value < 1:
            self._refuse(f"{CONFIG} does not tell its {key}.")
        return value

    def _needed(self, name: str, why: str) -> Mapping[str, Any]:
        found = self._optional(name)
        if found is None:
            self._refuse(f"{name} is missing: {why}.")
        return found

    def _optional(self, name: str) -> Mapping[str, Any] | None:
        found = self._json(name)
        if found is not None and not isinstance(found, dict):
            self._refuse(f"{name} is not what it should be.")
        return found

    def _json(self, name: str) -> Any:
        path = self._folder / name
        if not path.is_file():
            return None
        try:
            if path.stat().st_size > _JSON_LIMIT_BYTES:
                self._refuse(f"{name} is far too large.")
            found = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            self._refuse(f"{name} cannot be read: {error.strerror}.")
        except (ValueError, RecursionError):
            self._refuse(f"{name} is no JSON.")
        self._read.append(name)
        return found

    def _refuse(self, why: str, hint: str = _OTHERS) -> NoReturn:
        raise ModelUnavailableError("This folder holds no model that can be used", why, hint, str(self._folder))


def _linear_parameters(config: Mapping[str, Any]) -> int:
    """The matrices of attention and of the feed-forward network, which has three where it is gated."""
    names = ("hidden_size", "num_hidden_layers", "intermediate_size", "num_attention_heads")
    numbers = [number for name in names if type(number := config.get(name)) is int and number > 0]
    if len(numbers) < len(names):
        return 0
    width, layers, inner, heads = numbers
    head_width = config.get("head_dim") or width // heads
    queries, keys = heads * head_width, (config.get("num_key_value_heads") or heads) * head_width
    matrices = 3 if config.get("hidden_act") == "silu" else 2
    return int(layers * width * (2 * queries + 2 * keys + matrices * inner))


def _query_template(prompt: str) -> tuple[str, str]:
    """A query's template, and the instruction that stands in it where the model takes one."""
    match = _INSTRUCTED.fullmatch(prompt)
    if match is not None:
        return f"Instruct: {{instruction}}\nQuery:{match['space']}{{query}}", match["task"]
    return prompt.replace("{", "{{").replace("}", "}}") + "{query}", ""

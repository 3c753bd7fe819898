"""Text to vectors with torch: this package alone imports torch and transformers, and a worker alone imports it.

embedder.py     Encoder: tokens, batches, threads, memory that runs out
devices.py      which device, and how much of its memory; faults.py what it raises
loading.py      which of these computes a model:
bert.py         BERT, RoBERTa and XLM-R, written out
decoder.py      Qwen3, with the batches and the attention of attention.py
compiling.py    its layers, compiled in the background
stock.py        whatever else transformers knows
"""

#!/usr/bin/env python3
"""Writes rotary.json: cosines and sines of Transformers' LlamaRotaryEmbedding for every type of rotary positions.

    make_rotary.py > rotary.json

Made with transformers 5.18 and torch 2.13. Each case: what config.json says, and of some positions in a text of that many tokens
cosines and sines of the first half of a head.
"""
import json
import torch
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

HEAD = 16
CASES = [
    dict(rope_type="default", rope_theta=10000.0),
    dict(rope_type="default", rope_theta=500000.0),
    dict(rope_type="linear", rope_theta=10000.0, factor=4.0),
    dict(rope_type="dynamic", rope_theta=10000.0, factor=2.0),
    dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=32),
    dict(rope_type="yarn", rope_theta=1000000.0, factor=8.0, original_max_position_embeddings=32, beta_fast=16, beta_slow=2, attention_factor=0.9),
    dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=32, mscale=0.7, mscale_all_dim=1.0),
    dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=32, truncate=False),
    dict(rope_type="longrope", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=32,
         short_factor=[1.0 + 0.05 * i for i in range(HEAD // 2)], long_factor=[1.5 + 0.3 * i for i in range(HEAD // 2)]),
    dict(rope_type="longrope", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=32, attention_factor=1.1,
         short_factor=[1.0 + 0.05 * i for i in range(HEAD // 2)], long_factor=[1.5 + 0.3 * i for i in range(HEAD // 2)]),
    dict(rope_type="llama3", rope_theta=500.0, factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16),
    dict(rope_type="llama3", rope_theta=500000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64),
]
rows = []
for parameters in CASES:
    for length in (8, 32, 33, 128, 200):
        config = LlamaConfig(hidden_size=4 * HEAD, num_attention_heads=4, max_position_embeddings=128, rope_parameters=dict(parameters))
        places = sorted({0, 1, length // 2, length - 1})
        cos, sin = LlamaRotaryEmbedding(config)(torch.zeros(1), torch.arange(length)[None])
        rows.append(dict(rope_parameters=parameters, length=length, positions=places,
                         cosines=[cos[0, p, : HEAD // 2].tolist() for p in places], sines=[sin[0, p, : HEAD // 2].tolist() for p in places]))
print(json.dumps(rows))

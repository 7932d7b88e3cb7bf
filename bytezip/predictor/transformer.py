"""BytePredictor, the byte-level transformer, in floating point: the form that is trained.

Multi-query attention (Shazeer 2019, arXiv:1911.02150), rotary positions (Su et al. 2021, arXiv:2104.09864),
QK-normalisation (Henry et al. 2020, arXiv:2010.04245), RMSNorm without gain (Zhang and Sennrich 2019,
arXiv:1910.07467), ReLU^2 (So et al. 2021, arXiv:2109.08668), logits soft-capped as in Gemma 2 (arXiv:2408.00118).

Knows: torch, shapes.  Does not know: integers (see `integer.py`), optimisers, files.
Shapes: B sequences, T positions, H query heads, G key/value heads, D head size.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bytezip.predictor import attention
from bytezip.predictor.config import START_TOKEN, ModelConfig
from bytezip.predictor.tables import ROTARY_PERIOD, rotary_steps

Tap = Callable[[str, Tensor], Tensor]
"""Sees activations whose range the integer form must know, by their names; returns what goes on in their place."""


def untouched(name: str, activation: Tensor) -> Tensor:
    """The tap of the plain forward pass."""
    return activation


class BytePredictor(nn.Module):
    """Predicts the next byte from the bytes before it.

    Args:
        config: the shape of the model.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size + 1, config.hidden_size)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.num_layers))
        self.head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        nn.init.normal_(self.head.weight, std=0.02)

    def forward(self, tokens: Tensor, tap: Tap = untouched) -> Tensor:
        """Logits of the next byte at each position.

        Args:
            tokens: int64 [B, T], bytes 0..255 or the start token 256.
            tap: measures or rounds activations on their way.

        Returns:
            float [B, T, 256], in nats, within plus and minus `logit_soft_cap`.
        """
        cosine, sine = rotary_angles(self.config, tokens.shape[1], tokens.device)
        hidden = self.embedding(tokens)
        for layer, block in enumerate(self.blocks):
            hidden = block(hidden, cosine, sine, _prefixed(tap, f"layers.{layer}."))
            tap("residual", hidden)
        cap = float(self.config.logit_soft_cap)
        return cap * torch.tanh(self.head(tap("head.norm", rms_norm(hidden))).float() / cap)

    @torch.no_grad()
    def generate(
        self,
        prompt_bytes: bytes,
        max_new_tokens: int = 256,
        temperature: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> bytes:
        """Continues a prompt, byte by byte.

        Args:
            prompt_bytes: what comes before; may be empty.
            max_new_tokens: how many bytes to add, >= 0.
            temperature: 0 takes the most probable byte each time; 1 samples from the model.
            generator: source of randomness, for repeatable output.

        Returns:
            The new bytes, without the prompt.

        Raises:
            ValueError: for a negative temperature or count.
        """
        if max_new_tokens < 0 or temperature < 0:
            raise ValueError("max_new_tokens and temperature must not be negative")
        reach = self.config.num_layers * self.config.attention_window  # farther back nothing is seen
        tokens = [START_TOKEN, *prompt_bytes]
        for _ in range(max_new_tokens):
            window = torch.tensor([tokens[-reach:]], device=self.head.weight.device)
            logits = self(window)[0, -1]
            tokens.append(_sample(logits, temperature, generator))
        return bytes(tokens[1 + len(prompt_bytes) :])

    def key_value_cache_bytes(self, positions: int, bytes_per_number: int = 2) -> int:
        """Memory of the key/value cache for `positions` positions of one sequence, in bytes."""
        return 2 * positions * self.config.num_layers * self.config.key_value_size * bytes_per_number


class Block(nn.Module):
    """One pre-norm layer: attention, then the ReLU^2 layer, each added to the residual stream."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        width = config.hidden_size
        self.q_proj = nn.Linear(width, width, bias=False)
        self.k_proj = nn.Linear(width, config.key_value_size, bias=False)
        self.v_proj = nn.Linear(width, config.key_value_size, bias=False)
        self.o_proj = nn.Linear(width, width, bias=False)
        self.up_proj = nn.Linear(width, config.mlp_size, bias=False)
        self.down_proj = nn.Linear(config.mlp_size, width, bias=False)
        # Attention logits reach from -2**sharpness to 2**sharpness nats.
        self.sharpness = nn.Parameter(torch.tensor(3.0))
        nn.init.zeros_(self.o_proj.weight)
        nn.init.zeros_(self.down_proj.weight)

    def forward(self, hidden: Tensor, cosine: Tensor, sine: Tensor, tap: Tap = untouched) -> Tensor:
        hidden = hidden + self.attend(tap("attention.norm", rms_norm(hidden)), cosine, sine, tap)
        inner = F.relu(self.up_proj(tap("mlp.norm", rms_norm(hidden))))
        widened: Tensor = hidden + self.down_proj(tap("square", inner.square()))
        return widened

    def attend(self, hidden: Tensor, cosine: Tensor, sine: Tensor, tap: Tap) -> Tensor:
        size = self.config.head_size
        query = _split(tap("q", self.q_proj(hidden)), size)
        key = _split(tap("k", self.k_proj(hidden)), size)
        value = _split(tap("v", self.v_proj(hidden)), size)
        query = rotate(rms_norm(query), cosine, sine)
        key = rotate(rms_norm(key), cosine, sine)
        scaled = query * (torch.exp2(self.sharpness) / size).to(query.dtype)
        mixed = attention.local_attention(scaled, key, value, self.config.attention_window)
        projected: Tensor = self.o_proj(tap("mixed", mixed))
        return projected


def rms_norm(x: Tensor) -> Tensor:
    return F.rms_norm(x, (x.shape[-1],), eps=1e-6)


def rotary_angles(config: ModelConfig, length: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosine and sine, each float [T, 1, D/2].

    Frequencies are whole multiples of one turn in ROTARY_PERIOD positions, so that the integer form can look every
    angle up in one table, however long the stream.
    """
    steps = torch.tensor(rotary_steps(config), device=device)
    turns = (torch.arange(length, device=device)[:, None] * steps) % ROTARY_PERIOD
    angle = turns.float() * (2 * math.pi / ROTARY_PERIOD)
    return torch.cos(angle)[:, None, :], torch.sin(angle)[:, None, :]


def rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Turns the pairs (i, i + D/2) of each head; x is [B, T, heads, D]."""
    cosine, sine = cosine.to(x.dtype), sine.to(x.dtype)
    left, right = x.chunk(2, dim=-1)
    return torch.cat((left * cosine - right * sine, left * sine + right * cosine), dim=-1)


def _split(rows: Tensor, head_size: int) -> Tensor:
    return rows.view(*rows.shape[:2], -1, head_size)


def _prefixed(tap: Tap, prefix: str) -> Tap:
    return lambda name, activation: tap(prefix + name, activation)


def _sample(logits: Tensor, temperature: float, generator: torch.Generator | None) -> int:
    if temperature == 0:
        return int(logits.argmax())
    return int(torch.multinomial(torch.softmax(logits / temperature, -1), 1, generator=generator))

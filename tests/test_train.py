"""Training: data in order, runs that resume, models that go back to floats."""

import dataclasses
import hashlib
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bytezip import _native
from bytezip.errors import ModelError
from bytezip.predictor.config import PRESETS
from bytezip.predictor.experience import Experience
from bytezip.predictor.weights import Model, load_model, save_model

torch = pytest.importorskip("torch", reason="the torch extra is not installed")

from bytezip.predictor.integer import IntegerNetwork  # noqa: E402
from bytezip.predictor.transformer import BytePredictor  # noqa: E402
from bytezip.train import loop  # noqa: E402
from bytezip.train.__main__ import beginning  # noqa: E402
from bytezip.train.batches import Batches  # noqa: E402
from bytezip.train.corpus import Corpus, read_corpus  # noqa: E402
from bytezip.train.evaluate import integer_bits, windows  # noqa: E402
from bytezip.train.export import export, mean_of, shared_with, weights_of  # noqa: E402
from bytezip.train.loop import Run, TrainingPlan  # noqa: E402
from bytezip.train.muon import Float32Muon  # noqa: E402
from bytezip.train.precision import fastest_type, products_in, seconds_of_product  # noqa: E402
from bytezip.train.quantise import quantise  # noqa: E402
from bytezip.train.restore import restore  # noqa: E402
from bytezip.train.tune import MIN_BYTES, divide, tune  # noqa: E402
from bytezip.train.warm import Piece, amended, learn, predicted  # noqa: E402

TINY = PRESETS["tiny"]
WORDS = b"lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore".split()


def prose(count: int, seed: int) -> bytes:
    """Random words of a small vocabulary: something that a tiny model learns in seconds."""
    random = np.random.Generator(np.random.PCG64(seed))
    return b" ".join(WORDS[i] for i in random.integers(0, len(WORDS), count))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    root = tmp_path_factory.mktemp("corpus")
    for source in range(4):
        folder = root / "text" / f"source{source}"
        folder.mkdir(parents=True)
        for file in range(3):
            (folder / f"{file}.txt").write_bytes(prose(800, 10 * source + file))
    return read_corpus(root)


@pytest.fixture(scope="module")
def trained(corpus: Corpus) -> BytePredictor:
    """A tiny model after sixty steps."""
    torch.manual_seed(1)
    run = Run(BytePredictor(TINY), TrainingPlan(1e9, rows=4, length=128), corpus)
    for _ in range(60):
        run.step()
    return run.model


@pytest.fixture(scope="module")
def trained_file(trained: BytePredictor, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "trained.safetensors"
    calibration = torch.from_numpy(Batches(corpus.training, 8, 256, seed=2).draw())
    save_model(path, TINY, quantise(trained, calibration), "trained")
    return path


class TestCorpus:
    def test_held_out_is_a_source_that_is_not_trained_on(self, corpus: Corpus) -> None:
        held, kept = corpus.held_out[0], corpus.training[0]
        assert len(held.starts) == 4
        assert len(kept.starts) == 10
        assert held.data.tobytes()[:200] not in kept.data.tobytes()

    def test_named_sources_are_held_out_whatever_else_is_there(self, tmp_path: Path) -> None:
        for name in ("git-doc-txt", *(f"source{number}" for number in range(9))):
            (tmp_path / "docs" / name).mkdir(parents=True)
            (tmp_path / "docs" / name / "a.txt").write_bytes(name.encode() * 100)
        (shelf,) = read_corpus(tmp_path).held_out
        assert shelf.data.tobytes() == b"git-doc-txt" * 100

    def test_prose_is_held_out_on_a_shelf_of_its_own(self, tmp_path: Path) -> None:
        for name in ("moby-dick", *(f"source{number}" for number in range(4))):
            (tmp_path / "text" / name).mkdir(parents=True)
            (tmp_path / "text" / name / "a.txt").write_bytes(name.encode() * 100)
        corpus = read_corpus(tmp_path)
        assert [shelf.modality for shelf in corpus.held_out] == ["text", "text/moby-dick"]
        assert b"moby-dick" not in corpus.training[0].data.tobytes() + corpus.held_out[0].data.tobytes()
        assert b"moby-dick" in corpus.held_out[1].data.tobytes()

    def test_no_folders_no_corpus(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="no <modality>"):
            read_corpus(tmp_path)

    def test_same_seed_same_batches(self, corpus: Corpus) -> None:
        first, second = (Batches(corpus.training, 3, 50, seed=7) for _ in range(2))
        assert np.array_equal(first.draw(), second.draw())
        assert not np.array_equal(first.draw(), Batches(corpus.training, 3, 50, seed=8).draw())


class TestRun:
    def plan(self) -> TrainingPlan:
        return TrainingPlan(1e9, rows=2, length=64)

    def run(self, corpus: Corpus) -> Run:
        torch.manual_seed(3)
        return Run(BytePredictor(TINY), self.plan(), corpus)

    def test_a_resumed_run_is_the_same_run(self, corpus: Corpus, tmp_path: Path) -> None:
        whole, broken = self.run(corpus), self.run(corpus)
        losses = [whole.step() for _ in range(6)]
        assert [broken.step() for _ in range(3)] == losses[:3]
        broken.save(tmp_path / "run.checkpoint")
        resumed = self.run(corpus)
        resumed.load(tmp_path / "run.checkpoint")
        assert [resumed.step() for _ in range(3)] == losses[3:]

    def test_a_step_of_two_batches_has_the_gradient_of_both(self, corpus: Corpus) -> None:
        whole, parts = self.run(corpus), self.run(corpus)
        whole.plan = TrainingPlan(1e9, rows=4, length=64)
        whole.batches.rows = 4
        parts.plan = dataclasses.replace(parts.plan, accumulate=2)
        rows = whole.batches.draw()
        whole.batches.draw = lambda cut=1: rows  # type: ignore[method-assign]
        halves = iter((rows[:2], rows[2:]))
        parts.batches.draw = lambda cut=1: next(halves)  # type: ignore[method-assign]
        for run in (whole, parts):
            for optimiser in run.optimisers:
                optimiser.zero_grad = lambda set_to_none=True: None  # type: ignore[method-assign]
        assert whole.step() == pytest.approx(parts.step(), rel=1e-3)
        assert parts.progress.bytes_read == whole.progress.bytes_read == 256
        one, other = (run.model.embedding.weight.grad for run in (whole, parts))
        assert one is not None
        assert other is not None
        assert (one - other).norm() < 0.02 * one.norm()

    def test_rows_are_shorter_at_first(self, corpus: Corpus) -> None:
        batches = Batches(corpus.training, 2, 64, seed=1)
        assert batches.draw(4).shape == (8, 17)
        run = self.run(corpus)
        run.plan = dataclasses.replace(run.plan, seconds=100.0, short_share=0.5)
        cuts: list[int] = []
        draw = run.batches.draw

        def noting(cut: int = 1) -> NDArray[np.int64]:
            cuts.append(cut)
            return draw(cut)

        run.batches.draw = noting  # type: ignore[method-assign]
        for run.progress.seconds in (49.0, 51.0):
            run.step()
        assert cuts == [4, 1]

    def test_the_average_trails_the_weights_and_is_kept(self, corpus: Corpus, tmp_path: Path) -> None:
        torch.manual_seed(3)
        plan = dataclasses.replace(self.plan(), average_decay=0.5)
        run, again = (Run(BytePredictor(TINY), plan, corpus) for _ in range(2))
        run.step()
        before = run.model.head.weight.detach().clone()
        run.step()
        assert run.averaged is not None
        expected = 0.5 * before + 0.5 * run.model.head.weight.detach()
        assert torch.allclose(run.averaged.head.weight, expected)
        run.save(tmp_path / "run.checkpoint")
        again.load(tmp_path / "run.checkpoint")
        assert again.averaged is not None
        assert torch.equal(again.averaged.head.weight, run.averaged.head.weight)

    def test_it_learns(self, corpus: Corpus, trained: BytePredictor) -> None:
        figure = held_out_bits(trained, corpus)
        assert figure < 4.0  # 4.3 bits is the entropy of the letters one by one

    def test_it_ends_and_leaves_a_checkpoint(self, corpus: Corpus, tmp_path: Path) -> None:
        lines: list[dict[str, object]] = []
        run = Run(BytePredictor(TINY), dataclasses.replace(self.plan(), seconds=0.2), corpus, lines.append)
        run.go(tmp_path / "run.checkpoint")
        assert (tmp_path / "run.checkpoint").exists()
        assert not list(tmp_path.glob("*.partial"))
        assert set(lines[-1]) == {"step", "seconds", "bytes", "held_out"}

    def test_samples_come_when_their_time_is_passed(self, corpus: Corpus, tmp_path: Path) -> None:
        lines: list[dict[str, object]] = []
        plan = dataclasses.replace(self.plan(), seconds=45.0, sample_seconds=20.0)
        run = Run(BytePredictor(TINY), plan, corpus, lines.append)

        def step() -> float:
            run.progress.seconds += 7.0
            run.progress.step += 1
            return 1.0

        run.timed_step = step  # type: ignore[method-assign]
        run.go(tmp_path / "run.checkpoint")
        assert [line["seconds"] for line in lines if "held_out_sample" in line] == [21, 42]
        assert [line["seconds"] for line in lines if "held_out" in line] == [49]

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_ends_it_after_the_step_in_hand(
        self, corpus: Corpus, tmp_path: Path, number: signal.Signals
    ) -> None:
        lines: list[dict[str, object]] = []
        run = Run(BytePredictor(TINY), self.plan(), corpus, lines.append)
        step = run.timed_step

        def interrupted() -> float:
            os.kill(os.getpid(), number)
            return step()

        run.timed_step = interrupted  # type: ignore[method-assign]
        before = signal.getsignal(number)
        run.go(tmp_path / "run.checkpoint")
        assert signal.getsignal(number) is before
        assert run.progress.step == 1
        resumed = Run(BytePredictor(TINY), self.plan(), corpus)
        resumed.load(tmp_path / "run.checkpoint")
        assert resumed.progress.step == 1
        assert "held_out" in lines[-1]


@pytest.fixture(scope="module")
def checkpoint(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of three steps, with an average."""
    torch.manual_seed(4)
    run = Run(BytePredictor(TINY), TrainingPlan(1e9, rows=2, length=64, average_decay=0.5), corpus)
    for _ in range(3):
        run.step()
    path = tmp_path_factory.mktemp("run") / "run.checkpoint"
    run.save(path)
    return path


class TestPrecision:
    """Without instructions for bfloat16 its products take fifty times as long as those of float32."""

    @pytest.mark.parametrize("slow", [torch.bfloat16, torch.float32])
    def test_the_faster_type_is_taken(self, slow: object) -> None:
        assert fastest_type(lambda kind: 1.0 if kind == slow else 0.5) != slow

    def test_the_time_of_a_product_is_measured(self) -> None:
        assert 0 < seconds_of_product(torch.float32) < 60

    @pytest.mark.parametrize("kind", [torch.bfloat16, torch.float32])
    def test_products_are_of_this_type(self, kind: Any) -> None:
        with products_in(kind):
            assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == kind

    def test_a_run_learns_in_either(self, corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
        losses = []
        for kind in (torch.bfloat16, torch.float32):
            monkeypatch.setattr(loop, "fastest_type", lambda kind=kind: kind)
            run = TestRun().run(corpus)
            losses.append([run.timed_step() for _ in range(5)])
        assert np.allclose(losses[0], losses[1], rtol=0.02)
        assert all(loss[-1] < loss[0] for loss in losses)


@pytest.mark.parametrize("decay", [0.0, 0.5])
@pytest.mark.parametrize("shape", [(24, 24), (40, 8), (8, 40)])
def test_muon_in_float32_moves_weights_as_torch_s_does(shape: tuple[int, int], decay: float) -> None:
    torch.manual_seed(1)
    start = torch.randn(shape)
    gradients = [torch.randn(shape) for _ in range(3)]
    moved = []
    for kind in (torch.optim.Muon, Float32Muon):
        weights = torch.nn.Parameter(start.clone())
        optimiser = kind([weights], lr=0.1, momentum=0.95, weight_decay=decay)
        for gradient in gradients:
            weights.grad = gradient.clone()
            optimiser.step()
        moved.append(weights.detach() - start)
        assert set(optimiser.state[weights]) == {"momentum_buffer"}
    theirs, ours = moved
    assert (ours - theirs).norm() < 0.02 * theirs.norm()  # bfloat16 has 8 bits


class TestExport:
    def test_the_card_tells_the_data(self, checkpoint: Path, corpus: Corpus, tmp_path: Path) -> None:
        (tmp_path / "shared.csv").write_text("file,bytes,shared,share,trivial\na,131,5,0.05,0\nb,10,0,0.0,0\n")
        export(checkpoint, corpus, tmp_path, "own", contamination=tmp_path / "shared.csv")
        card = (tmp_path / "own.md").read_text()
        data = corpus.training[0].data
        assert f"9 files, {len(data):,} B, 1 modalities; SHA-256 `{hashlib.sha256(data.tobytes()).hexdigest()}`" in card
        assert "of 100 windows of 32 bytes of 2 benchmark files, 5 stood in the training set" in card
        assert "(5.00%)" in card
        assert load_model(tmp_path / "own.safetensors").sha256.hex() in card
        assert "| mean |" in card
        assert shared_with(tmp_path / "none.csv") == "- Contamination: not looked for"

    def test_the_mean_of_two_runs(self, checkpoint: Path, corpus: Corpus, tmp_path: Path) -> None:
        state = torch.load(checkpoint, weights_only=True)
        other = {key: weight + 2 for key, weight in state["model"].items()}
        mean = mean_of([state["model"], other])
        assert all(torch.allclose(mean[key], state["model"][key] + 1, atol=1e-6) for key in other)
        torch.save(state | {"model": other}, tmp_path / "other")
        export(checkpoint, corpus, tmp_path, "alone")
        export(checkpoint, corpus, tmp_path, "both", others=[tmp_path / "other"])
        alone, both = (load_model(tmp_path / f"{name}.safetensors") for name in ("alone", "both"))
        assert not np.array_equal(alone.tensors["embedding"], both.tensors["embedding"])

    def test_the_average_is_another_model(self, checkpoint: Path) -> None:
        state = torch.load(checkpoint, weights_only=True)
        last, mean = (weights_of(state, average) for average in (False, True))
        assert last.keys() == mean.keys()
        assert not torch.equal(last["head.weight"], mean["head.weight"])
        with pytest.raises(ValueError, match="kept no average"):
            weights_of(state | {"average": None}, True)


class TestRestore:
    def test_floats_come_back(self, trained: BytePredictor, trained_file: Path, corpus: Corpus) -> None:
        model = load_model(trained_file)
        restored = restore(model)
        for (name, before), after in zip(trained.named_parameters(), restored.parameters(), strict=True):
            scale = torch.ones(())
            if "down_proj" in name:  # rounded together with the steps of its inputs
                scale = torch.tensor(model.tensors[f"layers.{name.split('.')[1]}.square.step"])
            lost, whole = (before - after) * scale, before * scale
            assert lost.norm() <= 0.03 * whole.norm() + 1e-6, name
            if "o_proj" not in name:  # its inputs are so alike that single weights take up the rounding of others
                assert lost.abs().max() <= 0.03 * whole.abs().max() + 1e-6, name
        tokens = torch.from_numpy(Batches(corpus.training, 2, 128, seed=3).draw())
        logits = trained(tokens)
        assert (restored(tokens) - logits).norm() <= 0.02 * logits.norm()

    def test_a_model_without_steps_is_refused(self, trained_file: Path) -> None:
        model = load_model(trained_file)
        bare = {name: array for name, array in model.tensors.items() if not name.endswith(".step")}
        with pytest.raises(ModelError, match="cannot be trained on"):
            restore(Model(model.config, bare, model.sha256, model.name))

    def test_a_run_may_begin_with_weights_of_another_window(self, trained_file: Path) -> None:
        wider = dataclasses.replace(TINY, attention_window=2 * TINY.attention_window)
        model = beginning(trained_file, wider)
        assert model.config == wider
        for mine, theirs in zip(model.parameters(), restore(load_model(trained_file)).parameters(), strict=True):
            assert torch.equal(mine, theirs)
        tokens = torch.arange(TINY.attention_window + 8)[None]
        with torch.no_grad():
            assert not torch.equal(model(tokens), restore(load_model(trained_file))(tokens))
        with pytest.raises(RuntimeError, match="size mismatch"):
            beginning(trained_file, dataclasses.replace(TINY, hidden_size=2 * TINY.hidden_size))


class TestTune:
    def test_it_learns_what_it_is_given(self, trained_file: Path, tmp_path: Path) -> None:
        records = [b'{"id": %d, "state": "ready", "unit": "kelvin"}\n' % number for number in range(3000)]
        tuned = tune(records, load_model(trained_file), tmp_path / "own.model", 10.0)
        assert tuned.after < tuned.before
        assert load_model(tmp_path / "own.model").name == "own"

    def test_too_little_data(self, trained_file: Path, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="too few"):
            tune([bytes(MIN_BYTES - 1)], load_model(trained_file), tmp_path / "own.model", 1.0)
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize(
        "lengths", [[100_000], [200_000, 1], [1, 200_000], [10_000] * 10, [0, 70_000, 0, 0, 70_000]]
    )
    def test_the_newest_tenth_is_held_out(self, lengths: list[int]) -> None:
        contents = [np.random.Generator(np.random.PCG64(i)).bytes(length) for i, length in enumerate(lengths)]
        corpus = divide(contents)
        kept, held = corpus.training[0], corpus.held_out[0]
        assert kept.data.tobytes() + held.data.tobytes() == b"".join(contents)
        assert 0.08 <= len(held.data) / sum(lengths) <= 0.21


def held_out_bits(model: BytePredictor, corpus: Corpus) -> float:
    calibration = torch.from_numpy(Batches(corpus.training, 8, 256, seed=2).draw())
    network = IntegerNetwork(model.config, quantise(model, calibration))
    return integer_bits(network, windows(corpus.held_out[0])[:4])


def test_pieces_are_those_of_the_corpus_with_the_network_s_word(trained_file: Path, corpus: Corpus) -> None:
    pieces = list(predicted(load_model(trained_file), corpus.training, seed=1, sizes={256: 3, 512: 2}))
    assert [len(piece.data) for piece in pieces] == [256, 256, 256, 512, 512]
    whole = corpus.training[0].data.tobytes()
    for data, network, likeliest, source in pieces:
        assert data.tobytes() in whole
        assert network.shape == (len(data), 8)
        assert likeliest.shape == data.shape
        assert source in corpus.training[0].sources
        assert cost(data, network) < 8 * len(data)


def test_the_card_tells_what_the_warm_start_was_made_from() -> None:
    card = "# x\n\n- SHA-256: `00`\n- Shape: a; SHA-256 `11`\n\nFigures:\n"
    once = amended(card, "22", "- Phrases: 3 files")
    assert once == "# x\n\n- SHA-256: `22`\n- Shape: a; SHA-256 `11`\n- Phrases: 3 files\n\nFigures:\n"
    assert amended(once, "33", "- Phrases: 4 files") == once.replace("22", "33").replace("3 files", "4 files")


def test_a_mixer_learns_whom_to_trust() -> None:
    """Pieces whose bits the network knows: behind them, its word counts from the first bit on."""
    random = np.random.Generator(np.random.PCG64(4))
    pieces = [piece_known_to_network(random) for _ in range(20)]
    fresh = _native.Mixer(1, 1, 1).experience()
    cold, warm = learn(pieces[:1], 1, fresh), learn(pieces, 1, fresh)
    assert mixed_cost(pieces[0], warm) < 0.5 * mixed_cost(pieces[0], cold)


def piece_known_to_network(random: np.random.Generator) -> Piece:
    data = random.integers(0, 256, 200).astype(np.uint8)
    network = np.where(np.unpackbits(data[:, None], axis=1) == 1, 0.99, 0.01)
    return Piece(data, network, data.astype(np.uint32) << np.uint32(16), source=0)


def mixed_cost(piece: Piece, experience: Experience) -> float:
    data, network = piece.data, piece.network
    mixer = _native.Mixer(1, len(data), 1, experience)
    mixer.begin_block(len(data), 4096)
    return cost(data, mixer.replay(network[:, :, None], data[:, None])[:, :, 0])


def cost(data: NDArray[np.uint8], ones: NDArray[np.float64]) -> float:
    """In bits."""
    return float(-np.log2(np.where(np.unpackbits(data[:, None], axis=1) == 1, ones, 1 - ones)).sum())

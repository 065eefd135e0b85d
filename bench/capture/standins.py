"""Makes small stand-ins for the data sets and models of the public scripts: ``standins.py FOLDER``.

``mnist`` and ``mnist-60000`` are handwritten digits of scikit-learn in the files of MNIST; the second has as many as MNIST,
for scripts that count on it. ``regression`` is a table with tabs, ``model`` a tiny language model, ``chats`` a file of texts.
"""
import json
import struct
import sys
from pathlib import Path

import numpy


def main(folder):
    for make in (mnist, regression, language):
        try:
            make(folder)
        except ImportError as error:
            print(f"without {make.__name__}: {error}", file=sys.stderr)


def mnist(folder):
    for name, train, test in (("mnist", 1500, 300), ("mnist-60000", 60000, 1000)):
        raw = folder / name / "MNIST" / "raw"
        raw.mkdir(parents=True, exist_ok=True)
        for part, count in (("train", train), ("t10k", test)):
            images, labels = digits(count)
            head = struct.pack(">IIII", 0x803, count, 28, 28)
            (raw / f"{part}-images-idx3-ubyte").write_bytes(head + images.tobytes())
            (raw / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, count) + labels.tobytes())


def digits(count):
    """``count`` pictures ``[count, 28, 28]`` and their labels, both of bytes."""
    from sklearn.datasets import load_digits

    found = load_digits()
    order = numpy.random.default_rng(0).integers(0, len(found.images), count)
    small = found.images[order].repeat(3, axis=1).repeat(3, axis=2) * (255 / 16)
    return numpy.pad(small, ((0, 0), (2, 2), (2, 2))).astype(numpy.uint8), found.target[order].astype(numpy.uint8)


def regression(folder):
    rng = numpy.random.default_rng(0)
    target = folder / "regression"
    target.mkdir(parents=True, exist_ok=True)
    for name, count in (("regression.train", 700), ("regression.test", 50)):
        x = rng.normal(size=(count, 28))
        y = (x[:, :3].sum(axis=1) + rng.normal(size=count) > 0).astype(float)
        numpy.savetxt(target / name, numpy.column_stack([y, x]), delimiter="\t", fmt="%.4f")


def language(folder):
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    texts = [f"the answer to {a} and {b} is {a + b}" for a in range(20) for b in range(20)]
    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(texts, trainers.WordLevelTrainer(special_tokens=["<unk>", "<eos>"]))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", eos_token="<eos>", pad_token="<eos>")
    fast.save_pretrained(folder / "model")
    config = GPT2Config(vocab_size=len(fast), n_positions=64, n_embd=32, n_layer=1, n_head=2, eos_token_id=1, bos_token_id=1)
    GPT2LMHeadModel(config).save_pretrained(folder / "model")
    chats = folder / "chats"
    chats.mkdir(parents=True, exist_ok=True)
    (chats / "train.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in texts))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Makes small stand-ins for the data sets and models of the public scripts: ``standins.py FOLDER``.

``mnist`` and ``mnist-60000`` are handwritten digits of scikit-learn in the files of MNIST; the second has as many as MNIST,
for scripts that count on it. ``words`` and ``characters`` are the documentation of Python's modules, as text and as numbers of
characters, ``model`` a tiny language model, ``chats`` a file of texts, ``results`` an empty folder.
"""
import json
import pickle
import pkgutil
import struct
import sys
from pathlib import Path

import numpy


def main(folder):
    for make in (mnist, text, language):
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


def text(folder):
    (folder / "results").mkdir(parents=True, exist_ok=True)
    modules = sorted(Path(each.module_finder.path, f"{each.name}.py") for each in pkgutil.iter_modules() if not each.ispkg)
    found = "\n".join(file.read_text("utf8", "replace") for file in modules if file.is_file() and "site-packages" not in str(file))
    found = "".join(each for each in found if each in "\n ()[]{}=.,:'" or each.isascii() and each.isalnum())
    for name, begin, end in (("train", 0, 200_000), ("valid", 200_000, 220_000), ("test", 220_000, 240_000)):
        (folder / "words").mkdir(parents=True, exist_ok=True)
        (folder / "words" / f"{name}.txt").write_text(found[begin:end])
    target = folder / "characters"
    target.mkdir(parents=True, exist_ok=True)
    numbers = {each: i for i, each in enumerate(sorted(set(found)))}
    for name, part in (("train", found[:1_000_000]), ("val", found[1_000_000:1_100_000])):
        numpy.array([numbers[each] for each in part], dtype=numpy.uint16).tofile(target / f"{name}.bin")
    (target / "meta.pkl").write_bytes(pickle.dumps({"vocab_size": len(numbers), "stoi": numbers}))


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

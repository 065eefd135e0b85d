from dataclasses import dataclass

from simple_parsing import ArgumentParser


@dataclass
class HParams:
    learning_rate: float = 1e-4  # Learning rate used in the Adam optimizer.
    momentum: float = 0.01
    num_layers: int = 4


parser = ArgumentParser()
parser.add_argument("--name", default="trial")
parser.add_arguments(HParams, dest="hparams")
args = parser.parse_args()
print(args.hparams)

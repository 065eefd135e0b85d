"""Choices and defaults from enumerations, as many scripts have them."""
import argparse
from enum import Enum, IntEnum


class Optimizer(Enum):
    ADAM = "adam"
    SGD = "sgd"

    def __str__(self):
        return self.value


class Loss(str, Enum):
    MSE = "mse"
    HUBER = "huber"


class Size(IntEnum):
    SMALL = 1
    LARGE = 2


parser = argparse.ArgumentParser()
parser.add_argument("--optimizer", type=Optimizer, choices=list(Optimizer), default=Optimizer.ADAM)
parser.add_argument("--loss", choices=[each.value for each in Loss], default=Loss.HUBER.value)
parser.add_argument("--second", type=Optimizer, default=Optimizer.SGD)
parser.add_argument("--size", type=Size, default=Size.LARGE)
parser.add_argument("--by-name", type=lambda name: Optimizer[name], default="ADAM")

if __name__ == "__main__":
    print(parser.parse_args())

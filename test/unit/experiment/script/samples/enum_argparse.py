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


class Amount(Enum):
    FEW = "few"
    MANY = "many"


parser = argparse.ArgumentParser()
parser.add_argument("--optimizer", type=Optimizer, choices=list(Optimizer), default=Optimizer.ADAM)
parser.add_argument("--loss", choices=[each.value for each in Loss], default=Loss.HUBER.value)
parser.add_argument("--second", type=Optimizer, default=Optimizer.SGD)
parser.add_argument("--size", type=Size, default=Size.LARGE)
parser.add_argument("--by-name", type=lambda name: Optimizer[name], default="ADAM")
# The value of a member is neither its name nor the member.
parser.add_argument("--member-by-name", type=lambda name: Amount[name], choices=list(Amount), default=Amount.FEW)
parser.add_argument("--untyped", choices=list(Amount), default=Amount.FEW)
parser.add_argument("--bare", default=Amount.FEW)
parser.add_argument("--text", type=str, choices=[each for each in Amount], default=Amount.FEW)
parser.add_argument("--mixed-in", choices=list(Loss), default=Loss.MSE)
parser.add_argument("--number", type=int, default=Size.LARGE)

if __name__ == "__main__":
    args = parser.parse_args()
    print(args)
    assert all(isinstance(each, Amount) for each in (args.member_by_name, args.untyped, args.bare, args.text)), args
    assert args.mixed_in == Loss.MSE and args.number == Size.LARGE, args

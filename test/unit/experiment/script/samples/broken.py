# Half typed: the parser of the editor must still find what is there.
import argparse

parser = argparse.ArgumentParser(
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--width", type=int, default=
if __name__ == "__main__":
    print(parser.parse_args(

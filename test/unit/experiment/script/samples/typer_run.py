import typer


def train(epochs: int = 5, learning_rate: float = 0.05, depth: int = 6, subsample: float = 0.8):
    print(epochs)


if __name__ == "__main__":
    typer.run(train)

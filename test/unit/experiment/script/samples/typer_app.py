from enum import Enum
from pathlib import Path
from typing import List, Optional

import typer
from typing_extensions import Annotated


class Optimizer(str, Enum):
    adam = "adam"
    sgd = "sgd"


app = typer.Typer()


@app.command()
def main(
    data: Path,
    lr: float = 0.001,
    batch_size: Annotated[int, typer.Option(help="examples in a batch", min=1)] = 32,
    optimizer: Optimizer = Optimizer.adam,
    weight_decay: float = typer.Option(0.0, help="L2 penalty"),
    amp: bool = False,
    augment: bool = typer.Option(True, "--augment/--plain"),
    resume: Optional[Path] = None,
    layers: List[int] = typer.Option([64, 64]),
):
    typer.echo(lr)


if __name__ == "__main__":
    app()

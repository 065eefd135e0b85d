"""PyTorch: the settings of the optimizers that the program makes. Names are those of the capture of Lightning."""
MODULES = ("torch.optim.optimizer",)

# A program that makes one for each part of its network has no more.
_MOST = 4


def install(module, sink):
    made = []

    def created(_result, args, _kwargs):
        optimizer = args[0]
        if len(made) >= _MOST:
            return
        prefix = "optimizer" if not made else f"optimizer{len(made)}"
        made.append(prefix)
        settings = {f"{prefix}.{name}": value for name, value in optimizer.defaults.items() if _is_plain(value)}
        sink.params("torch", {prefix: type(optimizer).__name__, **settings})
        sink.constants()

    # Each class calls it when its own settings are known.
    sink.around(module.Optimizer, "__init__", "torch", after=created)


def _is_plain(value):
    """Switches that are off, such as `amsgrad` and `capturable`, are not worth a name."""
    return value is True or isinstance(value, (int, float, str, tuple)) and value is not False

"""TensorBoard's SummaryWriter, of PyTorch and of tensorboardX."""
from ._pictures import grid, picture

MODULES = ("torch.utils.tensorboard.writer", "tensorboardX.writer")
_NAME = "tensorboard"


def install(module, sink):
    writer = module.SummaryWriter

    def hook(name, observe):
        """Lets ``observe`` have the arguments by their names, those left out included."""
        if name != "add_scalar" and not hasattr(writer, name):
            return
        given = _arguments(getattr(writer, name))

        def after(_result, args, kwargs):
            values = given(args, kwargs)
            step = values.get("global_step")
            observe(values, None if step is None else _number(step))

        sink.around(writer, name, _NAME, after=after, quiet=True)

    def scalar(given, step):
        sink.metrics(_NAME, {given["tag"]: given["scalar_value"]}, step)

    def scalars(given, step):
        values = {f"{given['main_tag']}/{tag}": value for tag, value in given["tag_scalar_dict"].items()}
        sink.metrics(_NAME, values, step)

    def image(given, step):
        tensor, order = given["img_tensor"], given.get("dataformats", "CHW")
        sink.media(_NAME, given["tag"], lambda: picture(tensor, order), step)

    def images(given, step):
        tensor, order = given["img_tensor"], given.get("dataformats", "NCHW")
        sink.media(_NAME, given["tag"], lambda: picture(grid(tensor, order), "HWC"), step)

    def figure(given, step):
        from .._types import Image

        figures = given["figure"]
        for one in figures if isinstance(figures, (list, tuple)) else [figures]:
            sink.media(_NAME, given["tag"], lambda one=one: Image(one), step)

    def histogram(given, step):
        from .._types import Histogram

        sink.media(_NAME, given["tag"], lambda: Histogram(given["values"]), step)

    def text(given, step):
        from .._types import Text

        sink.media(_NAME, given["tag"], lambda: Text(given["text_string"]), step)

    def mesh(given, step):
        from .._scenes import Object3D

        parts = {name: given.get(name) for name in ("vertices", "faces", "colors")}
        # Each has a first axis for several meshes of one tag.
        count = len(parts["vertices"])
        for i in range(count):
            one = {name: None if part is None else part[i] for name, part in parts.items()}
            sink.media(_NAME, given["tag"], lambda one=one: Object3D(**one), step)

    def hparams(given, _step):
        sink.params(_NAME, given["hparam_dict"] or {})
        sink.metrics(_NAME, given["metric_dict"] or {})

    hook("add_scalar", scalar)
    hook("add_scalars", scalars)
    hook("add_image", image)
    hook("add_images", images)
    # A figure becomes an image in the end, and that call is not heard.
    hook("add_figure", figure)
    hook("add_histogram", histogram)
    hook("add_text", text)
    hook("add_mesh", mesh)
    hook("add_hparams", hparams)


def _arguments(function):
    from inspect import signature

    parameters = list(signature(function).parameters.values())[1:]
    names = [parameter.name for parameter in parameters]
    defaults = {parameter.name: parameter.default for parameter in parameters if parameter.default is not parameter.empty}

    def given(args, kwargs):
        # By hand: binding a signature costs more than a scalar is worth.
        return {**defaults, **dict(zip(names, args[1:])), **kwargs}

    return given


def _number(step):
    return step if type(step) is int else float(step)

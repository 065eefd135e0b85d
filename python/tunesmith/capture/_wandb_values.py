"""What is logged to wandb, as Tunesmith takes it."""


def loggable(data):
    """Numbers by their flat names, and pairs of a name and a function that makes a picture, table or the like."""
    numbers, media = {}, []
    _sort(dict(data), "", numbers, media)
    return numbers, media


def _sort(data, prefix, numbers, media):
    for name, value in data.items():
        name = f"{prefix}{name}"
        if isinstance(value, dict):
            _sort(value, f"{name}/", numbers, media)
        elif isinstance(value, str) or value is None:
            continue
        elif isinstance(value, (list, tuple)):
            for one in value:
                make = maker(one)
                if make is not None:
                    media.append((name, make))
        else:
            make = maker(value)
            if make is not None:
                media.append((name, make))
            else:
                numbers[name] = value


def maker(value):
    """A function that makes our kind of a wandb value (or of a figure); None where there is none."""
    from .. import _types

    module, kind = type(value).__module__, type(value).__name__
    if hasattr(value, "savefig") or module.startswith("PIL."):
        return lambda: _types.Image(value)
    if not module.startswith("wandb."):
        return None
    if kind == "Histogram":
        return lambda: _types.Histogram(np_histogram=(value.histogram, value.bins))
    if kind == "Table":
        return lambda: _types.Table(columns=list(value.columns), data=[[_cell(one) for one in row] for row in value.data])
    path = getattr(value, "_path", None)
    if path and kind == "Object3D":
        from .._scenes import scene_of_file

        return lambda: scene_of_file(path)
    if path and kind in ("Image", "Audio", "Video", "Html"):
        return lambda: getattr(_types, kind)(path)
    return None


def _cell(value):
    """A cell of a table; pictures become ours."""
    from .. import _types

    path = getattr(value, "_path", None)
    if path and type(value).__module__.startswith("wandb.") and type(value).__name__ == "Image":
        return _types.Image(path, caption=getattr(value, "_caption", None))
    return value

"""Arrays of pixels in the orders that libraries use."""
import math

from .._types import Image, _array


def picture(data, order):
    """An image from ``[channels, height, width]`` (``CHW``), ``HWC`` or ``HW``; floats lie in [0, 1]."""
    pixels = _array(data)
    order = order.upper()
    if pixels.ndim == 2:
        return Image(pixels)
    if sorted(order) != ["C", "H", "W"] or pixels.ndim != 3:
        raise ValueError(f"pixels of shape {list(pixels.shape)} in the order {order}")
    return Image(pixels.transpose([order.index(axis) for axis in "HWC"]))


def grid(data, order, most=64):
    """Up to ``most`` pictures side by side, as ``[height, width, channels]``."""
    import numpy

    pixels = _array(data)
    order = order.upper()
    pixels = pixels.transpose([order.index(axis) for axis in "NHWC"])[:most]
    count, height, width, channels = pixels.shape
    across = math.ceil(math.sqrt(count))
    down = math.ceil(count / across)
    sheet = numpy.zeros((down * height, across * width, channels), pixels.dtype)
    for i, one in enumerate(pixels):
        top, left = (i // across) * height, (i % across) * width
        sheet[top:top + height, left:left + width] = one
    return sheet

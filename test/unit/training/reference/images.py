"""Writes images.json: small PNG and JPEG files, and the pixels that Pillow finds in them; resized with Pillow and NumPy.

    python images.py > images.json
"""
import base64, io, json
import numpy as np
from PIL import Image

def picture(h, w, seed):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:h, 0:w]
    a = np.stack([127 + 100*np.sin(x/3 + y/5), 127 + 100*np.cos(x/4), 127 + 80*np.sin(y/2)], -1)
    return np.clip(a + rng.normal(0, 6, a.shape), 0, 255).astype('uint8')

def packed(image, format, **options):
    out = io.BytesIO(); image.save(out, format, **options); return out.getvalue()

def along(a, axis, size):
    """Means of areas where it shrinks: each pixel `size` times, then the mean of as many as there were. Lines where it grows."""
    count = a.shape[axis]
    if size < count:
        many = np.moveaxis(np.repeat(a, size, axis), axis, 0)
        return np.moveaxis(many.reshape(size, count, *many.shape[1:]).mean(1), 0, axis)
    shape = (size, a.shape[0]) if axis == 1 else (a.shape[1], size)
    return np.asarray(Image.fromarray(a.astype('float32')).resize(shape, Image.Resampling.BILINEAR)).astype(float)

def resized(image, h, w):
    a = np.asarray(image).astype(float)
    planes = [a] if a.ndim == 2 else [a[..., c] for c in range(3)]
    return np.stack([along(along(plane, 1, w), 0, h) for plane in planes], -1).ravel().round().astype(int).tolist()

files, results = {}, []
rgb = Image.fromarray(picture(11, 14, 1))
grey = rgb.convert('L')
alpha = Image.fromarray(np.concatenate([picture(6, 7, 2), (np.arange(42).reshape(6, 7, 1) * 6).astype('uint8')], -1), 'RGBA')
files['rgb.png'] = packed(rgb, 'PNG')
files['grey.png'] = packed(grey, 'PNG')
files['alpha.png'] = packed(alpha, 'PNG')
files['palette.png'] = packed(rgb.quantize(16), 'PNG')
files['deep.png'] = packed(Image.fromarray((np.asarray(grey).astype('uint16') * 257)), 'PNG')
files['rgb.jpg'] = packed(rgb, 'JPEG', quality=92)
files['progressive.jpg'] = packed(rgb, 'JPEG', quality=92, progressive=True)
files['grey.jpg'] = packed(grey, 'JPEG', quality=92)
files['cmyk.jpg'] = packed(rgb.convert('CMYK'), 'JPEG')
exif = Image.Exif(); exif[0x0112] = 6
files['turned.jpg'] = packed(rgb, 'JPEG', quality=92, exif=exif)
from PIL import ImageOps
def pixels(image, mode): return np.asarray(image.convert(mode)).ravel().tolist()
for name, mode, size in [
    ('rgb.png', 'RGB', (11, 14)), ('rgb.png', 'RGB', (5, 6)), ('rgb.png', 'RGB', (20, 9)), ('rgb.png', 'L', (11, 14)),
    ('grey.png', 'L', (4, 30)), ('grey.png', 'RGB', (11, 14)), ('palette.png', 'RGB', (11, 14)), ('deep.png', 'L', (11, 14)),
    ('rgb.jpg', 'RGB', (11, 14)), ('progressive.jpg', 'RGB', (7, 7)), ('grey.jpg', 'L', (11, 14)), ('turned.jpg', 'RGB', (14, 11)),
]:
    image = grey if name == 'deep.png' else ImageOps.exif_transpose(Image.open(io.BytesIO(files[name])))
    results.append({'file': name, 'size': size, 'channels': len(mode) if mode == 'RGB' else 1,
                    'pixels': resized(image.convert(mode), *size)})
for background, colour in (('black', 0), ('white', 255)):
    under = Image.new('RGBA', alpha.size, (colour, colour, colour, 255))
    results.append({'file': 'alpha.png', 'size': (6, 7), 'channels': 3, 'background': background,
                    'pixels': pixels(Image.alpha_composite(under, alpha), 'RGB')})
print(json.dumps({'files': {k: base64.b64encode(v).decode() for k, v in files.items()}, 'results': results}, separators=(',', ':')))

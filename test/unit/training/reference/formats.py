"""Writes formats.json: small WebP, GIF and CMYK JPEG files, and the pixels that Pillow finds in them.

    python formats.py > formats.json
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

rgb = Image.fromarray(picture(11, 14, 1))
alpha = Image.fromarray(np.concatenate([picture(6, 7, 2), np.where(np.arange(42) % 3, 255, 0).reshape(6, 7, 1).astype('uint8')], -1), 'RGBA')
files = {
    'lossless.webp': packed(rgb, 'WEBP', lossless=True),
    'lossy.webp': packed(rgb, 'WEBP', quality=90),
    'alpha.webp': packed(alpha, 'WEBP', lossless=True, exact=True),
    'palette.gif': packed(rgb.quantize(32), 'GIF'),
    'interlaced.gif': packed(rgb.quantize(16), 'GIF', interlace=1),
    'animated.gif': packed(rgb.quantize(16), 'GIF', save_all=True, append_images=[rgb.rotate(180).quantize(16)]),
    'animated.webp': packed(rgb, 'WEBP', save_all=True, append_images=[rgb.rotate(180)]),
    'cmyk.jpg': packed(rgb.convert('CMYK'), 'JPEG', quality=95, subsampling=0),
}
results = {}
for name, data in files.items():
    image = Image.open(io.BytesIO(data))
    results[name] = {'size': [image.height, image.width], 'rgba': np.asarray(image.convert('RGBA')).ravel().tolist()}
print(json.dumps({'files': {name: base64.b64encode(data).decode() for name, data in files.items()}, 'results': results}, separators=(',', ':')))

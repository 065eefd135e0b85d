/** Data sets from image folders, one subfolder per class. */
import type { DataSource } from '../../../experiment/network/index.js';
import { openParts, type Pool } from '../parts.js';
import type { LoadContext, OpenData } from '../types.js';
import { buildDecoder, readImage } from './decoder.js';
import { listImages, partsOf, type ListedImages } from './list.js';
import { ImageReader } from './reader.js';
import type { ImageShape } from './resize.js';

type Source = Extract<DataSource, { kind: 'images' }>;

export async function openImages(source: Source, context: LoadContext): Promise<OpenData> {
  const { folder: base } = context;
  const parts = source.validation
    ? { train: source.folder, validation: source.validation }
    : await partsOf(base, source.folder);
  const main = await listImages(base, parts.train, null);
  const given = parts.validation === null ? null : await listImages(base, parts.validation, main.classes);
  const shape = await shapeOf(source, base, main.files[0]!);
  const { fit, background } = source;
  const images = main.files.length + (given?.files.length ?? 0);
  const decoder = buildDecoder({ base, shape, fitting: { fit, background } }, images);
  const pool = ({ files, labels }: ListedImages): Pool => ({
    inputs: new ImageReader(base, files, shape, source, decoder),
    targets: labels,
  });
  const { height, width, channels } = shape;
  return openParts(
    {
      name: source.folder,
      task: 'classification',
      inputShape: [height, width, channels],
      classes: main.classes,
      outputs: main.classes.length,
      main: pool(main),
      given: given && pool(given),
      scale: source.scale,
      limit: source.limit,
      memory: source.memory,
      preparation: { images: { size: [height, width], channels, fit, background } },
      notes: [...main.notes, ...(given?.notes ?? [])],
    },
    context,
  );
}

/** Returns the shape that the settings give, or that of the first image. */
async function shapeOf({ size, channels }: Source, base: string, first: string): Promise<ImageShape> {
  if (size && channels) return { height: size[0], width: size[1], channels };
  const pixels = await readImage(base, first);
  const [height, width] = size ?? [pixels.height, pixels.width];
  return { height, width, channels: channels ?? pixels.channels };
}

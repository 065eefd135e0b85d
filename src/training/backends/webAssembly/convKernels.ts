/**
 * Convolutions for WebAssembly as matrix products of the images' patches: y = P·W, dW = Pᵀ·dy, dP = dy·Wᵀ. Shapes are
 * [batch, height, width, channels]; some images at a time are made into patches, as many as fit into a cache.
 */
import * as tf from '@tensorflow/tfjs-core';
import { rowMajor, transposed, type Simd } from './simd/index.js';

export interface ConvAttributes {
  strides: number | [number, number];
  pad: 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]];
  dilations?: number | [number, number];
  dataFormat?: 'NHWC' | 'NCHW';
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}
type Arguments = Parameters<tf.KernelFunc>[0];
export type ConvInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

const BYTES = 4;
/** Numbers of a matrix of patches: 1 MB, which a second-level cache holds. */
const MOST_NUMBERS = 2 ** 18;

/** Returns null for convolutions that are left to the backend. */
export function conv2d({ inputs, attrs }: Arguments, simd: Simd): tf.TensorInfo | null {
  const [x, filter] = [inputs.x!, inputs.filter!];
  const info = infoOf(x.shape, filter.shape, attrs as unknown as ConvAttributes);
  if (!info || x.dtype !== 'float32' || filter.dtype !== 'float32') return null;
  const made = simd.tensor(info.outShape);
  const [from, weights, out] = [x, filter, made].map((tensor) => simd.addressOf(tensor)) as [number, number, number];
  convolve(info, simd, { x: from, filter: weights, bias: 0, out });
  return made;
}

/** Convolves at addresses; a bias of 0 means none. `after` is called with the address of some images' outputs, and their count. */
export function convolve(
  info: ConvInfo,
  simd: Simd,
  { x, filter, bias, out }: { x: number; filter: number; bias: number; out: number },
  after?: (at: number, count: number) => void,
): void {
  const images = new Images(info, simd);
  const { places, outputs, numbers } = images;
  const weights = rowMajor(filter, outputs);
  images.each((first, count, patches) => {
    images.read(x, first, count, patches);
    const to = out + BYTES * first * places * outputs;
    simd.matMul(rowMajor(patches, numbers), weights, to, count * places, outputs, numbers, bias);
    after?.(to, count * places * outputs);
  });
}

export function filterGradient({ inputs, attrs }: Arguments, simd: Simd): tf.TensorInfo | null {
  const { filterShape, ...attributes } = attrs as unknown as ConvAttributes & { filterShape: number[] };
  const [x, dy] = [inputs.x!, inputs.dy!];
  const info = infoOf(x.shape, filterShape, attributes);
  if (!info) return null;
  const made = simd.tensor(filterShape);
  const [from, slopes, out] = [x, dy, made].map((tensor) => simd.addressOf(tensor)) as [number, number, number];
  filterSlopes(info, simd, { x: from, dy: slopes, out });
  return made;
}

/** Computes the gradient by the filter, at addresses. */
export function filterSlopes(info: ConvInfo, simd: Simd, { x, dy, out }: Record<'x' | 'dy' | 'out', number>): void {
  const images = new Images(info, simd);
  const { places, outputs, numbers } = images;
  // The transposed gradient: so the patches are the factor whose rows are read one after the other.
  const turned = simd.allocate(outputs * numbers);
  simd.numbers(turned, outputs * numbers).fill(0);
  try {
    images.each((first, count, patches) => {
      images.read(x, first, count, patches);
      const slopes = rowMajor(dy + BYTES * first * places * outputs, outputs);
      simd.matMulAdd(transposed(slopes), rowMajor(patches, numbers), turned, outputs, numbers, count * places);
    });
    simd.transpose(turned, outputs, numbers, out);
  } finally {
    simd.free(turned);
  }
}

export function inputGradient({ inputs, attrs }: Arguments, simd: Simd): tf.TensorInfo | null {
  const { inputShape, ...attributes } = attrs as unknown as ConvAttributes & { inputShape: number[] };
  const [dy, filter] = [inputs.dy!, inputs.filter!];
  const info = infoOf(inputShape, filter.shape, attributes);
  if (!info) return null;
  const made = simd.tensor(inputShape);
  const [slopes, weights, out] = [dy, filter, made].map((tensor) => simd.addressOf(tensor)) as [number, number, number];
  inputSlopes(info, simd, { dy: slopes, filter: weights, out });
  return made;
}

/** Computes the gradient by the images, at addresses. */
export function inputSlopes(
  info: ConvInfo,
  simd: Simd,
  { dy, filter, out }: Record<'dy' | 'filter' | 'out', number>,
): void {
  const images = new Images(info, simd);
  const { places, outputs, numbers } = images;
  const turned = simd.allocate(outputs * numbers);
  try {
    simd.transpose(filter, numbers, outputs, turned);
    images.each((first, count, patches) => {
      const slopes = rowMajor(dy + BYTES * first * places * outputs, outputs);
      simd.matMul(slopes, rowMajor(turned, numbers), patches, count * places, numbers, outputs);
      images.write(out, first, count, patches);
    });
  } finally {
    simd.free(turned);
  }
}

/** Returns null for dilated filters and channels that come first. */
function infoOf(x: number[], filter: number[], attributes: ConvAttributes): ConvInfo | null {
  const { strides, pad, dilations = 1, dimRoundingMode, dataFormat = 'NHWC' } = attributes;
  if (dataFormat !== 'NHWC' || [dilations].flat().some((dilation) => dilation !== 1)) return null;
  return tf.backend_util.computeConv2DInfo(
    x as [number, number, number, number],
    filter as [number, number, number, number],
    strides,
    1,
    pad,
    dimRoundingMode,
    false,
    'channelsLast',
  );
}

/** The images of a convolution, and their patches. */
class Images {
  /** Places of the filter in an image, that is rows of its patches. */
  readonly places: number;
  readonly outputs: number;
  /** Numbers of a patch. */
  readonly numbers: number;
  private readonly padded: { height: number; width: number };
  private readonly isPadded: boolean;
  /** Copy of one image with zeros around it; 0: none is needed. */
  private border = 0;

  constructor(
    private readonly info: ConvInfo,
    private readonly simd: Simd,
  ) {
    const { outHeight, outWidth, outChannels, filterHeight, filterWidth, inChannels, padInfo } = info;
    this.places = outHeight * outWidth;
    this.outputs = outChannels;
    this.numbers = filterHeight * filterWidth * inChannels;
    // Rounding up can make the last places reach further than the padding says.
    const reach = (places: number, stride: number, size: number) => (places - 1) * stride + size;
    const { top, left, bottom, right } = padInfo;
    const height = Math.max(info.inHeight + top + bottom, reach(outHeight, info.strideHeight, filterHeight));
    const width = Math.max(info.inWidth + left + right, reach(outWidth, info.strideWidth, filterWidth));
    this.padded = { height, width };
    this.isPadded = height !== info.inHeight || width !== info.inWidth;
  }

  /** Calls `work` for some images at a time, with the memory for their patches. */
  each(work: (first: number, count: number, patches: number) => void): void {
    const { simd, info, places, numbers } = this;
    const most = Math.max(1, Math.floor(MOST_NUMBERS / (places * numbers)));
    const { height, width } = this.padded;
    const patches = simd.allocate(Math.min(most, info.batchSize) * places * numbers);
    const size = height * width * info.inChannels;
    try {
      if (this.isPadded) {
        this.border = simd.allocate(size);
        simd.numbers(this.border, size).fill(0);
      }
      for (let first = 0; first < info.batchSize; first += most) {
        work(first, Math.min(most, info.batchSize - first), patches);
      }
    } finally {
      simd.free(patches);
      if (this.border) simd.free(this.border);
      this.border = 0;
    }
  }

  /** Makes the patches of some images. */
  read(x: number, first: number, count: number, patches: number): void {
    const { inHeight, inWidth, inChannels } = this.info;
    const size = inHeight * inWidth * inChannels;
    for (let i = 0; i < count; i++) {
      const image = x + BYTES * (first + i) * size;
      if (this.border) this.copyRows(image, true);
      this.simd.patches(this.border || image, this.shape, patches + BYTES * i * this.places * this.numbers, false);
    }
  }

  /** Sets some images to the sums of their patches. */
  write(x: number, first: number, count: number, patches: number): void {
    const { inHeight, inWidth, inChannels } = this.info;
    const { height, width } = this.padded;
    const size = inHeight * inWidth * inChannels;
    for (let i = 0; i < count; i++) {
      const image = x + BYTES * (first + i) * size;
      this.simd.numbers(this.border || image, this.border ? height * width * inChannels : size).fill(0);
      this.simd.patches(this.border || image, this.shape, patches + BYTES * i * this.places * this.numbers, true);
      if (this.border) this.copyRows(image, false);
    }
  }

  /** Copies an image into the middle of the border, or back. */
  private copyRows(image: number, inward: boolean): void {
    const { inHeight, inWidth, inChannels, padInfo } = this.info;
    const length = inWidth * inChannels;
    for (let row = 0; row < inHeight; row++) {
      const outer = this.border + BYTES * ((row + padInfo.top) * this.padded.width + padInfo.left) * inChannels;
      const own = image + BYTES * row * length;
      if (inward) this.simd.copy(own, length, outer);
      else this.simd.copy(outer, length, own);
    }
  }

  /** Numbers that the kernel takes: see webAssembly/simd/patches.ts. */
  private get shape(): number[] {
    const { outHeight, outWidth, inChannels, strideHeight, strideWidth, filterHeight, filterWidth } = this.info;
    const row = BYTES * this.padded.width * inChannels;
    return [
      ...[outHeight, outWidth, row, row * strideHeight, BYTES * inChannels * strideWidth],
      ...[filterHeight, filterWidth * inChannels],
    ];
  }
}

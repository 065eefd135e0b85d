import { setTimeout as sleep } from 'node:timers/promises';
import { validateNetwork, type Network } from '../../../src/experiment/network/index.js';
import type { Dataset } from '../../../src/training/data/types.js';
import { Random } from '../../../src/training/random.js';
import { Training, type TrainingLog } from '../../../src/training/loop/train.js';
import type { Said } from '../../../src/protocol/said.js';

export interface Point {
  step: number;
  epoch: number | undefined;
  values: Record<string, number>;
}

/** Records what a training logs. */
export class Notes implements TrainingLog {
  readonly points: Point[] = [];
  readonly texts: string[] = [];
  readonly fractions: (number | null)[] = [];
  stopRequested: 'stop' | 'prune' | null = null;
  onPoint: (point: Point) => void = () => undefined;
  log(values: Record<string, number>, at?: { step?: number; epoch?: number }): void {
    const point = { step: at!.step!, epoch: at!.epoch, values };
    this.points.push(point);
    this.onPoint(point);
  }
  progress(fraction: number | null, text?: string): void {
    this.fractions.push(fraction);
    if (text) this.texts.push(text);
  }
  info(): void {}
  message(_level: string, _text: string | Said): void {}
  series(name: string): number[] {
    return this.points.flatMap(({ values }) => (name in values ? [values[name]!] : []));
  }
}

export function network(section: Record<string, unknown>): Network {
  const result = validateNetwork({ data: 'mnist', ...section });
  if (!result.network) throw new Error(result.problems.map((problem) => problem.message).join('; '));
  return result.network;
}

/** Returns two noisy concentric rings, which no line can separate. */
export function rings(count: number): Dataset {
  const random = new Random(11);
  const part = (examples: number) => {
    const inputs = new Float32Array(examples * 2);
    const targets = new Int32Array(examples);
    for (let i = 0; i < examples; i++) {
      const angle = 2 * Math.PI * random.uniform();
      targets[i] = i % 2;
      const radius = 0.5 + targets[i]! + 0.1 * random.normal();
      inputs.set([radius * Math.cos(angle), radius * Math.sin(angle)], i * 2);
    }
    return { count: examples, inputs, targets };
  };
  return {
    name: 'rings',
    task: 'classification',
    inputShape: [2],
    classes: ['inner', 'outer'],
    outputs: 2,
    train: part(count),
    validation: part(200),
    inputScale: { factor: 1, offset: 0 },
    targetScale: null,
    preparation: {},
    notes: [],
  };
}

/** y = 3a − 2b + 100, in units far from 1. */
export function plane(count: number): Dataset {
  const random = new Random(12);
  const part = (examples: number) => {
    const inputs = Float32Array.from({ length: examples * 2 }, () => random.normal());
    const targets = Float32Array.from(
      { length: examples },
      (_, i) => 300 * inputs[2 * i]! - 200 * inputs[2 * i + 1]! + 1e4,
    );
    return { count: examples, inputs, targets };
  };
  return {
    ...rings(2),
    name: 'plane',
    task: 'regression',
    classes: null,
    outputs: 1,
    train: part(count),
    validation: part(100),
    targetScale: [{ mean: 1e4, deviation: 360 }],
  };
}

/** Returns 6×6 images with a bright row or a bright column. */
export function stripes(count: number): Dataset {
  const random = new Random(13);
  const part = (examples: number) => {
    const inputs = new Uint8Array(examples * 36);
    const targets = new Int32Array(examples);
    for (let i = 0; i < examples; i++) {
      targets[i] = i % 2;
      const at = 1 + Math.floor(4 * random.uniform());
      for (let j = 0; j < 6; j++) {
        const pixel = i % 2 ? 6 * at + j : 6 * j + at;
        inputs[36 * i + pixel] = 200 + Math.floor(50 * random.uniform());
      }
    }
    return { count: examples, inputs, targets };
  };
  return {
    ...rings(2),
    name: 'stripes',
    inputShape: [6, 6, 1],
    classes: ['upright', 'level'],
    train: part(count),
    validation: part(20),
    inputScale: { factor: 2 / 255, offset: -1 },
  };
}

export function training(section: Record<string, unknown>, dataset: Dataset, notes = new Notes(), seed = 1): Training {
  return new Training({ network: network(section), dataset, seed, log: notes, cheapReads: true, evaluationBatch: 64 });
}

/** Waits until a condition holds; fails after the time-out. */
export async function until(what: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await what())) {
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
    await sleep(20);
  }
}

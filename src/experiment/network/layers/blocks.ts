/**
 * Blocks: named lists of layers. A name may be used wherever a layer or a list of layers can be, so that a
 * hyperparameter can choose the architecture.
 */
import { z } from 'zod';
import { record } from '../../../protocol/values/recordSchema.js';
import { entryOf, hasEntry } from '../../../protocol/values/records.js';
import { suggest } from '../../suggest.js';
import { Placeholder, type Kit } from '../kit.js';
import type { WrittenLayer } from './index.js';
import { describeLayer, isLayerName, PLAIN_LAYERS } from './words.js';
import type { NetworkProblem } from '../problems.js';

/** A network with more layers than this is a mistake, or would never be built. */
const MOST_LAYERS = 10_000;
type Path = (string | number)[];
type Blocks = Record<string, unknown>;

export function blocksSchema(layer: z.ZodType<WrittenLayer>, { p }: Kit) {
  const layers = z.union([z.array(layer, { error: 'a block must be a list of layers' }), z.string()]);
  return record(p(layers as unknown as z.ZodType<WrittenLayer[]>), {
    error: 'blocks must be names, each with a list of layers',
  });
}
export type WrittenBlocks = Record<string, WrittenLayer[]>;

/**
 * Returns the faults in the use of blocks of a section as written: names that stand for nothing, blocks that contain
 * themselves, too many layers. Works on any value; what has another shape is left to the schema. With `placeholders`, a
 * `"{param}"` may stand for a name.
 */
export function blockProblems(section: unknown, placeholders: boolean): NetworkProblem[] {
  if (!isGroup(section)) return [];
  const check = new BlockCheck(isGroup(section.blocks) ? section.blocks : {}, placeholders);
  for (const name of Object.keys(check.blocks)) check.name(name);
  const count = check.list(section.layers, ['layers'], false);
  if (check.problems.length > 0) return check.problems;
  if (count > MOST_LAYERS) return [{ path: ['layers'], message: `there are more than ${MOST_LAYERS} layers` }];
  if (count === 0 && section.layers !== undefined && Array.isArray(section.layers) && section.layers.length > 0) {
    return [{ path: ['layers'], message: 'layers must name at least one layer' }];
  }
  return [];
}

class BlockCheck {
  readonly problems: NetworkProblem[] = [];
  /** Layers of each block; null while it is being counted. */
  private readonly counts = new Map<string, number | null>();

  constructor(
    readonly blocks: Blocks,
    private readonly placeholders: boolean,
  ) {}

  /** Checks the name of a block, and its layers. */
  name(block: string): void {
    const path = ['blocks', block];
    if (isLayerName(block)) this.report(path, `a block can't have the name of a layer, "${block}"`);
    this.count(block, path);
  }

  /** Returns the number of layers that a list expands to. `needed`: none is a fault. */
  list(value: unknown, path: Path, needed: boolean): number {
    if (typeof value !== 'string' && !Array.isArray(value)) return 1;
    const before = this.problems.length;
    const count =
      typeof value === 'string'
        ? this.named(value, path, false)
        : value.reduce<number>((sum, entry, i) => sum + this.entry(entry, [...path, i]), 0);
    if (needed && count === 0 && value.length > 0 && this.problems.length === before) {
      this.report(path, 'layers must name at least one layer: these blocks are empty');
    }
    return Math.min(count, Number.MAX_SAFE_INTEGER);
  }

  private entry(entry: unknown, path: Path): number {
    if (typeof entry === 'string') return this.named(entry, path, true);
    if (Array.isArray(entry)) {
      return entry.reduce<number>((sum, name, i) => sum + this.entry(name, [...path, i]), 0);
    }
    if (!isGroup(entry)) return 1;
    if ('residual' in entry) {
      const { residual } = entry;
      const inner = isGroup(residual) ? residual.layers : residual;
      return 1 + this.list(inner, [...path, 'residual', ...(isGroup(residual) ? ['layers'] : [])], true);
    }
    if ('repeat' in entry && isGroup(entry.repeat)) {
      const { times, layers } = entry.repeat;
      return (typeof times === 'number' ? times : 1) * this.list(layers, [...path, 'repeat', 'layers'], false);
    }
    return 1;
  }

  private named(name: string, path: Path, one: boolean): number {
    if (this.placeholders && Placeholder.safeParse(name).success) return 1;
    if (hasEntry(this.blocks, name)) return this.count(name, path);
    if (one && isPlain(name)) return 1;
    const blocks = Object.keys(this.blocks);
    const near = suggest(name, blocks);
    const known = blocks.length > 0 ? `known: ${blocks.join(', ')}` : 'write it under blocks';
    const ofBlocks = `there is no block "${name}"; ${near ? `did you mean "${near}"?` : known}`;
    this.report(path, near || !one ? ofBlocks : describeLayer(name, blocks));
    return 1;
  }

  private count(block: string, path: Path): number {
    const known = this.counts.get(block);
    if (known === null) this.report(path, `the block "${block}" contains itself`);
    if (known !== undefined) return known ?? 1;
    this.counts.set(block, null);
    const count = this.list(entryOf(this.blocks, block), ['blocks', block], false);
    this.counts.set(block, count);
    return count;
  }

  private report(path: Path, message: string): void {
    this.problems.push({ path, message });
  }
}

/** Returns the layers with every name of a block replaced by its layers. Call it on what `blockProblems` accepts. */
export function expandBlocks(layers: unknown, blocks: WrittenBlocks): WrittenLayer[] {
  const list = (value: unknown): WrittenLayer[] =>
    typeof value === 'string' ? entry(value) : (value as unknown[]).flatMap(entry);
  const entry = (value: unknown): WrittenLayer[] => {
    if (typeof value === 'string' && hasEntry(blocks, value)) return list(entryOf(blocks, value));
    if (Array.isArray(value)) return list(value);
    if (isGroup(value) && 'residual' in value) {
      const { residual } = value;
      return [{ residual: list(isGroup(residual) ? residual.layers : residual) }];
    }
    if (isGroup(value) && 'repeat' in value) {
      const { times, layers: inner } = value.repeat as { times: number; layers: unknown };
      return [{ repeat: { times, layers: list(inner) } }];
    }
    return [value as WrittenLayer];
  };
  return list(layers);
}

/** Returns the names that a list of layers may refer to, in it and in the layers inside. */
export function namesIn(layers: unknown): string[] {
  if (typeof layers === 'string') return [layers];
  if (Array.isArray(layers)) return layers.flatMap(namesIn);
  if (!isGroup(layers)) return [];
  return [...namesIn(layers.residual), ...namesIn(layers.layers), ...namesIn(layers.repeat)];
}

const isPlain = (name: string): boolean => (PLAIN_LAYERS as readonly string[]).includes(name);
const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

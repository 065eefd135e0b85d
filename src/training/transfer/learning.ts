/**
 * Which layers learn in an epoch, and how fast. Freezing follows Yosinski et al. ("How transferable are features in deep
 * neural networks?", NIPS 2014), rates by depth and gradual unfreezing follow Howard & Ruder (ULMFiT, ACL 2018, sections
 * 3.2 and 3.3).
 */
import type { FreezeSettings, LayerName, Network, Part, RateSettings } from '../../experiment/network/index.js';
import { PlacedError } from '../errors.js';
import type { BuiltLayer } from '../layers/types.js';
import { rangesOf, workedRange, type Range } from '../parts.js';
import { layerNames, layersNamed, namesText, type NamedLayer } from './names.js';
import { said } from '../../format/said.js';

/** Layers, counted from 0, that do not learn in an epoch. Workers receive it as a message. */
export interface Frozen {
  layers: number[];
  /** Their batch normalizations keep and use their moving averages. */
  statistics: boolean;
}

type Settings = Pick<Network, 'freeze' | 'rates' | 'layers'> & Partial<Pick<Network, 'from' | 'parts' | 'transform'>>;

/** Throws PlacedError when `freeze` or `rates` name a layer that is not there. */
export function checkNames({ freeze, rates, layers }: Settings, aliases: readonly string[]): void {
  const named = layerNames(layers, aliases);
  freeze?.layers.forEach((word, i) => indexesOf(named, word, ['freeze', 'layers', i]));
  if (freeze && freeze.until !== null) indexesOf(named, freeze.until, ['freeze', 'until']);
  for (const word of Object.keys(rates.layers)) indexesOf(named, word, ['rates', 'layers', word]);
}

function indexesOf(named: readonly NamedLayer[], word: LayerName, path: (string | number)[]): number[] {
  const found = layersNamed(named, word);
  if (found.length > 0) return found;
  throw new PlacedError(
    path,
    said('there is no layer {0}; the layers are {1}', JSON.stringify(word), namesText(named)),
  );
}

export class LayerLearning {
  private readonly named: NamedLayer[];
  /** Indexes of the layers with weights that can learn, from the first. */
  private readonly weighted: number[];
  private readonly base: Set<number>;
  private readonly freeze: FreezeSettings | null;
  private readonly rates: RateSettings;
  /** Sub-mappings that learn in turn, one per epoch; null: they learn together. */
  private readonly turns: (Range & { name: string })[] | null;
  private readonly worked: Range | null;

  constructor(
    private readonly layers: readonly BuiltLayer[],
    settings: Settings,
    aliases: readonly string[],
  ) {
    checkNames(settings, aliases);
    this.named = layerNames(settings.layers, aliases);
    this.freeze = settings.freeze;
    this.rates = settings.rates;
    this.weighted = layers.flatMap(({ weights }, i) => (weights.some(({ trainable }) => trainable) ? [i] : []));
    const { from = null, parts = [] } = settings;
    this.worked = workedRange({ from, parts });
    this.base = this.frozenAtFirst();
    this.turns = settings.transform?.kind === 'local' ? this.blocks(parts) : null;
  }

  /** Returns the parts, or the layers with weights and those that follow each, as far as any of their weights learn. */
  private blocks(parts: readonly Part[]): (Range & { name: string })[] {
    const each = this.weighted.map((from, i) => ({
      name: this.layers[from]!.name,
      from: i === 0 ? 0 : from,
      to: this.weighted[i + 1] ?? this.layers.length,
    }));
    const named = rangesOf(parts).map((range) => ({ ...range, to: Math.min(range.to, this.layers.length) }));
    const learns = ({ from, to }: Range): boolean =>
      this.weighted.some((index) => index >= from && index < to && !this.base.has(index));
    return (named.length > 0 && !this.worked ? named : each).filter(learns);
  }

  /** Returns the sub-mapping that learns alone in an epoch, counted from 1; null: they learn together. */
  turn(epoch: number): (Range & { name: string }) | null {
    return this.turns?.[(epoch - 1) % this.turns.length] ?? null;
  }

  private frozenAtFirst(): Set<number> {
    const { freeze, named, weighted, worked } = this;
    const outside = worked ? [...this.layers.keys()].filter((i) => i < worked.from || i >= worked.to) : [];
    if (!freeze) return new Set(outside);
    const listed = freeze.layers.flatMap((word) => layersNamed(named, word));
    const until = freeze.until === null ? -1 : layersNamed(named, freeze.until).at(-1)!;
    const last = freeze.allButLast === null ? [] : weighted.slice(0, Math.max(0, weighted.length - freeze.allButLast));
    return new Set([...outside, ...listed, ...[...this.layers.keys()].filter((i) => i <= until), ...last]);
  }

  /** Returns what does not learn in an epoch, counted from 1; null: all layers learn. */
  frozen(epoch: number): Frozen | null {
    const { freeze, base } = this;
    const turn = this.turn(epoch);
    if (base.size === 0 && !turn) return null;
    const frozen = new Set(base);
    if (turn) for (const index of this.layers.keys()) if (index < turn.from || index >= turn.to) frozen.add(index);
    const unfreeze = freeze?.unfreeze;
    if (unfreeze && epoch >= unfreeze.from) {
      const steps = Math.floor((epoch - unfreeze.from) / unfreeze.every) + 1;
      const { worked } = this;
      const deep = this.weighted.filter((i) => base.has(i) && (!worked || (i >= worked.from && i < worked.to)));
      for (const index of deep.slice(Math.max(0, deep.length - steps * unfreeze.layers))) frozen.delete(index);
    }
    const layers = [...frozen].sort((a, b) => a - b);
    return layers.some((index) => this.weighted.includes(index))
      ? { layers, statistics: freeze?.statistics ?? true }
      : null;
  }

  /** True when no layer learns at first, and none ever will. */
  get nothingLearns(): boolean {
    return !this.freeze?.unfreeze && this.weighted.length > 0 && this.weighted.every((index) => this.base.has(index));
  }

  /** Returns the factor of the learning rate for each of θ's values; null: all are 1. `frozen` layers have 0. */
  shares(frozen: Frozen | null): Float32Array | null {
    const { decay, layers: factors } = this.rates;
    if (!frozen && decay === 1 && Object.keys(factors).length === 0) return null;
    const own = new Map<number, number>();
    for (const [word, factor] of Object.entries(factors)) {
      for (const index of layersNamed(this.named, word)) own.set(index, factor);
    }
    const still = new Set(frozen?.layers);
    const depth = new Map(this.weighted.toReversed().map((index, i) => [index, i]));
    const parts = this.layers.flatMap(({ weights }, index) => {
      const share = still.has(index) ? 0 : decay ** (depth.get(index) ?? 0) * (own.get(index) ?? 1);
      return weights.flatMap(({ trainable, variable }) => (trainable ? [{ share, size: variable.size }] : []));
    });
    const values = new Float32Array(parts.reduce((sum, { size }) => sum + size, 0));
    let at = 0;
    for (const { share, size } of parts) values.fill(share, at, (at += size));
    return values;
  }
}

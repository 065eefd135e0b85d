/** Which layers learn in each epoch, and how fast: gradual unfreezing, and changes by the person. */
import { isDeepStrictEqual } from 'node:util';
import type { Network } from '../../experiment/network/index.js';
import { PlacedError } from '../errors.js';
import type { Model } from '../model.js';
import type { Range } from '../parts.js';
import { LayerLearning } from '../transfer/learning.js';
import type { GradientParts } from './gradientTypes.js';
import type { Stepper } from './stepper.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

type Frozen = GradientParts['frozen'];

export class LayerPhases {
  private learning: LayerLearning;
  /** Layers that did not learn in the epoch before; null: all did. */
  frozen: number[] | null = null;
  /** Null after a change of the settings, until the next epoch. */
  private present: { frozen: Frozen } | null = null;

  /** Throws PlacedError when no layer is left that learns. */
  constructor(
    private readonly layers: Model['layers'],
    private readonly stepper: Stepper,
    network: Network,
    private readonly aliases: ConstructorParameters<typeof LayerLearning>[2],
  ) {
    this.learning = new LayerLearning(layers, network, aliases);
    if (this.learning.nothingLearns) {
      const part = network.from?.part ?? null;
      if (part === null) throw new PlacedError(['freeze'], said('no layer is left that learns: freeze fewer'));
      if (network.epochs > 0) throw new PlacedError(['from', 'part'], said('nothing learns in the part "{0}"', part));
    }
  }

  /** Layers that learn alone in this epoch, from local targets; null: all learn from the loss. */
  turn(epoch: number): Range | null {
    return this.learning.turn(epoch);
  }

  change(network: Network): void {
    this.learning = new LayerLearning(this.layers, network, this.aliases);
    this.present = null;
  }

  /** The stepper is replaced before the next epoch. */
  forget(): void {
    this.present = null;
  }

  /** `isBegun`: an epoch was trained before. `news`: for the person, when layers begin to learn. */
  enter(epoch: number, isBegun: boolean): { frozen: Frozen; isChanged: boolean; news: Said | null } {
    const frozen = this.learning.frozen(epoch);
    const thawed = isBegun ? (this.frozen ?? []).filter((index) => !frozen?.layers.includes(index)) : [];
    const isChanged = !this.present || !isDeepStrictEqual(frozen, this.present.frozen ?? null);
    this.frozen = frozen?.layers ?? null;
    if (!isChanged) return { frozen, isChanged, news: null };
    this.present = { frozen };
    this.stepper.setShares(this.learning.shares(frozen), thawed.length > 0 ? 'restart' : 'change');
    const names = thawed.map((index) => this.layers[index]!.name);
    const turn = this.learning.turn(epoch);
    if (turn) return { frozen, isChanged, news: said('epoch {0} trains {1}', epoch, turn.name) };
    const news =
      names.length > 0 ? said('from epoch {0} on, these layers learn too: {1}', epoch, names.join(', ')) : null;
    return { frozen, isChanged, news };
  }

  load(frozen: number[] | null): void {
    this.frozen = frozen;
    this.stepper.setShares(this.learning.shares(frozen && { layers: frozen, statistics: true }), 'begin');
  }
}

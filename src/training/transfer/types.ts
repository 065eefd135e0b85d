import type { Layer, Part } from '../../experiment/network/index.js';
import type { SavedWeight } from '../checkpoints/checkpoint.js';
import type { SavedData } from '../checkpoints/saved.js';
import type { Note } from '../../protocol/said.js';

/** A trained network to begin with. */
export interface Trained {
  /** Words for messages, such as `run 3f2a` or `digits.keras`. */
  source: string;
  /** Null: the file holds weights alone. */
  layers: Layer[] | null;
  /** Names by which the file calls each of its layers; empty: it calls them as we do. */
  aliases: string[];
  /** Weights by the names that our layers give them; those of a file of weights alone by their own names. */
  weights: SavedWeight[];
  /** Shape of one example that the network was made for; null: unknown. */
  inputShape: number[] | null;
  /** Data that our own network was trained on; null: unknown. */
  data: SavedData | null;
  /** Named parts of its layers; absent: none are named. */
  parts?: Part[] | undefined;
  /** Sentences about what the file has that the network here has not. */
  notes: Note[];
}

/** Most numbers that the weights of a file may have together: 2 GB of 32-bit floats. */
export const MOST_NUMBERS = 2 ** 29;
/** Longest description of a network in bytes. */
export const LONGEST_TOPOLOGY = 32 * 2 ** 20;
/** Most layers of a network, those within others included. */
export const MOST_LAYERS = 10_000;

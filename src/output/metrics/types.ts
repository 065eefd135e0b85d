/** Reads the place in the training from a line of output, as far as the line itself says. */
export interface Place {
  /** As printed, from 0 or from 1. May have a fraction. */
  epoch?: number;
  /** Steps since the training began. */
  step?: number;
  /** Position within the epoch, in the program's own unit (batches, examples); `of` null: no total is printed. */
  within?: { at: number; of: number | null };
}

/** The reading of one line of output. */
export interface LineReading {
  place: Place;
  /** By name as recorded, in the order printed. May be empty: a line may only say which epoch begins. */
  values: Map<string, number>;
}

/** Names that one line can have; further ones are left out. */
export const MAX_VALUES = 100;

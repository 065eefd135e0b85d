/** One place where text or bytes that others wrote come in. */
export interface Boundary {
  name: string;
  /** Valid inputs from which others are bred. */
  samples: () => (string | Uint8Array)[];
  /** Takes an input as the product does. Throws a Refusal's class for what it refuses with a sentence; anything else that is thrown is a crash. */
  take(input: Uint8Array): boolean | Promise<boolean>;
  /** Milliseconds that one input may take, and MB that the process may grow by. */
  bounds?: { milliseconds?: number; megabytes?: number };
}

export interface Tally {
  name: string;
  inputs: number;
  refused: number;
  accepted: number;
  crashes: { index: number; message: string }[];
  slowest: { index: number; milliseconds: number };
  peak: number;
}

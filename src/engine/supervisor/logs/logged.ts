/** Names and libraries that the program's own client has in its journals: they are not recorded a second time from files. */
import { join } from 'node:path';
import { FileBytes } from '../../../foreign/bytes.js';
import { readLines } from '../../../foreign/textLines.js';
import { listReal } from '../../../files/real.js';
import { RUN_FILES } from '../../../protocol/run/runFiles.js';
import type { FormatId } from '../../../foreign/types.js';

/** Bytes of journals that one look reads. */
const MOST_BYTES = 4 << 20;
/** By a library that is captured, the formats of log files whose values are then recorded already. */
const COVERED: Record<string, FormatId[]> = {
  tensorboard: ['tensorboard'],
  lightning: ['csv', 'tensorboard'],
  keras: ['csv', 'tensorboard'],
  transformers: ['transformers', 'tensorboard'],
  accelerate: ['tensorboard'],
  wandb: ['wandb'],
  trackio: ['trackio'],
  mlflow: ['mlflow'],
};

export class LoggedByClient {
  private readonly places = new Map<string, number>();
  private readonly names = new Set<string>();
  private readonly covered = new Set<FormatId>();

  constructor(private readonly folder: string) {}

  /** Returns whether the client has logged a metric of this name. */
  has(name: string): boolean {
    return this.names.has(name);
  }

  covers(format: FormatId): boolean {
    return this.covered.has(format);
  }

  /** Reads the records that clients have written since the last call. */
  look(): void {
    for (const file of journals(join(this.folder, RUN_FILES.journal))) {
      try {
        const bytes = FileBytes.open(file);
        try {
          const from = this.places.get(file) ?? 0;
          const { next } = readLines(bytes, from, MOST_BYTES, (text) =>
            text.split('\n').forEach((line) => this.line(line)),
          );
          this.places.set(file, next);
        } finally {
          bytes.close();
        }
      } catch {
        // Read again the next time.
      }
    }
  }

  private line(line: string): void {
    if (line === '' || line[0] !== '{') return;
    try {
      const { type = 'metrics', values } = JSON.parse(line) as { type?: string; values?: Record<string, unknown> };
      if (typeof values !== 'object' || values === null) return;
      if (type === 'metrics') for (const name of Object.keys(values)) this.names.add(name);
      else if (type === 'info' && typeof values.captured === 'string') this.capture(values.captured);
    } catch {
      // A torn line.
    }
  }

  private capture(libraries: string): void {
    for (const library of libraries.split(', ')) {
      for (const format of Object.hasOwn(COVERED, library) ? COVERED[library]! : []) this.covered.add(format);
    }
  }
}

/** Journals that clients write. */
function journals(folder: string): string[] {
  try {
    return listReal(folder).flatMap(({ name }) =>
      /^(?:rank\d+-.*|external)\.ndjson$/.test(name) ? [join(folder, name)] : [],
    );
  } catch {
    return [];
  }
}

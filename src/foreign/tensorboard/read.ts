import { FileBytes } from '../bytes.js';
import { Fields, WireError } from '../../protocol/values/protobuf.js';
import type { Place, Reader, Sink } from '../types.js';
import { EventReader } from './events.js';
import { readRecords } from './records.js';

/** One event file of a run. */
export interface Part {
  /** Absolute. */
  file: string;
  /** Its path in the run's folder. */
  key: string;
  /** Before the names of its metrics. */
  prefix: string;
}

interface FilePlace {
  at: number;
  /** By tag. */
  plugins: [string, string][];
}

export class TensorBoardReader implements Reader {
  constructor(private readonly parts: readonly Part[]) {}

  read(place: Place | null, sink: Sink, budget = Infinity): { place: Place; more: boolean } {
    const places = new Map(Object.entries((place ?? {}) as Record<string, FilePlace>));
    let left = budget;
    let more = false;
    let oldest = Infinity;
    let newest = -Infinity;
    for (const part of this.parts) {
      if (left <= 0) {
        more = true;
        break;
      }
      const before = places.get(part.key) ?? { at: 0, plugins: [] };
      const after = this.file(part, before, sink, left);
      places.set(part.key, after.place);
      left -= after.place.at - before.at;
      more ||= after.more;
      if (after.oldest < oldest) oldest = after.oldest;
      if (after.newest > newest) newest = after.newest;
    }
    if (place === null && oldest < Infinity) sink.facts({ createdAt: oldest });
    if (newest > -Infinity) sink.facts({ endedAt: newest });
    return { place: Object.fromEntries(places), more };
  }

  private file({ file, key, prefix }: Part, from: FilePlace, sink: Sink, budget: number) {
    const bytes = FileBytes.open(file);
    try {
      const plugins = new Map(from.plugins);
      const events = new EventReader(sink, plugins, prefix);
      const fields = new Fields(Buffer.alloc(0));
      let current = fields;
      let unread = 0;
      const { next, damaged, oversized, more } = readRecords(bytes, from.at, budget, (buffer, start, end) => {
        if (current.buffer !== buffer) current = new Fields(buffer);
        try {
          events.event(current.reset(start, end));
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
          unread++;
        }
      });
      if (damaged + unread > 0) sink.warning(`${key}: ${damaged + unread} damaged records are left out.`);
      if (oversized > 0) sink.warning(`${key}: ${oversized} records of more than 64 MiB are left out.`);
      return { place: { at: next, plugins: [...plugins] }, more, oldest: events.oldest, newest: events.newest };
    } finally {
      bytes.close();
    }
  }
}

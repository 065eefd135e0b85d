/** Removes an ended run from this host. */
import * as path from 'node:path';
import { readReal, STATE_LIMIT } from '../files/real.js';
import { RUN_FILES } from '../protocol/run/runFiles.js';
import { RECENT_MS, type Places } from './places.js';
import { standingOf } from './standing.js';
import type { Tickets } from './tickets.js';

/** Throws with a sentence for the person if the run is not over: an engine that was away may not know it. */
export function forget(
  { place, run, name, last }: { place: string; run: string; name: string; last?: true },
  places: Places,
  tickets: Tickets,
): void {
  const folder = places.find(place, run);
  if (folder !== null) {
    const standing = standingOf(folder, launchOf(folder));
    const hasDevice = typeof tickets.read(name)?.device === 'string';
    if (standing === 'working' || standing === 'orphan' || (standing === 'not begun' && hasDevice))
      throw new Error('The run still works there. Stop it first.');
  }
  tickets.remove(name);
  places.forget(place, run, last ? -Infinity : RECENT_MS);
}

/** Number of the launch that was submitted last. */
function launchOf(folder: string): number {
  try {
    const spec = JSON.parse(readReal(path.join(folder, RUN_FILES.spec), STATE_LIMIT)) as {
      launch?: { number?: unknown };
    };
    return typeof spec.launch?.number === 'number' ? spec.launch.number : 1;
  } catch {
    return 1;
  }
}

/**
 * The viewer's process: `viewer.cjs WORKSPACE [AVOID]`, with AVOID a JSON list of paths that are not read. It talks to the
 * editor over its IPC channel, and ends with it.
 */
import { realpathSync } from 'node:fs';
import { z } from 'zod';
import { ToViewer, type FromViewer } from '../protocol/viewer.js';
import { setEntry } from '../protocol/records.js';
import { answer } from './requests.js';
import { countsOf, Shelf } from './shelf.js';

/** Intervals between two notifications, two checks of grown files, and two searches of the folder. */
const TELL_MS = 250;
const POLL_MS = 2000;
const LOOK_MS = 30_000;

const [workspace = '.', avoid = '[]'] = process.argv.slice(2);
const say = (message: FromViewer): void => void process.send?.(message);

let stale = new Set<string>();
let removed: string[] = [];
let grown: Record<string, Record<string, number>> = {};
let isSeen = false;
let isWorking = false;
let lastLook = 0;

const shelf = new Shelf(
  realpathSync(workspace),
  {
    rows: (ids) => ids.forEach((id) => stale.add(id)),
    removed: (ids) => removed.push(...ids),
    grown: (id, metrics) => setEntry(grown, id, { ...grown[id], ...countsOf(metrics) }),
    reading: (path) => say({ type: 'reading', path }),
  },
  undefined,
  new Set(z.array(z.string()).parse(JSON.parse(avoid))),
);

function look(): void {
  lastLook = performance.now();
  say({ type: 'found', ...shelf.look() });
  work();
}

/** Reads piece after piece; requests get their turn between two of them. */
function work(): void {
  if (isWorking || !shelf.isBusy) return;
  isWorking = true;
  setImmediate(() => {
    isWorking = false;
    shelf.step();
    work();
  });
}

function tell(): void {
  if (stale.size > 0 || removed.length > 0) {
    const runs = shelf.rows(shelf.store.runs.getMany([...stale]));
    say({ type: 'changed', runs, removed });
    [stale, removed] = [new Set(), []];
  }
  if (Object.keys(grown).length > 0) say({ type: 'grown', runs: grown });
  grown = {};
}

process.on('message', (message: unknown) => {
  const said = ToViewer.parse(message);
  if (said.type === 'look') look();
  else if (said.type === 'seen') isSeen = said.seen;
  else {
    try {
      say({ type: 'reply', id: said.id, result: answer(shelf, said.method, said.params) });
    } catch (error) {
      say({ type: 'reply', id: said.id, error: (error as Error).message });
    }
  }
});
process.on('disconnect', () => process.exit(0));

setInterval(tell, TELL_MS);
setInterval(() => {
  if (!isSeen) return;
  if (performance.now() - lastLook > LOOK_MS) look();
  shelf.poll();
  work();
}, POLL_MS);

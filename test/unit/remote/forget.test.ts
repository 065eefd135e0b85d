/** A run is removed from a host, and nothing else: neither a live run nor what is being sent. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { takeLaunch } from '../../../src/engine/supervisor/launch.js';
import type { RemoteJob } from '../../../src/protocol/engine/remote.js';
import { forget } from '../../../src/remote/forget.js';
import { Places } from '../../../src/remote/places.js';
import { submit } from '../../../src/remote/submit.js';
import { Tickets } from '../../../src/remote/tickets.js';

let base: string;
let places: Places;
let tickets: Tickets;
beforeEach(() => {
  base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'forget 主机 ')));
  places = new Places(path.join(base, 'runs'));
  tickets = new Tickets(path.join(base, 'host'));
});
afterEach(() => fs.rmSync(base, { recursive: true }));

const [PLACE, COPY, OTHER] = ['work-1', 'a'.repeat(32), 'b'.repeat(32)];
const asked = (run: string) => ({ place: PLACE, run, name: `tunesmith-${run}-1` });
/** A copy that was sent, with a run in it. */
function sent(run: string, copy = COPY): string {
  const { incoming } = places.prepare(PLACE, copy);
  if (incoming) places.keep(PLACE, copy, incoming);
  return places.settle(PLACE, copy, run);
}
const age = (copy: string): void => {
  const hourAgo = new Date(Date.now() - 3600_000);
  fs.utimesSync(places.copy(PLACE, copy), hourAgo, hourAgo);
};
const exists = (...parts: string[]): boolean => fs.existsSync(path.join(base, 'runs', PLACE, ...parts));

it('removes the last run with the copies that nobody has used lately', () => {
  sent('r1');
  age(COPY);
  forget(asked('r1'), places, tickets);
  expect(exists()).toBe(false);
});

it('leaves the copy of another run', () => {
  const [first, second] = [sent('r1'), sent('r2')];
  age(COPY);
  forget(asked('r1'), places, tickets);
  expect([fs.existsSync(first), fs.existsSync(second)]).toEqual([false, true]);
});

it('leaves a transfer that is on its way, and a copy that a run has just been promised', () => {
  sent('r1');
  age(COPY);
  const { incoming } = places.prepare(PLACE, OTHER);
  forget(asked('r1'), places, tickets);
  expect(fs.existsSync(incoming)).toBe(true);
  places.keep(PLACE, OTHER, incoming);
  expect(places.prepare(PLACE, OTHER).there).toBe(places.copy(PLACE, OTHER));
  forget(asked('r1'), places, tickets);
  expect(exists(OTHER)).toBe(true);
});

it('refuses a run that works there, whatever the engine believes', () => {
  const folder = sent('r1');
  fs.mkdirSync(path.join(folder, 'journal'), { recursive: true });
  expect(takeLaunch(folder, 1)).toBe(true);
  expect(() => forget(asked('r1'), places, tickets)).toThrow(/still works/);
  expect(fs.existsSync(folder)).toBe(true);
});

it('refuses a run that has just got its device, and removes one that waits', () => {
  const folder = sent('r1');
  const ticket = { version: 1, folder, launch: 1, argv: ['x'], env: {}, setup: [], gpus: 0, perGpu: 1 } as const;
  const write = (device: string | null): void =>
    tickets.write({ ...ticket, argv: ['x'], setup: [], name: asked('r1').name, search: null, at: 1, device });
  write('gpu:0');
  expect(() => forget(asked('r1'), places, tickets)).toThrow(/still works/);
  expect(tickets.all()).toHaveLength(1);
  write(null);
  forget(asked('r1'), places, tickets);
  expect([tickets.all(), fs.existsSync(folder)]).toEqual([[], false]);
});

it('starts no run in a copy that is gone', async () => {
  const job = { ...asked('r1'), launch: 1, copy: COPY, spec: '{"cwd":"."}', files: {}, argv: ['x'] };
  const whole: RemoteJob = { ...job, env: {}, setup: [], gpus: null, perGpu: 1, search: null };
  await expect(submit(whole, places, tickets)).rejects.toThrow(/no longer on this host/);
  expect([exists(), tickets.all()]).toEqual([false, []]);
});

it('continues a transfer that was cut off, instead of leaving one folder for every attempt', () => {
  const first = places.prepare(PLACE, COPY).incoming;
  fs.writeFileSync(path.join(first, 'half'), 'x');
  expect(places.prepare(PLACE, COPY, first).incoming).toBe(first);
  // The code has changed meanwhile.
  const second = places.prepare(PLACE, OTHER, first).incoming;
  expect([fs.existsSync(first), fs.existsSync(second)]).toEqual([false, true]);
  // Another engine was faster.
  places.keep(PLACE, OTHER, places.prepare(PLACE, OTHER).incoming);
  expect(places.prepare(PLACE, OTHER, second).there).toBe(places.copy(PLACE, OTHER));
  expect(fs.existsSync(second)).toBe(false);
});

it('touches nothing that is not the folder of a transfer', () => {
  sent('r1');
  const copy = places.copy(PLACE, COPY);
  for (const other of [copy, path.join(base, 'runs'), path.join(base, 'runs', 'other', '.incoming-x'), '/', '']) {
    places.prepare(PLACE, OTHER, other);
    expect(fs.existsSync(copy)).toBe(true);
  }
});

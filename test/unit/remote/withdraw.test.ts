/** A launch that is stopped before it begins is ended once, whoever is faster. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readSupervisorRecords } from '../../../src/engine/runs/ends/endingRecords.js';
import { takeLaunch } from '../../../src/engine/supervisor/launch.js';
import { appendRemote } from '../../../src/remote/told.js';
import { withdrawIfAsked } from '../../../src/remote/withdraw.js';

let folder: string;
beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'withdraw-')));
  fs.mkdirSync(path.join(folder, 'journal'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const line = (launch: number, control: unknown): Buffer => Buffer.from(JSON.stringify({ launch, control }) + '\n');
const stop = { type: 'stop', reason: 'prune' };

it('writes the end of a launch that nobody has taken, with its reason', () => {
  appendRemote(folder, 0, line(2, stop));
  expect(withdrawIfAsked(folder, 1)).toBe(false);
  expect(withdrawIfAsked(folder, 2)).toBe(true);
  const { exit } = readSupervisorRecords(folder, { number: 2, at: 0 });
  expect(exit).toMatchObject({ requested: 'prune', code: null });
  expect(withdrawIfAsked(folder, 2)).toBe(false);
});

it('leaves a launch alone that a supervisor has taken', () => {
  appendRemote(folder, 0, line(1, stop));
  takeLaunch(folder, 1);
  expect(withdrawIfAsked(folder, 1)).toBe(false);
});

it('requests that come twice, or late, stand in the file once', () => {
  const first = line(1, { type: 'pause' });
  const both = Buffer.concat([first, line(1, { type: 'resume' })]);
  appendRemote(folder, 0, first);
  appendRemote(folder, 0, both);
  appendRemote(folder, 0, both);
  appendRemote(folder, 9999, first);
  expect(fs.readFileSync(path.join(folder, 'control.ndjson'))).toEqual(both);
});

/** Searches that are at work on another host, or that a folder says are: an engine that looks on never drives them. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildDist } from '../../support/build.js';
import { experiment, pause, until, Workspace } from '../support.js';

/** A lease is stale after 18 beats. */
const BEAT = { TUNESMITH_LEASE_SECONDS: '0.2' };
const STALE_MS = 18 * 200;

let theirs: Workspace;
let ours: Workspace;
beforeEach(async () => {
  theirs = new Workspace(await buildDist());
  ours = new Workspace(theirs.dist);
});
afterEach(async () => {
  for (const each of [theirs, ours]) await each.remove();
});

const PROGRAM = `
import fs from 'node:fs';
fs.appendFileSync(new URL('started', import.meta.url), process.env.TUNESMITH_RUN_ID + '\\n');
fs.appendFileSync(process.env.TUNESMITH_JOURNAL, JSON.stringify({ step: 0, values: { loss: 1 } }) + '\\n');
await new Promise((resolve) => setTimeout(resolve, 60_000));
`;
const SEARCH = 'search: { sampler: random, parallel: 1, space: { lr: { uniform: [0, 1] } } }\n';
const started = (workspace: Workspace): boolean => fs.existsSync(workspace.at('started'));

/** Copies a folder in which a search is at work, and says that another host has it. */
async function copyWithSearch(): Promise<string> {
  theirs.write('train.mjs', PROGRAM);
  const file = theirs.write('a.tune.yaml', experiment('node train.mjs', SEARCH));
  const engine = await theirs.connect({ env: BEAT });
  const { search } = await engine.request('searches/start', { file });
  await until('its first trial', () => started(theirs));
  fs.cpSync(theirs.at('.tunesmith'), ours.at('.tunesmith'), { recursive: true });
  // Nothing of it runs: what counts is the search that is open.
  for (const run of fs.readdirSync(ours.at('.tunesmith/runs'))) {
    fs.rmSync(ours.at('.tunesmith/runs', run), { recursive: true });
  }
  ours.write('train.mjs', PROGRAM);
  ours.write('a.tune.yaml', fs.readFileSync(file, 'utf8'));
  return search.id;
}

function leaseOfAnotherHost(): void {
  const lease = {
    host: { name: 'node9', bootId: 'another-boot', pidNamespace: 'pid:[1]' },
    pid: 4,
    started: null,
    since: Date.now(),
    token: 'theirs',
  };
  fs.writeFileSync(ours.at('.tunesmith/scheduler.json'), JSON.stringify(lease));
}

it('a search that another host is said to run does not start here once that host is gone', async () => {
  const id = await copyWithSearch();
  leaseOfAnotherHost();
  const engine = await ours.connect({ env: BEAT });
  const seen = async () => (await engine.request('searches/get', { id })).status;
  expect(await seen(), 'while that host works').toBe('running');
  await until('it to be given up', async () => (await seen()) === 'stopped', STALE_MS + 15_000);
  await pause(2000);
  expect(started(ours)).toBe(false);
  expect(fs.readdirSync(path.join(ours.folder, '.tunesmith/runs'))).toEqual([]);
}, 60_000);

it('an engine that only looks, and is restarted, leaves the search and the folder’s lease to the other host', async () => {
  const id = await copyWithSearch();
  leaseOfAnotherHost();
  let engine = await ours.connect({ env: BEAT });
  expect((await engine.request('searches/get', { id })).status).toBe('running');
  await ours.killEngine();
  // The other host's engine is being replaced by its next one.
  fs.rmSync(ours.at('.tunesmith/scheduler.json'));
  engine = await ours.connect({ env: BEAT });
  await pause(2500);
  expect(fs.existsSync(ours.at('.tunesmith/scheduler.json'))).toBe(false);
  expect((await engine.request('engine/status', {})).searches).toBe(0);
  expect(started(ours)).toBe(false);
}, 60_000);

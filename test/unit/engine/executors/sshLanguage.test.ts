/** A connection to a host is shared by clients of several languages, and what it says is stored with runs. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { HeldJob, JobRequest } from '../../../../src/engine/executors/executor.js';
import { SshHost } from '../../../../src/engine/executors/ssh/index.js';
import { setUp } from '../../../../src/engine/executors/ssh/setUp.js';
import { inLanguage } from '../../../../src/engine/server/language.js';
import { filled, l10n, type Translate } from '../../../../src/format/l10n.js';
import { until } from '../support.js';

const german: Translate = (message, ...args) => `(de) ${filled(message, args)}`;
const env = { PATH: '/nonexistent' };
const place = { host: 'box', folder: '~/t' };
const request = {
  folder: '/w/.tunesmith/runs/a',
  spec: { id: 'a' },
  name: 'a',
  launch: 1,
  env,
} as unknown as JobRequest;

let host: SshHost | null = null;
const warned: string[] = [];
const make = (): SshHost =>
  new SshHost({
    ...{ place, dist: '/dist', env, consented: () => new Set<string>() },
    log: { info: () => undefined, warn: (text) => void warned.push(text) },
  });
afterEach(() => {
  host?.close();
  host = null;
});

it('what a run stores of a host’s faults is in no client’s language, whoever has opened the connection', async () => {
  const made = (host = make());
  const job: HeldJob = { request, state: null, id: null, trouble: null, isUnheard: false, changed: () => undefined };
  const languages = new Set<string>();
  job.changed = () => void languages.add(l10n.t('x'));
  const [asked, submitted] = await inLanguage(german, async () => {
    expect(l10n.t('x')).toBe('(de) x');
    // Its timer connects again by itself.
    made.attach(job);
    const looks = made
      .look(env)
      .then(() => '')
      .catch((error: Error) => error.message);
    const submits = made.submit(request).catch((error: Error) => error.message);
    return [await looks, await submits];
  });
  expect(asked).toMatch(/ssh/);
  expect(submitted).toBe(asked);
  await until('another attempt', () => warned.length > 1, 30_000);
  expect([asked, job.trouble, ...warned].filter((text) => text?.includes('(de)'))).toEqual([]);
  expect([...languages]).toEqual(['x']);
}, 60_000);

it.runIf(process.platform !== 'win32').each([
  ['', /^\(de\) box \(Plan9 mips\) has no Node, and this machine has none for it\. \(de\) Install/],
  [
    'tunesmith-probe node v16.1.0 /usr/bin/node',
    /^\(de\) box \(Plan9 mips\) has only Node v16\.1\.0, and this machine has no newer one for it\. \(de\) Install/,
  ],
])('a host without a Node of its own is told of in whole sentences: %s', async (node, expected) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fake-ssh-'));
  const probe = ['system Plan9 mips', 'folder /home/a/t', 'tar yes', 'end yes'].map(
    (fact) => `tunesmith-probe ${fact}`,
  );
  // The same answer to everything: what is brought seems to be there.
  const answer = [...probe, node, 'there'].join('\n');
  fs.writeFileSync(path.join(folder, 'ssh'), `#!/bin/sh\ncat > /dev/null\ncat <<'END'\n${answer}\nEND\n`, {
    mode: 0o755,
  });
  try {
    const given = { place, control: null, env: { PATH: `${folder}:${process.env.PATH}` }, dist: folder };
    const error = await inLanguage(german, () => setUp(given)).catch((each: unknown) => each);
    expect((error as Error).message).toMatch(expected);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

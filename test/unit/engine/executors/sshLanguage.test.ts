/** A connection to a host is shared by clients of several languages, and what it says is stored with runs. */
import { afterEach, expect, it } from 'vitest';
import type { HeldJob, JobRequest } from '../../../../src/engine/executors/executor.js';
import { SshHost } from '../../../../src/engine/executors/ssh/index.js';
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

let host: SshHost;
const warned: string[] = [];
const make = (): SshHost =>
  (host = new SshHost({
    ...{ place, dist: '/dist', env, consented: () => new Set<string>() },
    log: { info: () => undefined, warn: (text) => void warned.push(text) },
  }));
afterEach(() => host.close());

it('what a run stores of a host’s faults is in no client’s language, whoever has opened the connection', async () => {
  make();
  const job: HeldJob = { request, state: null, id: null, trouble: null, isUnheard: false, changed: () => undefined };
  const languages = new Set<string>();
  job.changed = () => void languages.add(l10n.t('x'));
  const [asked, submitted] = await inLanguage(german, async () => {
    expect(l10n.t('x')).toBe('(de) x');
    // Its timer connects again by itself.
    host.attach(job);
    const looks = host
      .look(env)
      .then(() => '')
      .catch((error: Error) => error.message);
    const submits = host.submit(request).catch((error: Error) => error.message);
    return [await looks, await submits];
  });
  expect(asked).toMatch(/ssh/);
  expect(submitted).toBe(asked);
  await until('another attempt', () => warned.length > 1, 30_000);
  expect([asked, job.trouble, ...warned].filter((text) => text?.includes('(de)'))).toEqual([]);
  expect([...languages]).toEqual(['x']);
}, 60_000);

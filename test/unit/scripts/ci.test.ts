import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../../scripts/lib/process.mjs';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'tunesmith-ci-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

// The tests themselves are not run once more: a program takes the place of npm and notes where it was sent.
describe.skipIf(process.platform === 'win32')('.ci/run', () => {
  async function gate(code: number, env: NodeJS.ProcessEnv = {}) {
    const programs = join(folder, 'programs');
    const temporary = join(folder, 'tmp');
    for (const place of [programs, temporary]) mkdirSync(place, { recursive: true });
    const noted = join(folder, 'noted');
    const npm = `#!/bin/sh\nmkdir -p "$TUNESMITH_CACHE/editors" "$npm_config_cache"\necho "$*|$TUNESMITH_CACHE|$TUNESMITH_KEPT_CACHE|$npm_config_cache|$CI" > '${noted}'\nexit ${code}\n`;
    for (const [name, text] of [
      ['npm', npm],
      ['apt-get', '#!/bin/sh\n'],
    ] as const) {
      writeFileSync(join(programs, name), text);
      chmodSync(join(programs, name), 0o755);
    }
    const script = join(import.meta.dirname, '..', '..', '..', '.ci', 'run');
    const PATH = [programs, process.env.PATH].join(delimiter);
    const { TUNESMITH_CACHE: _cache, XDG_CACHE_HOME: _home, ...rest } = process.env;
    const ended = await run(script, [], {
      env: { ...rest, PATH, HOME: folder, TMPDIR: temporary, ...env },
      output: 'quiet',
      check: false,
    });
    const [args, cache, kept, npmCache, ci] = readFileSync(noted, 'utf8').trim().split('|') as string[];
    return { code: ended.code, args, cache: cache!, kept, npmCache: npmCache!, ci, left: readdirSync(temporary) };
  }

  test('begins with empty caches, keeps what is large from the usual one, and leaves nothing', async () => {
    const { code, args, cache, kept, npmCache, ci, left } = await gate(0);
    expect({ code, args, ci }).toEqual({ code: 0, args: 'test', ci: 'true' });
    for (const place of [cache, npmCache]) {
      expect(place.startsWith(join(folder, 'tmp'))).toBe(true);
      expect(existsSync(place)).toBe(false);
    }
    expect(kept).toBe(join(folder, '.cache', 'tunesmith-dev'));
    expect(left).toEqual([]);
  });

  test('fails as the tests do, and leaves nothing then either', async () => {
    const { code, kept, left } = await gate(3, { TUNESMITH_CACHE: '/some/cache' });
    expect(code).toBe(3);
    expect(kept).toBe('/some/cache');
    expect(left).toEqual([]);
  });
});

/** Lets something else happen to a journal at each moment of packing and unpacking at which it has a turn. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { atOnce, inTurns, WAITS, type Waits } from '../../../../src/engine/runs/packing/files.js';
import { packJournal } from '../../../../src/engine/runs/packing/pack.js';
import { unpackJournal } from '../../../../src/engine/runs/packing/unpack.js';
import { openJournal } from '../../../../src/store/journal/file.js';
import { temporary } from '../../store/helpers.js';

const ALWAYS = { mayChange: () => true };
const TEXT = Array.from(
  { length: 3000 },
  (_, step) => `{"type":"metrics","time":${17e11 + step},"step":${step},"values":{"loss":${1 / (step + 1)}}}\n`,
).join('');

function newJournal(): string {
  const file = path.join(temporary(), 'rank0-1.ndjson');
  fs.writeFileSync(file, TEXT);
  return file;
}

/** Returns whether there was none. */
function writeNew(file: string, text: string): boolean {
  if (fs.existsSync(file)) return false;
  fs.writeFileSync(file, text);
  return true;
}

function contentOf(file: string): string {
  const journal = openJournal(file)!;
  try {
    return journal.read(0, journal.size).toString();
  } finally {
    journal.close();
  }
}

/** Calls `work` at the moment of this number. */
function at(number: number, work: () => void | Promise<void>): Waits & { moments: number } {
  const waits = {
    moments: 0,
    turn: async () => {
      if (waits.moments++ === number) await work();
      await WAITS.turn();
    },
    sync: async (fd: number) => {
      await WAITS.sync(fd);
      if (waits.moments++ === number) await work();
    },
  };
  return waits;
}

/** Does `work` with a fresh journal at each of the moments of `main`. */
async function atEach(
  main: (file: string, waits: Waits) => Promise<unknown>,
  work: (file: string) => void | Promise<void>,
  check: (file: string, failed: boolean) => void,
  isPacked = false,
): Promise<number> {
  for (let number = 0; ; number++) {
    const file = newJournal();
    if (isPacked) await packJournal(file, ALWAYS);
    const waits = at(number, () => work(file));
    const failed = await main(file, waits).then(
      () => false,
      () => true,
    );
    if (waits.moments <= number) return number;
    check(file, failed);
    expect(fs.readdirSync(path.dirname(file)).filter((name) => name.endsWith('.packing'))).toEqual([]);
  }
}

const pack = (file: string, waits: Waits): Promise<unknown> => packJournal(file, ALWAYS, waits);
const unpack = (file: string, waits: Waits): Promise<unknown> => inTurns(unpackJournal(file, ALWAYS), waits);
const whole = (file: string): void => expect(contentOf(file)).toBe(TEXT);

describe('while a journal is packed', () => {
  it('it may be unpacked', async () => {
    const moments = await atEach(pack, (file) => atOnce(unpackJournal(file, ALWAYS)), whole);
    expect(moments).toBeGreaterThan(5);
  });

  it('another one may pack it', async () => {
    await atEach(pack, async (file) => void (await packJournal(file, ALWAYS)), whole);
    for (let turn = 0; turn < 10; turn++) {
      const file = newJournal();
      const both = await Promise.allSettled([packJournal(file, ALWAYS), packJournal(file, ALWAYS)]);
      expect(both.some(({ status }) => status === 'fulfilled')).toBe(true);
      whole(file);
    }
  });

  it('a program may append to it, or begin another file of its name', async () => {
    await atEach(
      pack,
      (file) => fs.appendFileSync(file, '{}\n'),
      (file, failed) => {
        expect(failed).toBe(true);
        expect(fs.readFileSync(file, 'utf8')).toBe(`${TEXT}{}\n`);
        expect(fs.readdirSync(path.dirname(file))).toEqual(['rank0-1.ndjson']);
      },
    );
    await atEach(
      pack,
      (file) => {
        fs.renameSync(file, `${file}.old`);
        fs.writeFileSync(file, '{"other":1}\n');
      },
      (file, failed) => {
        expect(failed).toBe(true);
        expect(fs.readFileSync(file, 'utf8')).toBe('{"other":1}\n');
        expect(fs.readFileSync(`${file}.old`, 'utf8')).toBe(TEXT);
      },
    );
  });

  it('another packed one may appear, and is not overwritten', async () => {
    let isWritten = false;
    await atEach(
      pack,
      (file) => {
        isWritten = writeNew(`${file}.packed`, 'mine');
      },
      (file, failed) => {
        expect(failed).toBe(isWritten);
        if (!failed) return whole(file);
        expect(fs.readFileSync(file, 'utf8')).toBe(TEXT);
        expect(fs.readFileSync(`${file}.packed`, 'utf8')).toBe('mine');
      },
    );
  });
});

describe('while a journal is unpacked', () => {
  it('it may be unpacked or packed by another one', async () => {
    const moments = await atEach(unpack, (file) => atOnce(unpackJournal(file, ALWAYS)), whole, true);
    expect(moments).toBeGreaterThan(3);
    const again = async (file: string): Promise<void> => {
      if (fs.existsSync(file)) await packJournal(file, ALWAYS);
    };
    await atEach(unpack, again, whole, true);
  });

  it('a program may begin a plain one, and neither is lost', async () => {
    await atEach(
      unpack,
      (file) => void writeNew(file, '{"other":1}\n'),
      (file, failed) => {
        if (!failed) return whole(file);
        expect(fs.readFileSync(file, 'utf8')).toBe('{"other":1}\n');
        atOnce(unpackJournal(file, ALWAYS));
        expect(fs.readFileSync(file, 'utf8')).toBe('{"other":1}\n');
        whole(path.join(path.dirname(file), 'rank0-1.apart-1.ndjson'));
      },
      true,
    );
  });

  it('the plain one is on the disk, with its name, before the packed one goes', async () => {
    const file = newJournal();
    await packJournal(file, ALWAYS);
    const seen: string[][] = [];
    const sync = async (fd: number): Promise<void> => {
      await WAITS.sync(fd);
      seen.push(fs.readdirSync(path.dirname(file)).map((name) => name.replace(/\.[0-9a-f]{12}\./, '.')));
    };
    await inTurns(unpackJournal(file, ALWAYS), { ...WAITS, sync });
    expect(seen[0]!.sort()).toEqual(['rank0-1.ndjson.packed', 'rank0-1.ndjson.packing']);
    if (process.platform !== 'win32') expect(seen[1]!.sort()).toEqual(['rank0-1.ndjson', 'rank0-1.ndjson.packed']);
    expect(fs.readdirSync(path.dirname(file))).toEqual(['rank0-1.ndjson']);
  });
});

/** Metrics read from the output of scripts in the style of public ones, and lines that must not be read as metrics. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MetricReader, type PrintedMetrics } from '../../../src/output/metrics/reader.js';

const folder = join(import.meta.dirname, 'printed');
const ESCAPES: Record<string, string> = { t: '\t', r: '\r', b: '\b', e: '\u001b' };

/** The outputs by script; control characters are written as `\r`, `\e`. */
function scripts(): { name: string; output: string }[] {
  const text = readFileSync(join(folder, 'scripts.txt'), 'utf8');
  return text
    .split(/^=== /m)
    .slice(1)
    .map((block) => {
      const [name, ...lines] = block.split('\n');
      return { name: name!, output: lines.join('\n').replace(/\\([treb])/g, (_, letter: string) => ESCAPES[letter]!) };
    });
}

function readAll(output: string, size = output.length): PrintedMetrics[] {
  const reader = new MetricReader();
  const found: PrintedMetrics[] = [];
  for (let at = 0; at < output.length; at += size) found.push(...reader.push(output.slice(at, at + size)));
  return [...found, ...reader.end()];
}

const shown = ({ step, epoch, values }: PrintedMetrics): string =>
  [
    step === undefined ? '' : `step ${step}`,
    epoch === undefined ? '' : `epoch ${+epoch.toFixed(4)}`,
    ...[...values].map(([name, value]) => `${name}=${value}`),
  ]
    .filter(Boolean)
    .join('  ');

const valuesOf = (output: string): Record<string, number>[] =>
  readAll(output).map(({ values }) => Object.fromEntries(values));

describe('printed metrics', () => {
  test('are read from the outputs of more than twenty scripts', async () => {
    const all = scripts();
    expect(all.length).toBeGreaterThanOrEqual(20);
    const text = all.map(({ name, output }) => `=== ${name}\n${readAll(output).map(shown).join('\n')}\n`).join('');
    await expect(text).toMatchFileSnapshot('printed/scripts.golden.txt');
    for (const { name, output } of all) expect(readAll(output), name).not.toEqual([]);
  });

  test('are the same wherever the output is cut, but for the states of bars in between', () => {
    for (const { name, output } of scripts().filter(({ name }) => !name.startsWith('lightning'))) {
      for (const size of [1, 7, 100]) expect(readAll(output, size), `${name} by ${size}`).toEqual(readAll(output));
    }
  });

  const nothing = readFileSync(join(folder, 'nothing.txt'), 'utf8').split('\n').filter(Boolean);
  test.each(nothing)('gives nothing: %s', (line) => {
    expect(readAll(`${line}\n`)).toEqual([]);
  });

  test('lines of a traceback give nothing, those after it do', () => {
    const trace =
      'Traceback (most recent call last):\n  File "a.py", line 3\n    epoch 3 loss=0.5\nValueError: acc=0.5\n';
    expect(valuesOf(`${trace}epoch 4 loss 0.4\n`)).toEqual([{ loss: 0.4 }]);
  });

  test('a diverged loss is read as NaN', () => {
    expect(valuesOf('epoch 3 loss: nan acc: 0.1\n')).toEqual([{ loss: NaN, acc: 0.1 }]);
    expect(valuesOf('{"step": 3, "loss": NaN}\n')).toEqual([{ loss: NaN }]);
  });

  test('the newest state of an unfinished bar is read with each piece', () => {
    const reader = new MetricReader();
    const bar = (at: number, loss: number): string =>
      `\rtrain:  10%|█  | ${at}/1000 [00:01<00:09, 99it/s, loss=${loss}]`;
    expect(reader.push(bar(1, 3) + bar(2, 2.5) + bar(3, 2))).toMatchObject([{ step: 2 }]);
    expect(reader.push(bar(4, 1))).toMatchObject([{ step: 3 }]);
    expect(reader.push('\n')).toMatchObject([{ step: 4, values: new Map([['loss', 1]]) }]);
  });

  test('means of an unfinished Keras epoch are not results', () => {
    const bar = (at: number): string => `\r${at}/938 [====>.....] - ETA: 3s - loss: 0.5`;
    expect(readAll(`Epoch 1/2\n${bar(10)}${bar(100)}`, 20)).toEqual([]);
  });
});

describe('hostile output', () => {
  test('a line without an end takes no memory, and what follows it is read', () => {
    const reader = new MetricReader();
    const piece = 'loss=0.5 '.repeat(100_000);
    for (let i = 0; i < 100; i++) reader.push(piece);
    expect(JSON.stringify(reader).length).toBeLessThan(100_000);
    expect(reader.push('\nepoch 3 loss 0.5\n').at(-1)).toMatchObject({ epoch: 3 });
  });

  test('a million different names become no more than 500', () => {
    const reader = new MetricReader();
    const names = new Set<string>();
    for (let i = 0; i < 20_000; i++) {
      for (const { values } of reader.push(`step ${i} loss_${i}: 0.5\n`))
        for (const name of values.keys()) names.add(name);
    }
    expect(names.size).toBe(500);
  });

  test('names are at most 100 characters and never reach the prototype', () => {
    const [read] = readAll('{"step": 1, "__proto__": 0.5, "constructor": 0.5, "loss": 1}\n');
    expect([...read!.values.keys()]).toEqual(['constructor', 'loss']);
    expect(readAll(`step 3 ${'x'.repeat(101)}_loss: 0.5\n`)).toEqual([]);
  });

  test('characters that make patterns slow cost no more than others', () => {
    const shapes = [
      'a='.repeat(1000),
      "{'a': ".repeat(300),
      '[1/1'.repeat(400),
      '1/'.repeat(900),
      '\u001b[0'.repeat(500),
      '| '.repeat(900),
    ];
    const reader = new MetricReader();
    for (let i = 0; i < 200; i++) for (const shape of shapes) reader.push(`${shape}}\nepoch ${shape}\n`);
    // 4 MB of it; a pattern that goes back would take minutes.
    expect(reader.push('\nepoch 3 loss 0.5\n')).toHaveLength(1);
  });
});

/** CSV files as people have them: delimiters, notations of numbers, dates, gaps, several targets. */
import { inEnglish } from '../../../../src/format/said.js';
import type { Said } from '../../../../src/protocol/said.js';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { completeData, validateNetwork, type DataSource } from '../../../../src/experiment/network/index.js';
import { momentOf, numberOf } from '../../../../src/training/data/csv/cells.js';
import type { Column } from '../../../../src/training/data/csv/columns.js';
import { prepare } from '../../../../src/training/data/prepared.js';
import { loadDataset } from '../../../../src/training/data/index.js';
import { withoutExamples } from '../../../../src/training/checkpoints/saved.js';
import { cardOf } from '../../../../src/training/export/card.js';
import { graphOf } from '../../../../src/training/export/graph.js';
import { network } from '../support.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith csv '));
});

interface Settings {
  target?: string | string[];
  loss?: 'mse' | 'crossEntropy';
  [key: string]: unknown;
}

async function load(text: string, { loss = 'mse', ...settings }: Settings = {}) {
  await writeFile(join(folder, 'a.csv'), text);
  const section = { data: { csv: { file: 'a.csv', target: 'y', ...settings } }, layers: [{ dense: 2 }], loss };
  const { network: built, problems } = validateNetwork(section);
  if (!built) throw new Error(problems[0]!.message);
  const options = {
    folder,
    validation: null,
    loss,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  };
  const data = await loadDataset(built.data, options);
  // The same, read from the disk while training.
  const small = await loadDataset({ ...(built.data as Extract<DataSource, { kind: 'csv' }>), memory: 100 }, options);
  expect(told(small.done)).toEqual(told(data.done));
  expect(small.preparation).toEqual(data.preparation);
  expect([...small.train.targets]).toEqual([...data.train.targets]);
  return data;
}

const rows = (count: number, row: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => `${row(i)}\n`).join('');
const columns = (data: { preparation: Record<string, unknown> }) => data.preparation.columns as Column[];
const plain = { standardize: false };

/** Values of an input over all examples, sorted. */
function values(data: Awaited<ReturnType<typeof load>>, name: string): number[] {
  const names = graphNames(data);
  const at = names.indexOf(name);
  if (at < 0) throw new Error(`no input ${name} among ${names.join(', ')}`);
  return [data.train, data.validation]
    .flatMap(({ inputs }) => [...(inputs as Float32Array)].filter((_, i) => i % names.length === at))
    .sort((a, b) => a - b);
}
const graphNames = (data: Awaited<ReturnType<typeof load>>) =>
  cardOf({ network: network({ layers: ['flatten'], loss: 'mse' }), data, weights: [] }, 1, false).input.columns!;

/** Returns stored texts as an English reader sees them. */
const told = (texts: readonly Said[] = []): string[] => texts.map(inEnglish);

describe('numbers', () => {
  it.each([
    ['1234.5', '.', 1234.5],
    ['1,234.5', '.', 1234.5],
    ['-12,345,678', '.', -12345678],
    ["1'234.50", '.', 1234.5],
    ['1\u202f234', '.', 1234],
    ['1,5', '.', NaN],
    ['1,2345', '.', NaN],
    ['0,123', '.', NaN],
    ['0x10', '.', NaN],
    ['1,5', ',', 1.5],
    [',5', ',', 0.5],
    ['1.234,5', ',', 1234.5],
    ['1.234.567', ',', 1234567],
    ['2,5e-3', ',', 0.0025],
    ['1.5', ',', NaN],
    ['0.123', ',', NaN],
    ['5%', '.', 5],
    ['-3,5 %', ',', -3.5],
    ['$1,234.50', '.', 1234.5],
    ['-$3', '.', -3],
    ['$-3', '.', -3],
    ['3,50 €', ',', 3.5],
    ['3,50\u00a0€', ',', 3.5],
    ['£ 7', '.', 7],
    ['\u22123.5', '.', -3.5],
    ['(3.5)', '.', -3.5],
    ['($1,200)', '.', -1200],
    ['1,23,456', '.', 123456],
    ['12,34,567.5', '.', 1234567.5],
    ['1,2,345', '.', NaN],
    ['$5%', '.', NaN],
    ['(-5)', '.', NaN],
    ['%', '.', NaN],
    ['$', '.', NaN],
    ['5 kg', '.', NaN],
    ['--5', '.', NaN],
    ['()', '.', NaN],
  ] as const)('%j with "%s" is %d', (text, decimal, value) => {
    expect(numberOf(text, decimal)).toBe(value);
  });
});

describe('moments', () => {
  it.each([
    ['2024-02-29', { year: 2024, month: 2, weekday: 4, hour: 0, elapsed: 19782 }],
    ['2024-02-29T18:30:00+02:00', { hour: 18.5, weekday: 4, elapsed: 19782 + 16.5 / 24 }],
    ['1970-01-01 12:00', { year: 1970, weekday: 4, hour: 12, elapsed: 0.5 }],
    ['06:15', { hour: 6.25, dated: false }],
    ['2024-05', { month: 5, dated: true, timed: false }],
  ])('%s', (text, parts) => {
    const moment = momentOf(text)!;
    for (const [part, value] of Object.entries(parts)) {
      if (typeof value === 'number') expect(moment[part as 'year']).toBeCloseTo(value, 9);
      else expect(moment[part as 'dated']).toBe(value);
    }
  });

  it.each(['2023-02-29', '2024-13-01', '2024', '25:00', '12:60', '2024-05T10:00', '20240501', '1-2-3', ''])(
    '%j is none',
    (text) => {
      expect(momentOf(text)).toBeNull();
    },
  );
});

describe('delimiters', () => {
  it.each([
    [';', '";"'],
    ['\t', 'tabs'],
    ['|', '"|"'],
  ])('%j is detected and said', async (delimiter, name) => {
    const data = await load(`a${delimiter}y\n${rows(20, (i) => `${i}${delimiter}${2 * i}`)}`);
    expect(data.inputShape).toEqual([1]);
    expect(told(data.done)).toEqual([`a.csv: columns are separated by ${name} (detected; "delimiter" says otherwise)`]);
  });

  it.each([
    ['sep=;\r\na;y\r\n', ';', 3],
    ['\uFEFFSEP=|\na|y\n', '|', 3],
    ['sep=\t\na\ty\n', '\t', 3],
  ])(
    'the first line of %j names it, as Excel writes it, and lines keep their numbers',
    async (start, delimiter, line) => {
      const data = await load(start + rows(20, (i) => `${i}${delimiter}${2 * i}`));
      expect(data.train.count + (data.validation?.count ?? 0)).toBe(20);
      await expect(load(`${start}1${delimiter}2${delimiter}3\n`)).rejects.toThrow(`a.csv:${line}: 3 fields`);
    },
  );

  it('a comma, and a delimiter that the file names, are not worth a word', async () => {
    expect((await load(`a,y\n${rows(20, (i) => `${i},${2 * i}`)}`)).done).toEqual([]);
    expect((await load(`a;y\n${rows(20, (i) => `${i};${2 * i}`)}`, { delimiter: ';' })).done).toEqual([]);
  });

  it('a ragged row is reported with its line, not taken for another delimiter', async () => {
    await expect(load('a;b;y\n1;2;3\n1;2\n')).rejects.toThrow(/a\.csv:3: 2 fields, but the header has 3/);
  });
});

describe('notations', () => {
  it('decimal commas and points that separate thousands', async () => {
    const data = await load(`a;b;y\n${rows(20, (i) => `${i},5;1.${String(i).padStart(3, '0')};${i},25`)}`, plain);
    expect(values(data, 'a').slice(0, 3)).toEqual([0.5, 1.5, 2.5]);
    expect(values(data, 'b').slice(0, 3)).toEqual([1000, 1001, 1002]);
    expect(Math.min(...data.train.targets, ...data.validation.targets)).toBe(0.25);
    expect(told(data.done)[1]).toBe(
      'columns "a", "y": numbers have decimal commas (detected; "decimal" says otherwise)',
    );
  });

  it('class labels are no numbers with decimal commas', async () => {
    const data = await load(`a;y\n${rows(20, (i) => `${i},5;${i % 2 ? 'ja' : 'nein'}`)}`, plain);
    expect(told(data.done)[1]).toBe('column "a": numbers have decimal commas (detected; "decimal" says otherwise)');
  });

  it('ambiguous numbers follow the rest of the file, with a message', async () => {
    const text = `a;y\n${rows(20, (i) => `${i},5;${100 + i},125`)}`;
    const data = await load(text);
    expect(Math.min(...data.train.targets, ...data.validation.targets)).toBe(100.125);
    expect(told(data.done)[1]).toBe(
      'columns "a", "y": numbers have decimal commas (detected; "decimal" says otherwise)',
    );
    expect((await load(text.replaceAll(',5;', '.5;'))).train.targets[0]).toBeGreaterThan(1e5);
  });

  it('quoted thousands', async () => {
    const data = await load(`a,y\n${rows(20, (i) => `"${i + 1},000","${i + 1},500.5"`)}`, plain);
    expect(values(data, 'a')).toEqual(Array.from({ length: 20 }, (_, i) => 1000 * (i + 1)));
    expect(Math.min(...data.train.targets, ...data.validation.targets)).toBe(1500.5);
    expect(told(data.done)).toEqual(['column "a": commas separate thousands (detected; "decimal" says otherwise)']);
  });

  it('"decimal" decides', async () => {
    const data = await load(`a,y\n${rows(20, (i) => `"${i + 1},125",${i}`)}`, { ...plain, decimal: ',' });
    expect(values(data, 'a').slice(0, 2)).toEqual([1.125, 2.125]);
    expect(told(data.done)).toEqual([]);
  });

  it('currencies and percent signs, with a message', async () => {
    const text = `price,share,y\n${rows(20, (i) => `$${i}.50,${i}%,${i % 2 ? `(${i})` : i}`)}`;
    const data = await load(text, plain);
    expect(values(data, 'price').slice(0, 2)).toEqual([0.5, 1.5]);
    expect(values(data, 'share').slice(0, 2)).toEqual([0, 1]);
    expect(Math.min(...data.train.targets, ...data.validation.targets)).toBe(-19);
    expect(told(data.done)).toEqual([
      'column "price": $ beside numbers is ignored',
      'column "share": % beside numbers is ignored (5% is 5, not 0.05)',
    ]);
  });

  it('spreadsheet errors and dashes among numbers are missing; a dash among words is a category', async () => {
    const cells = ['-', '#N/A', '#DIV/0!', '—', '.'];
    const data = await load(`a,sign,y\n${rows(40, (i) => `${cells[i] ?? i},${i % 2 ? '+' : '-'},${i}`)}`, plain);
    expect(columns(data)).toMatchObject([{ kind: 'number' }, { kind: 'category', categories: ['+', '-'] }]);
    expect(told(data.done)).toEqual([expect.stringMatching(/^column "a": 5 of 40 cells are missing/)]);
  });

  it('words that hardly repeat are told of', async () => {
    const data = await load(`name,y\n${rows(40, (i) => `n${i},${i}`)}`);
    expect(told(data.done)[0]).toMatch(/^column "name": nearly every value is another one/);
  });

  it('codes with leading zeros stay text', async () => {
    const text = `zip,y\n${rows(20, (i) => `0${i % 4},${i}`)}`;
    const data = await load(text);
    expect(columns(data)[0]).toMatchObject({ kind: 'category', categories: ['00', '01', '02', '03'] });
    expect(told(data.done)).toEqual([expect.stringMatching(/"zip": digits begin with 0, so they are categories/)]);
    expect(columns(await load(text, { numeric: ['zip'] }))[0]).toMatchObject({ kind: 'number' });
    await expect(load(text, { numeric: ['zip'], categorical: ['zip'] })).rejects.toThrow(
      /under "categorical" and "numeric"/,
    );
  });
});

describe('dates', () => {
  const text = `when,y\n${rows(28, (i) => `2024-0${1 + (i % 3)}-${String(1 + i).padStart(2, '0')} ${String(i % 24).padStart(2, '0')}:30,${i}`)}`;

  it('become their parts, without those that never change', async () => {
    const data = await load(text, plain);
    expect(graphNames(data)).toEqual(['when:month', 'when:weekday', 'when:hour', 'when:elapsed']);
    expect(new Set(values(data, 'when:month'))).toEqual(new Set([1, 2, 3]));
    expect(values(data, 'when:hour')[0]).toBe(0.5);
    expect(told(data.done)).toEqual(['column "when": dates become month, day of the week, hour and days elapsed']);
  });

  const day = (i: number) => [String(1 + i).padStart(2, '0'), String(1 + (i % 3)).padStart(2, '0')] as const;
  const written = (of: (d: string, m: string, i: number) => string) =>
    `when;y\n${rows(28, (i) => `${of(...day(i), i)};${i}`)}`;
  it.each<[string, (d: string, m: string, i: number) => string, string]>([
    ['day first', (d, m) => `${d}.${m}.2024`, 'day first (detected)'],
    ['day first, with slashes', (d, m) => `${Number(d)}/${Number(m)}/2024`, 'day first (detected)'],
    ['month first', (d, m) => `${Number(m)}/${Number(d)}/2024`, 'month first (detected)'],
    ['12 hours', (d, m, i) => `${m}/${d}/2024 ${1 + (i % 12)}:05 ${i % 2 ? 'PM' : 'am'}`, 'month first (detected)'],
    ['year first, with slashes', (d, m) => `2024/${m}/${d}`, ''],
    ['never beyond 12, points', (d, m) => `${Math.min(12, Number(d))}.${m}.2024`, 'day first (they could be either'],
    ['never beyond 12, slashes', (d, m) => `${m}/${Math.min(12, Number(d))}/2024`, 'month first (they could be either'],
  ])('in another order: %s', async (_, of, how) => {
    const data = await load(written(of), plain);
    expect(new Set(values(data, 'when:month'))).toEqual(new Set([1, 2, 3]));
    expect(told(data.done).find((each) => each.startsWith('column "when"'))).toContain(how);
    // The same rows with ISO dates are the same inputs.
    const iso = written(
      (d, m) => `2024-${m}-${_.startsWith('never') ? String(Math.min(12, Number(d))).padStart(2, '0') : d}`,
    );
    const plainly = await load(iso, { ...plain, dates: ['month', 'weekday', 'elapsed'] });
    const same = await load(written(of), { ...plain, dates: ['month', 'weekday'] });
    for (const name of ['when:month', 'when:weekday']) expect(values(same, name)).toEqual(values(plainly, name));
  });

  it('a missing date in another order is filled', async () => {
    const text = `when;y\n${rows(30, (i) => `${i === 4 ? '' : `${1 + (i % 28)}.0${1 + (i % 3)}.2024`};${i}`)}`;
    const data = await load(text, plain);
    expect(graphNames(data)).toContain('when:missing');
    expect(new Set(values(data, 'when:month'))).toEqual(new Set([1, 2, 3]));
  });

  it('the order of the file’s other dates decides', async () => {
    const text = `a;b;y\n${rows(28, (i) => `${1 + (i % 28)}/${1 + (i % 3)}/2024;${1 + (i % 12)}/${1 + (i % 2)}/2024;${i}`)}`;
    expect(new Set(values(await load(text, plain), 'b:month'))).toEqual(new Set([1, 2]));
  });

  it('the validation file decides what the training file leaves open', async () => {
    const early = `when;size;y\n${rows(28, (i) => `${1 + (i % 12)}/5/2024;${1 + i};${i}`)}`;
    await writeFile(join(folder, 'late.csv'), `y;size;when\n${rows(4, (i) => `${i};${i},5;${13 + i}/05/2024`)}`);
    const data = await load(early, { ...plain, validation: 'late.csv' });
    expect(graphNames(data)).not.toContain('when:month');
    expect(told(data.done).find((each) => each.startsWith('column "when"'))).toContain('day first (detected)');
    expect(values(data, 'size').filter((each) => each % 1 !== 0)).toEqual([0.5, 1.5, 2.5, 3.5]);
  });

  it('the training file’s own order wins over that of the validation file', async () => {
    const month = `when;y\n${rows(28, (i) => `5/${1 + i}/2024;${i}`)}`;
    await writeFile(join(folder, 'day.csv'), `when;y\n${rows(90, (i) => `${13 + (i % 9)}/05/2024;${i}`)}`);
    await expect(load(month, { ...plain, validation: 'day.csv' })).rejects.toThrow(
      /day\.csv:2: column "when" holds dates or times, but here "13\/05\/2024"/,
    );
  });

  it.each(['31.04.2024', '13/13/2024', '1.2.24', '1/2-2024', '10/10/2024 13:00 PM'])('%s is no date', (each) => {
    for (const order of ['ymd', 'dmy', 'mdy'] as const) expect(momentOf(each, order)).toBeNull();
  });

  it('"dates" chooses parts, or leaves them categories', async () => {
    expect(graphNames(await load(text, { dates: ['month', 'hour'] }))).toEqual(['when:month', 'when:hour']);
    expect(columns(await load(text, { dates: false }))[0]).toMatchObject({ kind: 'category' });
  });

  it('times of day', async () => {
    expect(graphNames(await load(`at,y\n${rows(20, (i) => `${10 + (i % 9)}:00,${i}`)}`))).toEqual(['at:hour']);
  });

  it('something else among dates is an error with its line', async () => {
    await expect(load(text.replace('2024-01-04', 'soon      '))).rejects.toThrow(
      /a\.csv:5: column "when" holds dates or times, but here "soon/,
    );
  });
});

describe('gaps', () => {
  const text = `size,color,y\n${rows(40, (i) => `${i % 5 === 0 ? 'NA' : i},${i === 7 ? '' : i % 3 ? 'red' : 'blue'},${i}`)}`;

  it('are filled and marked, with a message', async () => {
    const data = await load(text, plain);
    expect(graphNames(data)).toEqual(expect.arrayContaining(['size', 'size:missing', 'color=blue', 'color=red']));
    expect(values(data, 'size:missing').filter((value) => value === 1)).toHaveLength(8);
    const [size, color] = columns(data) as unknown as [{ fill: number }, { fill: string }];
    expect(size.fill).toBeGreaterThan(10);
    expect(values(data, 'size').filter((value) => value === size.fill).length).toBeGreaterThanOrEqual(8);
    expect(color.fill).toBe('red');
    expect(told(data.done)).toEqual([
      `column "size": 8 of 40 cells are missing and get the median of the training rows, ${size.fill}; the input "size:missing" marks them`,
      expect.stringMatching(
        /^column "color": 1 of 40 cells are missing and get the most frequent value of the training rows, red/,
      ),
    ]);
  });

  it('"missing: reject" reports the first one', async () => {
    await expect(load(text, { missing: 'reject' })).rejects.toThrow(
      /a\.csv:\d+: column "size" \(1\) has no value \("NA"\)/,
    );
  });

  it('"none" is a category among words, and no number', async () => {
    const data = await load(
      `garage,size,y\n${rows(20, (i) => `${i % 2 ? 'none' : 'big'},${i === 3 ? 'none' : i},${i}`)}`,
    );
    expect(columns(data)).toMatchObject([{ categories: ['big', 'none'] }, { kind: 'number' }]);
    expect(told(data.done)).toHaveLength(1);
  });

  it('infinities are missing numbers, and may be categories', async () => {
    const cells = ['inf', '-Infinity', '∞'];
    const data = await load(`size,y\n${rows(40, (i) => `${cells[i] ?? i},${i}`)}`);
    expect(columns(data)).toMatchObject([{ kind: 'number' }]);
    expect(told(data.done)).toEqual([expect.stringContaining('3 of 40 cells are missing')]);
    const target = `size,y\n${rows(40, (i) => `${i},${i === 3 ? '+inf' : i}`)}`;
    await expect(load(target)).rejects.toThrow(
      'a.csv:5: column "y" (2) has no value ("+inf"): fill it in or leave the row out',
    );
    const words = await load(`size,y\n${rows(20, (i) => `${i % 2 ? 'inf' : 'big'},${i}`)}`);
    expect(columns(words)).toMatchObject([{ categories: ['big', 'inf'] }]);
  });

  it('rows without a target are left out', async () => {
    const data = await load(`a,y\n${rows(30, (i) => `${i},${i % 3 === 0 ? '' : i}`)}`, plain);
    expect(data.train.count + data.validation.count).toBe(20);
    expect(values(data, 'a').slice(0, 4)).toEqual([1, 2, 4, 5]);
    expect(told(data.done)).toEqual(['a.csv: 10 of 30 rows have no target and are left out']);
    const classes = await load(`a,y\n${rows(30, (i) => `${i},${i % 3 === 0 ? '' : i % 3 === 1 ? 'x' : 'z'}`)}`, {
      loss: 'crossEntropy',
      ...plain,
    });
    expect(classes.classes).toEqual(['x', 'z']);
    const inputs = classes.train.inputs as Float32Array;
    classes.train.targets.forEach((code, i) => expect(inputs[i]! % 3).toBe(code + 1));
  });

  it('an empty column, and one with too many words, are left out with a note', async () => {
    const data = await load(`a,b,c,y\n${rows(1300, (i) => `${i},,word${i},${i}`)}`);
    expect(data.inputShape).toEqual([1]);
    expect(told(data.notes)).toEqual([
      'column "b" of a.csv is empty: it is left out',
      'column "c" has more than 1000 different values, too many for categories: it is left out',
    ]);
    await expect(load(`c,y\n${rows(1300, (i) => `word${i},${i}`)}`, { features: ['c'] })).rejects.toThrow(
      /column "c" has more than 1000 different values.*leave it out of "features"/,
    );
  });

  it('a file to predict from may have gaps too, and no targets', async () => {
    const data = await load(text);
    const saved = {
      network: network({ data: { csv: { file: 'a.csv', target: 'y' } }, layers: [{ dense: 1 }], loss: 'mse' }),
      data,
      weights: [],
    };
    await writeFile(join(folder, 'new.csv'), 'color;size;y\nred;;\n;3;\n');
    const given = await prepare(saved, ['new.csv'], { folder, needTargets: false });
    expect(given.hasTargets).toBe(false);
    const inputs = await (given.examples.inputs as { read(indexes: Int32Array): Promise<Float32Array> }).read(
      Int32Array.of(0, 1),
    );
    expect(inputs.every(Number.isFinite)).toBe(true);
    expect(told(given.notes())).toEqual([
      expect.stringMatching(/column "size": 1 missing cell\(s\) were filled with/),
      expect.stringMatching(/column "color": 1 missing cell\(s\) were filled with red/),
    ]);
    await given.close();
  });
});

describe('several targets', () => {
  const text = `a,y,z\n${rows(30, (i) => `${i},${10 * i},${1000 - i}`)}`;

  it('are predicted together', async () => {
    const data = await load(text, { target: ['y', 'z'], ...plain });
    expect(data).toMatchObject({ outputs: 2, task: 'regression', inputShape: [1] });
    expect(data.targetScale).toHaveLength(2);
    const inputs = data.train.inputs as Float32Array;
    inputs.forEach((a, i) => expect([...data.train.targets.slice(2 * i, 2 * i + 2)]).toEqual([10 * a, 1000 - a]));
    const saved = { network: network({ layers: [{ dense: 2 }], loss: 'mse' }), data, weights: [] };
    expect(cardOf(saved, 2, false).output.targets).toEqual(['y', 'z']);
  });

  it('must be numbers', async () => {
    await expect(load(text, { target: ['y', 'z'], loss: 'crossEntropy' })).rejects.toThrow(
      /several targets must be numbers/,
    );
    await expect(load(text, { target: ['y', 'w'] })).rejects.toThrow(/has no column "w" \(target\)/);
    await expect(load(text, { target: ['y', 'z'], features: ['z'] })).rejects.toThrow(/"z" is the target/);
  });
});

it('the model card describes the preparation, and the exported graph has an input for every part', async () => {
  const data = await load(
    `when;size;y\n${rows(30, (i) => `2024-01-${String(1 + i).padStart(2, '0')};${i % 4 ? `${i},5` : ''};${i}`)}`,
  );
  const saved = { network: network({ layers: ['flatten'], loss: 'mse' }), data, weights: [] };
  const card = cardOf(saved, 1, false);
  expect(card.input.done).toEqual(told(data.done));
  expect(card.input.done).toHaveLength(4);
  const standardize = graphOf(saved).find(({ name }) => name === 'standardize')!.op as { mean: number[] };
  expect(standardize.mean).toHaveLength(card.input.columns!.length);
  expect(withoutExamples(data).inputShape).toEqual([card.input.columns!.length]);
});

describe('keys', () => {
  const problem = (csv: object) =>
    validateNetwork({ data: { csv: { file: 'a.csv', target: 'y', ...csv } }, layers: [{ dense: 1 }], loss: 'mse' })
      .problems?.[0];

  it.each([
    [{ decimal: ';' }, ['data', 'csv', 'decimal'], /unknown decimal ";"/],
    [{ missing: 'drop' }, ['data', 'csv', 'missing'], /unknown missing "drop"; it must be one of: impute, reject/],
    [{ dates: ['years'] }, ['data', 'csv', 'dates', 0], /unknown part of a date "years"; did you mean "year"/],
    [{ dates: 3 }, ['data', 'csv', 'dates'], /dates must be/],
    [{ target: 3 }, ['data', 'csv', 'target'], /target must be the name of a column, or a list of them/],
    [{ target: [] }, ['data', 'csv', 'target'], /./],
  ])('%j is refused at its place', (csv, path, message) => {
    expect(problem(csv)).toMatchObject({ path, message: expect.stringMatching(message) as string });
  });

  it('files saved by an earlier version read as before', () => {
    const old = { kind: 'csv', file: 'a.csv', target: 'y', delimiter: ',', features: null, categorical: [] };
    expect(completeData(old as unknown as DataSource)).toMatchObject({
      targets: ['y'],
      missing: 'reject',
      dates: [],
      decimal: '.',
    });
  });
});

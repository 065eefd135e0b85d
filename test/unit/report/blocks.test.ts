import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { behind, between, moveBlock } from '../../../src/report/blocks/move.js';
import { blockText } from '../../../src/report/blocks/write.js';
import { readDocument } from '../../../src/report/document.js';
import { problemLine } from '../../../src/report/drawAll.js';

const FENCE = '```';
const REPORT = `---
title: Week 12
experiment: digits
colour: red
---
# Heading

${FENCE}tunesmith chart
metrics: [train/loss, val/loss]
smoothing: 1.5
${FENCE}

${FENCE}tunesmith table
metric: val/loss
columns: lr
${FENCE}

${FENCE}tunesmith chrat
${FENCE}

${FENCE}tunesmith
${FENCE}

${FENCE}tunesmith chart
metrics: [a, b
x: step
${FENCE}

${FENCE}tunesmith runs
- a
${FENCE}

${FENCE}tunesmith chart
draw: { by: lr, cuont: 3 }
${FENCE}

${FENCE}tunesmith parallel
${FENCE}

> ${FENCE}tunesmith chart
> a: b
> ${FENCE}

${FENCE}js
const tunesmith = 1;
${FENCE}
`;

describe('a report', () => {
  it('says each mistake of a block with its place', async () => {
    const { blocks } = readDocument(REPORT);
    const lines = blocks.flatMap(({ problems }) => problems.map((problem) => problemLine('week.report.md', problem)));
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/problems.txt');
  });

  it('has a title and keys for all blocks at its top', () => {
    const { title, blocks } = readDocument(REPORT);
    expect(title).toBe('Week 12');
    expect(blocks.at(-1)!.block).toEqual({ kind: 'parallel', keys: { experiment: 'digits' } });
  });

  it('draws blocks of the text itself only, not those that are quoted', () => {
    expect(readDocument(REPORT).blocks).toHaveLength(8);
  });

  it('is titled by its first heading', () => {
    expect(readDocument('text\n\n# One *two* `three`\n').title).toBe('One two three');
    expect(readDocument('').title).toBe('');
  });

  it('reads aliases that multiply as a mistake', () => {
    const bomb = Array.from(
      { length: 12 },
      (_, i) => `a${i}: &a${i} [${i === 0 ? 'x' : `*a${i - 1}, *a${i - 1}, *a${i - 1}`}]`,
    );
    const { blocks } = readDocument(`${FENCE}tunesmith chart\n${bomb.join('\n')}\n${FENCE}\n`);
    expect(blocks[0]!.block).toBeNull();
  });

  it('counts lines with Windows line ends', () => {
    const { blocks } = readDocument(`# a\r\n\r\n${FENCE}tunesmith chart\r\nfoo: 1\r\n${FENCE}\r\n`);
    expect(blocks[0]!.problems[0]).toMatchObject({ line: 4, column: 1 });
  });
});

describe('a block that is written', () => {
  it('reads back as it was given', () => {
    const keys = { experiment: 'a: b #c', runs: ['0123', 'true'], smoothing: 0.5, logX: undefined, right: [] };
    const text = blockText('chart', keys);
    const yaml = text.split('\n').slice(1, -2).join('\n');
    expect(parse(yaml)).toEqual({ experiment: 'a: b #c', runs: ['0123', 'true'], smoothing: 0.5 });
    expect(readDocument(text).blocks[0]!.problems).toEqual([]);
  });

  it('is not left by any of its values', () => {
    const titles = [
      'x\n```\n\n# Injected\n',
      'x\r```\r\r# Injected',
      `${'long '.repeat(20)}\n\`\`\`\`\`\n# Injected`,
      '~~~\n```',
    ];
    for (const title of titles) {
      const text = blockText('chart', { title, experiment: 'e', filter: title });
      const { blocks, pieces } = readDocument(text);
      expect(pieces, text).toHaveLength(1);
      expect(blocks[0]!.block?.keys, text).toMatchObject({ title, experiment: 'e', filter: title });
    }
    expect(blockText('chart', { metrics: 'train/loss', title: 'A b' })).toBe(
      '```tunesmith chart\nmetrics: train/loss\ntitle: A b\n```\n',
    );
  });

  it('stands between blank lines', () => {
    expect(between('', 0, 'B\n')).toBe('B\n');
    expect(between('a', 1, 'B\n')).toBe('\n\nB\n');
    expect(between('a\nb', 2, 'B\n')).toBe('\nB\n\n');
    expect(between('a\n\n\nb', 3, 'B\n')).toBe('B\n');
  });
});

describe('moving blocks', () => {
  const text = `# Title\n\n${FENCE}tunesmith chart\na: 1\n${FENCE}\n\nWords.\n\n${FENCE}tunesmith table\nb: 2\n${FENCE}\n`;
  const moved = (source: string, index: number, before: number | null): string => {
    const edits = moveBlock(source, readDocument(source).blocks[index]!, before);
    return [...edits]
      .sort((a, b) => b.start - a.start)
      .reduce((out, { start, end, text: own }) => out.slice(0, start) + own + out.slice(end), source);
  };
  const order = (source: string): string[] => source.split('\n').filter((line) => /^(#|W|.*tunesmith)/.test(line));

  it('puts a block before another piece or to the end, between blank lines, and back as it was', () => {
    const [title, chart, words, table] = order(text);
    const down = moved(text, 0, 9);
    expect(order(down)).toEqual([title, words, chart, table]);
    expect(down).not.toMatch(/\n\n\n/);
    expect(moved(down, 0, 3)).toBe(text);
    expect(order(moved(text, 0, null))).toEqual([title, words, table, chart]);
    expect(order(moved(text, 1, 1))).toEqual([table, title, chart, words]);
    expect(readDocument(moved(text, 1, 1)).blocks).toHaveLength(2);
  });

  it('leaves a block where it is', () => {
    const { blocks } = readDocument(text);
    for (const before of [3, 7]) expect(moveBlock(text, blocks[0]!, before), String(before)).toEqual([]);
    for (const before of [9, null]) expect(moveBlock(text, blocks[1]!, before), String(before)).toEqual([]);
  });

  it('keeps the text of a block that nothing ends, and of lines with carriage returns', () => {
    const open = `a\n\n${FENCE}tunesmith chart\nb: 1`;
    expect(moved(open, 0, 1)).toBe(`${FENCE}tunesmith chart\nb: 1\n${FENCE}\n\na\n\n`);
    const dos = text.replaceAll('\n', '\r\n');
    expect(order(moved(dos, 0, 9).replaceAll('\r', ''))).toEqual(order(moved(text, 0, 9)));
  });

  it('ends a block that nothing ends before another is put behind it', () => {
    const [chart, table] = [`${FENCE}tunesmith chart\na: 1\n${FENCE}\n`, `${FENCE}${FENCE}tunesmith table\nb: 2`];
    for (const open of [table, `${table}\n`, `${table}\n\n`, '~~~~js\nx']) {
      const text = `${chart}\nA\n\n${open}`;
      const { blocks } = readDocument(moved(text, 0, null));
      expect(blocks.at(-1)!.text, open).toContain('tunesmith chart\na: 1\n\n');
      expect(moved(text, 0, null), open).toMatch(/^A\n/);
      const added = text + between(text, text.length, chart);
      expect(readDocument(added).blocks.at(-1)!.text, open).toContain('tunesmith chart\na: 1\n\n');
    }
  });

  it('leaves a blank line between neighbours that would join', () => {
    const block = `${FENCE}tunesmith chart\na: 1\n${FENCE}\n`;
    for (const gap of ['', '\n']) {
      const text = `A\n${block}${gap}B\n\nC\n`;
      expect(moved(text, 0, null), gap).toBe(`A\n\nB\n\nC\n\n${block}`);
    }
    expect(moved(`A\n${block}---\n`, 0, 1)).toBe(`${block}\nA\n\n---\n`);
  });

  it('finds the place behind a block of any fence, and behind a line', () => {
    const text = `a\n${FENCE}${FENCE}js\n${FENCE}\nb\n${FENCE}${FENCE}\nc\n~~~\nd`;
    expect(text.slice(behind(text, 1))).toMatch(/^`/);
    for (const line of [2, 3, 4, 5]) expect(text.slice(behind(text, line)), String(line)).toBe('c\n~~~\nd');
    expect(behind(text, 8)).toBe(text.length);
  });
});

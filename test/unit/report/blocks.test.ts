import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { blockText, insertAfter } from '../../../src/report/blocks/write.js';
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

  it('stands between blank lines', () => {
    expect(insertAfter('', 0, 'B\n')).toBe('B\n');
    expect(insertAfter('a', 1, 'B\n')).toBe('\n\nB\n');
    expect(insertAfter('a\nb', 2, 'B\n')).toBe('\nB\n\n');
    expect(insertAfter('a\n\n\nb', 3, 'B\n')).toBe('B\n');
  });
});

import { expect, it } from 'vitest';
import type { Run } from '../../../src/protocol/engine/index.js';
import { columnOf, columnNumber } from '../../../src/drawing/runs/tableColumns.js';
import { copyText } from '../../../src/drawing/runs/copy.js';

const run = {
  name: 'a',
  params: { lr: 0.5, text: 'x|y_1 & 50%', formula: '=1+1' },
  metrics: { 'val/loss': { last: 2 }, 'train/loss': { last: 0.5 } },
  objective: null,
  tags: [],
} as unknown as Run;
const columns = ['param:text', 'param:formula', 'formula:val/loss / train/loss'].map((key) => columnOf(key)!);

it('copies rows as Markdown, CSV and LaTeX, each with its own escapes', () => {
  expect(copyText('markdown', [run], columns, 0)).toBe(
    '| text | formula | val/loss / train/loss |\n| --- | --- | ---: |\n| x\\|y\\_1 & 50% | =1+1 | 4 |\n',
  );
  expect(copyText('csv', [run], columns, 0)).toBe("text,formula,val/loss / train/loss\nx|y_1 & 50%,'=1+1,4\n");
  const latex = copyText('latex', [run], columns, 0);
  expect(latex).toContain('\\begin{tabular}{llr}');
  expect(latex).toContain('x|y\\_1 \\& 50\\% & =1+1 & 4 \\\\');
});

it('computes formula columns, and says which text is no formula', () => {
  expect(columnNumber(run, 'formula:val/loss - lr')).toBe(1.5);
  expect(columnOf('formula:missing + 1')!.text(run, 0)).toBe('NaN');
  expect(columnOf('formula:1 +')!.text(run, 0)).toBe('not a formula');
});

/** Draws one live block. */
import type { AnyBlock } from '../blocks/keys.js';
import { drawChart } from './chart.js';
import { drawCompare } from './compare.js';
import { drawMedia } from './media.js';
import type { DrawParts, Drawn } from './parts.js';
import { drawImportance, drawParallel, drawScatter } from './plots.js';
import { drawTable } from './table.js';

export type * from './parts.js';

/** `text`: the block as written, by which the colours of its runs are kept. Throws BlockError, or what `ask` throws. */
export function drawBlock({ kind, keys }: AnyBlock, text: string, parts: DrawParts): Promise<Drawn> {
  switch (kind) {
    case 'chart':
      return drawChart(keys, parts, text);
    case 'table':
      return drawTable(keys, parts, false);
    case 'runs':
      return drawTable(keys, parts, true);
    case 'compare':
      return drawCompare(keys, parts);
    case 'parallel':
      return drawParallel(keys, parts);
    case 'scatter':
      return drawScatter(keys, parts);
    case 'importance':
      return drawImportance(keys, parts);
    case 'media':
      return drawMedia(keys, parts);
  }
}

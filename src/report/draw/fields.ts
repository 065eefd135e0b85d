/** Columns and fields by the names that people write: `lr` for `param:lr`, `val/loss` for `metric:val/loss`. */
import { l10n } from '../../format/l10n.js';
import type { Run } from '../../protocol/engine/index.js';
import { hasEntry } from '../../protocol/values/records.js';
import { FormulaError, parseFormula } from '../../query/formula.js';
import { suggest } from '../../experiment/suggest.js';
import { BlockError } from '../problem.js';

const FACTS = ['objective', 'status', 'tags', 'search', 'device', 'experiment', 'name', 'duration', 'createdAt'];
const PREFIX = /^(?:param|metric|info|formula):./s;

/** Returns the key of a column. `where`: key of the block that names it. */
export function fieldKey(text: string, runs: readonly Run[], where: string, formulas = false): string {
  if (PREFIX.test(text) || FACTS.includes(text)) return text;
  if (text === 'started' || text === 'created') return 'createdAt';
  if (runs.some((run) => hasEntry(run.params, text))) return `param:${text}`;
  if (runs.some((run) => hasEntry(run.metrics, text))) return `metric:${text}`;
  if (runs.some((run) => hasEntry(run.info, text))) return `info:${text}`;
  if (formulas && isFormula(text)) return `formula:${text}`;
  // Without runs nothing is known yet, and nothing is wrong.
  if (runs.length === 0) return `metric:${text}`;
  const names = [...new Set(runs.flatMap((run) => [...Object.keys(run.params), ...Object.keys(run.metrics)]))];
  const near = suggest(text, [...names, ...FACTS]);
  const message = l10n.t('No run shown here has "{0}".', text);
  throw new BlockError(message, near ? l10n.t('Did you mean "{0}"?', near) : '', where);
}

function isFormula(text: string): boolean {
  try {
    return parseFormula(text).names.length > 0 && /[\s()*+]/.test(text);
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    return false;
  }
}

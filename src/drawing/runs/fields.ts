/** Fields that runs are grouped, coloured and dashed by: the keys of the table's columns, and a few facts besides. */
import type { Run } from '../../protocol/engine/index.js';
import type { ParamValue } from '../../protocol/values/index.js';
import { entryOf } from '../../protocol/values/records.js';
import { fromWire, type WireNumber } from '../../protocol/values/wireNumber.js';
import { formatParam } from '../../format/numbers.js';
import { statusText } from '../../format/statuses.js';
import { l10n } from '../../format/l10n.js';

/** Facts of a run that are neither parameter nor metric. */
const FACTS = ['tags', 'search', 'status', 'experiment', 'device', 'name'] as const;
type Fact = (typeof FACTS)[number];

function factTitle(fact: Fact): string {
  switch (fact) {
    case 'tags':
      return l10n.t('Tags');
    case 'search':
      return l10n.t('Search');
    case 'status':
      return l10n.t('Status');
    case 'experiment':
      return l10n.t('Experiment');
    case 'device':
      return l10n.t('Device');
    case 'name':
      return l10n.t('Name');
  }
}

/** Name after the prefix of a key such as `param:lr`. */
const nameIn = (key: string): string => key.slice(key.indexOf(':') + 1);

export function titleOf(key: string): string {
  if (key === 'objective') return l10n.t('Objective');
  const fact = FACTS.find((one) => one === key);
  return fact ? factTitle(fact) : nameIn(key);
}

/** The run's value of a field; null if it has none. */
export function valueOf(run: Run, key: string): ParamValue | null {
  if (key.startsWith('param:')) return entryOf(run.params, nameIn(key)) ?? null;
  if (key.startsWith('info:')) return entryOf(run.info, nameIn(key)) ?? null;
  if (key.startsWith('metric:')) {
    const last = entryOf(run.metrics, nameIn(key))?.last;
    return last === undefined ? null : fromWire(last);
  }
  switch (key) {
    case 'objective':
      return fromWireOrNull(run.objective?.value ?? null);
    case 'tags':
      return run.tags.length > 0 ? [...run.tags].sort().join(', ') : null;
    case 'status':
      return statusText(run.status);
    case 'search':
    case 'experiment':
    case 'device':
    case 'name':
      return run[key];
    default:
      return null;
  }
}

const fromWireOrNull = (value: WireNumber | null): number | null => (value === null ? null : fromWire(value));

export function valueText(value: ParamValue | null): string {
  return value === null ? l10n.t('none') : formatParam(value);
}

/** Keys by which runs can be grouped or colored: parameters first, those that differ before the others. */
export function groupingKeys(runs: readonly Run[]): string[] {
  const names = new Map<string, Set<string>>();
  for (const run of runs)
    for (const [name, value] of Object.entries(run.params))
      names.set(name, (names.get(name) ?? new Set()).add(JSON.stringify(value)));
  const params = [...names].sort((a, b) => +(b[1].size > 1) - +(a[1].size > 1)).map(([name]) => `param:${name}`);
  return [...params, ...FACTS.filter((fact) => fact !== 'name' && fact !== 'experiment')];
}

/** Differences between runs, as the comparison shows them. */
import { factsOf, SECTIONS, type RunToCompare, type Section } from '../../format/runDiff.js';
import { formatNumber } from '../../format/numbers.js';
import type { RunDetail } from '../../protocol/engine/index.js';
import { l10n } from '../../format/l10n.js';

export interface ComparedCell {
  text: string;
  /** Difference from the first run; '' if it can't be expressed in numbers. */
  change: string;
  /** True if it differs from the first run's. */
  differs: boolean;
}
export interface ComparedRow {
  name: string;
  cells: ComparedCell[];
}
export interface ComparedSection {
  section: Section;
  rows: ComparedRow[];
  /** Facts that all runs have alike, and that are not among the rows. */
  same: number;
}

/** Compares with the first run. `all`: includes equal values. */
export function comparison(runs: readonly RunToCompare[], all: boolean): ComparedSection[] {
  return SECTIONS.map((section) => {
    const facts = factsOf(section, runs);
    const differs = (values: readonly (string | null)[]) => new Set(values).size > 1;
    const rows = facts.filter(({ values }) => all || differs(values));
    return {
      section,
      rows: rows.map(({ name, values }) => ({
        name: factTitle(section, name),
        cells: values.map((value) => cell(section, value, values[0]!)),
      })),
      same: facts.length - rows.length,
    };
  });
}

/** Sections whose numbers are quantities; elsewhere a number is a name. */
const QUANTITIES: readonly Section[] = ['params', 'metrics'];

function cell(section: Section, value: string | null, first: string | null): ComparedCell {
  const numbers = QUANTITIES.includes(section);
  const [number, base] = numbers ? [numberOf(value), numberOf(first)] : [null, null];
  const text = value === null ? '–' : number === null ? value : formatNumber(number);
  return { text, change: number === null || base === null ? '' : changeText(number, base), differs: value !== first };
}

/** Returns the number that a text represents; null for other texts. */
function numberOf(text: string | null): number | null {
  return text !== null && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : null;
}

function changeText(value: number, base: number): string {
  const change = value - base;
  if (change === 0 || !Number.isFinite(change)) return '';
  const sign = change > 0 ? '+' : '−';
  const share = base === 0 ? '' : ` (${sign}${Number((100 * Math.abs(change / base)).toPrecision(3))} %)`;
  return `${sign}${formatNumber(Number(Math.abs(change).toPrecision(4)))}${share}`;
}

/** Returns the title of a fact of ours; names of parameters, metrics, packages, variables and files are as they are. */
function factTitle(section: Section, name: string): string {
  if (section === 'code') return name === 'commit' ? l10n.t('Commit') : name === 'branch' ? l10n.t('Branch') : name;
  if (section !== 'environment') return name;
  switch (name) {
    case 'host':
      return l10n.t('Host');
    case 'command':
      return l10n.t('Command');
    case 'seed':
      return l10n.t('Seed');
    case 'system':
      return l10n.t('System');
    case 'cpu':
      return 'CPU';
    case 'memory':
      return l10n.t('Memory');
    case 'gpus':
      return 'GPU';
    case 'interpreter':
      return l10n.t('Interpreter');
    default:
      return name;
  }
}

export function sectionTitle(section: Section): string {
  switch (section) {
    case 'params':
      return l10n.t('Parameters');
    case 'metrics':
      return l10n.t('Results');
    case 'environment':
      return l10n.t('Environment');
    case 'packages':
      return l10n.t('Packages');
    case 'code':
      return l10n.t('Code');
    case 'data':
      return l10n.t('Data');
  }
}

/** A label that tells the runs apart. */
export const columnTitle = (run: Pick<RunDetail, 'name' | 'id'>, all: readonly Pick<RunDetail, 'name'>[]): string =>
  all.filter(({ name }) => name === run.name).length > 1 ? `${run.name} (${run.id})` : run.name;

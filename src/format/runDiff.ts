/** Differences between runs: parameters, metrics, environment, packages, code, data. Pure. */
import { markAt, valueText } from '../protocol/values/floats.js';
import type { RunDetail } from '../protocol/engine/index.js';
import type { Recorded } from '../protocol/engine/recorded.js';
import { entryOf, setEntry } from '../protocol/values/records.js';
import { isSystemMetric } from '../protocol/run/systemMetrics.js';
import type { ParamValue } from '../protocol/values/index.js';

export interface RunToCompare {
  run: RunDetail;
  recorded: Recorded;
  /** Its changes to the commit, as a patch; null: not kept. */
  changes: string | null;
}

export const SECTIONS = ['params', 'metrics', 'environment', 'packages', 'code', 'data'] as const;
export type Section = (typeof SECTIONS)[number];

/** `a`, `b`: in words; null: this run does not have it. */
export interface Difference {
  name: string;
  a: string | null;
  b: string | null;
}

/** A value for each run, in words; null: this run does not have it. */
export interface Fact {
  name: string;
  values: (string | null)[];
}

type Texts = Readonly<Record<string, string>>;

const TEXTS: Record<Section, (one: RunToCompare) => Texts> = {
  params: ({ run }) => mapped(run.params, (value, name) => valueText(value, markAt(run.floats, name))),
  metrics: ({ run }) => {
    const own = Object.fromEntries(Object.entries(run.metrics).filter(([name]) => !isSystemMetric(name)));
    return mapped(own, ({ last }) => String(last));
  },
  environment: environmentOf,
  packages: ({ recorded }) => recorded.environment?.packages ?? {},
  code: codeOf,
  data: ({ recorded }) => Object.fromEntries((recorded.data ?? []).map((file) => [file.path, dataText(file)])),
};

export function differencesOf(a: RunToCompare, b: RunToCompare): Record<Section, Difference[]> {
  const both = (section: Section): Difference[] =>
    differing(section, [a, b]).map(({ name, values }) => ({ name, a: values[0]!, b: values[1]! }));
  return Object.fromEntries(SECTIONS.map((section) => [section, both(section)])) as Record<Section, Difference[]>;
}

/** Returns the facts in one section that are not the same in all runs, by name; a value for each run, null where it has none. */
export function differing(section: Section, runs: readonly RunToCompare[]): Fact[] {
  return factsOf(section, runs).filter(({ values }) => new Set(values).size > 1);
}

/** Returns all facts in one section, like `differing`. */
export function factsOf(section: Section, runs: readonly RunToCompare[]): Fact[] {
  const texts = runs.map(TEXTS[section]);
  const names = [...new Set(texts.flatMap((each) => Object.keys(each)))].sort();
  return names.map((name) => ({ name, values: texts.map((each) => entryOf(each, name) ?? null) }));
}

function environmentOf({ run, recorded: { environment } }: RunToCompare): Texts {
  const facts: Record<string, string> = { host: run.host, command: run.command.join(' '), seed: String(run.seed) };
  if (!environment) return facts;
  const { system, cpu, cores, memoryMiB, gpus, interpreter, variables } = environment;
  Object.assign(facts, { system, cpu: `${cpu} (${cores} cores)`, memory: `${Math.round(memoryMiB / 1024)} GiB` });
  if (gpus.length > 0)
    facts.gpus = gpus.map(({ name, driver }) => (driver ? `${name} (driver ${driver})` : name)).join(', ');
  if (interpreter) facts.interpreter = `${interpreter.language} ${interpreter.version} (${interpreter.path})`;
  for (const [name, value] of Object.entries(variables)) setEntry(facts, `$${name}`, value);
  return facts;
}

function codeOf({ run, recorded: { code }, changes }: RunToCompare): Texts {
  if (!code) return run.git ? { commit: run.git.commit } : {};
  const texts: Record<string, string> = { commit: code.commit, branch: code.branch ?? '(none)' };
  const patches = filesOfPatch(changes ?? '');
  for (const file of code.changed) setEntry(texts, file, patches.get(file) ?? '(changed)');
  for (const { path, size } of code.untracked) setEntry(texts, path, `(not tracked, ${size ?? '?'} bytes)`);
  return texts;
}

/** Changes of each file, as `+lines -lines` and what tells equal changes from others. */
function filesOfPatch(patch: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const part of patch.split(/^diff --git /m).slice(1)) {
    const name = /^\+\+\+ b\/(.*?)\t?$/m.exec(part)?.[1] ?? /^--- a\/(.*?)\t?$/m.exec(part)?.[1];
    if (name === undefined) continue;
    const lines = part.split('\n');
    const count = (sign: string): number =>
      lines.filter((line) => line.startsWith(sign) && !line.startsWith(sign.repeat(3))).length;
    const blob = /^index [0-9a-f]+\.\.([0-9a-f]+)/m.exec(part)?.[1]?.slice(0, 10) ?? '';
    files.set(name, `+${count('+')} -${count('-')} (${blob})`);
  }
  return files;
}

const dataText = ({ size, changed, sha256 }: NonNullable<Recorded['data']>[number]): string =>
  sha256 ? `${size} bytes, ${sha256.slice(0, 12)}` : `${size} bytes, changed ${new Date(changed).toISOString()}`;

const mapped = <V extends ParamValue | object>(
  values: Readonly<Record<string, V>>,
  text: (value: V, name: string) => string,
): Texts => {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) setEntry(texts, name, text(value, name));
  return texts;
};

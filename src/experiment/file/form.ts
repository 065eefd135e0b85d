/** The experiment file as a form: fields with their kinds, and the problems of values typed into them. */
import { l10n } from '../../format/l10n.js';
import { isMap, isNode, isScalar } from 'yaml';
import type { FileForm, FormField, FormProblems } from '../../protocol/panel/index.js';
import { markAt } from '../../protocol/values/floats.js';
import type { Params } from '../../protocol/values/index.js';
import { floatMarkOf, sameValue, type Dimension } from '../../search/index.js';
import { MissingValue } from '../start/fill.js';
import { fillNetwork } from '../start/fillNetwork.js';
import { flowText } from './flowText.js';
import { validateNetwork } from '../network/index.js';
import { kindOf, refuseParam } from './paramCheck.js';
import { dimensionsOf, paramPath, placeholderAt } from '../start/plan.js';
import { readExperiment } from './read.js';
import type { Reading } from './reading.js';
import { objectivesOf } from '../search/settings.js';
import { readYaml } from './yamlText.js';
import { middleOf, readDimension, readSpace, splitHint } from '../search/space.js';
import { entryOf, hasEntry, setEntry } from '../../protocol/values/records.js';

/** Never throws: of a file with mistakes, what could be read, and the problems. */
export function formOf(text: string, file: string): FileForm {
  const reading = readExperiment(text, file);
  const { written, source } = reading;
  const dimensions = readableDimensions(reading);
  const names = [...new Set([...Object.keys(reading.params), ...Object.keys(written?.search?.space ?? {})])];
  const named = (value: unknown): string => (typeof value === 'string' ? value : (value as { name: string }).name);
  const search = written?.search;
  return {
    file,
    name: reading.experiment?.name ?? written?.name ?? file.replace(/^.*[\\/]/, ''),
    fields: names.map((name) => fieldOf(name, reading, dimensions.get(name) ?? null)),
    search: search
      ? {
          trials: search.trials ?? null,
          sampler: named(search.sampler ?? 'auto'),
          pruner: search.pruner && search.pruner !== 'none' ? named(search.pruner) : null,
          parallel: search.parallel ?? 'auto',
        }
      : null,
    objective: (written && objectivesOf(written)[0]) ?? null,
    problems: [...source.problems].sort((a, b) => a.line - b.line || a.column - b.column),
  };
}

/** Ranges that are valid by themselves, even if others are not. */
function readableDimensions(reading: Reading): Map<string, Dimension> {
  if (reading.space) return dimensionsOf(reading);
  const written = reading.written?.search?.space ?? {};
  return new Map(
    Object.entries(written).flatMap(([name, value]) => {
      const { dimension } = readDimension(name, value, markAt(reading.spaceFloats, name));
      return dimension ? [[name, dimension] as const] : [];
    }),
  );
}

function fieldOf(name: string, reading: Reading, dimension: Dimension | null): FormField {
  const own = entryOf(reading.params, name);
  const field: FormField = { name, kind: kindOf(own, dimension), value: own ?? null };
  if (own === undefined && dimension) field.value = middleOf(dimension);
  const mark = own === undefined && dimension ? floatMarkOf(dimension, field.value) : markAt(reading.floats, name);
  if (mark) field.float = mark;
  if (dimension?.kind === 'choice') {
    field.choices = [...dimension.choices];
    if (dimension.floats) field.choiceFloats = dimension.floats;
  }
  const space = spaceText(name, reading);
  if (space !== null) field.space = space;
  const description = commentOf(name, reading);
  if (description) field.description = description;
  return field;
}

/** The range as written, on one line. */
function spaceText(name: string, reading: Reading): string | null {
  const { source, written, origin } = reading;
  if (!written?.search || !Object.hasOwn(written.search.space, name)) return null;
  const value = entryOf(written.search.space, name);
  const range = source.rangeOfNode(source.nodeAt(origin(['search', 'space', name])));
  const text = range ? source.text.slice(range.start, range.end) : '';
  const native = JSON.stringify(origin(['search', 'space', name])) === JSON.stringify(['search', 'space', name]);
  if (native && text.startsWith('{') && !/[\n#*&]/.test(text) && !source.isJson) return text;
  return flowText(value, markAt(reading.spaceFloats, name));
}

/** The comment behind a parameter's value, or the lines of comment right above it. */
function commentOf(name: string, reading: Reading): string | null {
  const { source, origin } = reading;
  const pair = source.pairAt(origin(paramPath(reading, name)));
  if (!pair) return null;
  const behind = isNode(pair.value) && !isMap(pair.value) ? pair.value.comment : null;
  const above = isScalar(pair.key) ? pair.key.commentBefore : null;
  const text = (behind ?? above ?? '').trim().replace(/\s+/g, ' ');
  return text ? text.slice(0, 300) : null;
}

/** Problems by field; fields without a problem are left out. A file that can't be read has none. */
export function checkForm(text: string, file: string, params: Params, space?: Record<string, string>): FormProblems {
  const problems: FormProblems = { params: {}, space: {} };
  const reading = readExperiment(text, file);
  if (!reading.written) return problems;
  const ranges = new Map(readableDimensions(reading));
  const written: Record<string, unknown> = { ...reading.written.search?.space };
  for (const [name, range] of Object.entries(space ?? {})) {
    delete written[name];
    ranges.delete(name);
    if (range.trim() === '') continue;
    const read = readRange(name, range);
    if (read.message !== undefined) setEntry(problems.space, name, read.message);
    else {
      setEntry(written, name, read.value);
      const { dimension } = readDimension(name, read.value);
      if (dimension) ranges.set(name, dimension);
    }
  }
  if (Object.keys(written).length > 0) {
    for (const { path, message, hint } of readSpace(written).problems) {
      const said = [message, ...(hint ? [hint] : [])].map((text) => l10n.retold(text)).join('; ');
      if (path.length) tell(problems.space, String(path[0]), said);
    }
  }
  for (const [name, value] of Object.entries(params)) {
    const declared = entryOf(reading.params, name);
    const dimension = ranges.get(name) ?? null;
    if (declared === undefined && !dimension) {
      if (space === undefined || !Object.hasOwn(space, name))
        setEntry(problems.params, name, 'is not a parameter of this file');
      continue;
    }
    const own = declared !== undefined && sameValue(declared, value);
    if (own || (value === null && declared === undefined)) continue;
    const refusal = refuseParam(value, declared, dimension);
    if (refusal) setEntry(problems.params, name, refusal);
  }
  checkNetwork(reading, params, problems);
  return problems;
}

/** Only the first problem of a field is reported. */
function tell(problems: Record<string, string>, name: string, message: string): void {
  if (!hasEntry(problems, name)) setEntry(problems, name, message);
}

/** Adds the built-in trainer's objections to the parameters that they are about. */
function checkNetwork(reading: Reading, params: Params, problems: FormProblems): void {
  const network = reading.written?.network;
  if (network === undefined || Object.keys(problems.params).length > 0) return;
  const defaults = Object.fromEntries([...dimensionsOf(reading)].map(([name, d]) => [name, middleOf(d)]));
  try {
    const given = Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null));
    const result = validateNetwork(fillNetwork(network, { ...defaults, ...reading.params, ...given }, {}));
    for (const { path, message } of result.problems ?? []) {
      const name = placeholderAt(network, path);
      if (name !== null && Object.hasOwn(params, name)) tell(problems.params, name, splitHint(message).message);
    }
  } catch (error) {
    if (!(error instanceof MissingValue)) throw error;
  }
}

function readRange(name: string, text: string): { value: unknown; message?: undefined } | { message: string } {
  if (text.length > 10_000) return { message: 'is too long' };
  const { doc, faults, targets } = readYaml(text);
  const error = faults.find(({ severity }) => severity === 'error');
  if (targets.size > 0 || error?.code === 'ALIAS') {
    return { message: 'is not a range: write it without anchors and aliases' };
  }
  if (error || !doc) return { message: `is not a range: ${error?.message.split('\n')[0] ?? 'it is empty'}` };
  const value = doc.toJS() as unknown;
  const { problems } = readDimension(name, value);
  const first = problems?.[0];
  return first ? { message: first.hint ? `${first.message}; ${first.hint}` : first.message } : { value };
}

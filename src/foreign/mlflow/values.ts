/** How MLflow's facts are shown here. */
import { isFloatText } from '../../protocol/values/floats.js';
import type { FloatMark, Floats } from '../../protocol/values/floats.js';
import { floatsOf } from '../../protocol/values/floats.js';
import { setEntry } from '../../protocol/values/records.js';
import type { Params, ParamValue } from '../../protocol/values/index.js';
import type { Facts, Sink } from '../types.js';

/** By name, and by number in files. */
const STATUS = new Map<string, NonNullable<Facts['status']>>([
  ...(['RUNNING', '1', 'SCHEDULED', '2'] as const).map((name) => [name, 'running'] as const),
  ...(['FINISHED', '3'] as const).map((name) => [name, 'completed'] as const),
  ...(['FAILED', '4'] as const).map((name) => [name, 'failed'] as const),
  ...(['KILLED', '5'] as const).map((name) => [name, 'stopped'] as const),
]);

export function statusOf(written: unknown): Facts['status'] {
  return STATUS.get(String(written));
}

/** MLflow keeps parameters as texts; those that read as numbers, truth values or None are shown as such. */
export function paramOf(text: string): { value: ParamValue; mark: FloatMark } {
  if (/^-?(?:\d+|\d+\.\d*|\.\d+|\d+(?:\.\d*)?e[+-]?\d+)$/i.test(text) && text.length < 25) {
    const value = Number(text);
    return { value, mark: Number.isInteger(value) && isFloatText(text) ? true : null };
  }
  const word = { True: true, False: false, None: null }[text];
  return { value: word === undefined ? text : word, mark: null };
}

export function handTexts(texts: readonly (readonly [name: string, text: string])[], sink: Sink): void {
  const params: Params = {};
  const marks: [string, FloatMark][] = [];
  for (const [name, text] of texts) {
    const { value, mark } = paramOf(text);
    setEntry(params, name, value);
    marks.push([name, mark]);
  }
  const floats: Floats | undefined = floatsOf(marks);
  if (texts.length > 0) sink.params(params, floats);
}

/** Tags of MLflow's own are facts of the run; those of the person are shown among its info. */
export function handTags(tags: readonly (readonly [name: string, text: string])[], sink: Sink): void {
  const info: Params = {};
  for (const [name, text] of tags) {
    if (name === 'mlflow.runName') sink.facts({ name: text });
    else if (name === 'mlflow.note.content') sink.facts({ note: text });
    else if (name === 'mlflow.source.git.commit') sink.facts({ git: { commit: text, branch: null, dirty: false } });
    else if (!name.startsWith('mlflow.') || name === 'mlflow.source.name' || name === 'mlflow.user')
      setEntry(info, name, text);
  }
  if (Object.keys(info).length > 0) sink.info(info);
}

/** MLflow's databases have the largest double where a value is infinite. */
export function valueOf(value: unknown, isNan: unknown): number {
  if (isNan === 1) return NaN;
  const number = typeof value === 'number' ? value : NaN;
  return Math.abs(number) >= Number.MAX_VALUE ? Math.sign(number) * Infinity : number;
}

import { readTypedValue } from '../experiment/index.js';
import { floatsOf, type FloatMark, type Floats } from '../protocol/values/floats.js';
import { ParamValue, type Params } from '../protocol/values/index.js';
import { UsageError } from './errors.js';
import { l10n } from '../format/l10n.js';

export interface Settings {
  params: Params;
  /** Marks whole numbers that were written as floats. */
  floats?: Floats;
}

/** Reads `--set name=value`; a value is read as YAML reads a scalar or a list: `0.1`, `true`, `adam`, `[1, 2]`. */
export function readSettings(settings: string[], where = '--set'): Settings {
  const params: [string, ParamValue][] = [];
  const marks: [string, FloatMark][] = [];
  for (const setting of settings) {
    const at = setting.indexOf('=');
    if (at <= 0) throw new UsageError(l10n.t('{0} takes NAME=VALUE, not "{1}".', where, setting));
    const name = setting.slice(0, at).trim();
    const written = setting.slice(at + 1);
    let read: ReturnType<typeof readTypedValue> = { value: written, floats: null };
    try {
      read = readTypedValue(written);
    } catch {
      // It is not YAML, so it is taken literally.
    }
    const checked = ParamValue.safeParse(read.value ?? null);
    if (!checked.success)
      throw new UsageError(l10n.t('{0} {1}: a value is a number, text, true, false or a list.', where, name));
    params.push([name, checked.data]);
    marks.push([name, read.floats]);
  }
  const floats = floatsOf(marks);
  return { params: Object.fromEntries(params), ...(floats && { floats }) };
}

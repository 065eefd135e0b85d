import { parse } from 'yaml';
import { ParamValue, type Params } from '../protocol/values.js';
import { UsageError } from './errors.js';
import { setEntry } from '../protocol/records.js';

/** Reads `--set name=value`; a value is read as YAML reads a scalar or a list: `0.1`, `true`, `adam`, `[1, 2]`. */
export function readSettings(settings: string[], where = '--set'): Params {
  const params: Params = {};
  for (const setting of settings) {
    const at = setting.indexOf('=');
    if (at <= 0) throw new UsageError(`${where} takes NAME=VALUE, not "${setting}".`);
    const name = setting.slice(0, at).trim();
    let value: unknown;
    try {
      value = parse(setting.slice(at + 1));
    } catch {
      value = setting.slice(at + 1);
    }
    const checked = ParamValue.safeParse(value);
    if (!checked.success) throw new UsageError(`${where} ${name}: a value is a number, text, true, false or a list.`);
    setEntry(params, name, checked.data);
  }
  return params;
}

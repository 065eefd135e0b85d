/** Checks of `files:`, the configuration files that runs get copies of. */
import * as path from 'node:path';
import { placeholders } from '../start/fill.js';
import { copyName, formatOf, keysOf, missingKeys, readOriginal, type CopiedValues } from '../start/configCopies.js';
import type { Reading } from './reading.js';
import type { Fault, Path } from './source.js';

type Report = (at: Path, fault: Fault, where?: 'key' | 'value') => void;

/** `checkName` checks a name that stands in a value of the section at the path. */
export function checkCopies(reading: Reading, report: Report, checkName: (name: string, at: Path) => void): void {
  const files = reading.written?.files ?? {};
  for (const [file, values] of Object.entries(files)) {
    const at = ['files', file];
    const twin = Object.keys(files).find((other) => other !== file && copyName(other) === copyName(file));
    if (formatOf(file) === null) {
      report(at, { message: `"${file}" is not a YAML, JSON or TOML file`, hint: 'only these can be filled in' }, 'key');
    } else if (twin !== undefined) {
      const message = `"${file}" and "${twin}" would both be {${copyName(file)}}`;
      report(at, { message, hint: 'rename one of them' }, 'key');
    } else {
      for (const text of textsOf(values)) for (const name of placeholders(text)) checkName(name, at);
      checkKeys(reading, file, values, report);
    }
  }
}

const textsOf = (values: CopiedValues): string[] =>
  keysOf(values).flatMap(({ value }) => [value].flat().filter((item) => typeof item === 'string'));

/** A key that the original lacks is most likely mistyped. */
function checkKeys(reading: Reading, file: string, values: CopiedValues, report: Report): void {
  const folder = path.resolve(path.dirname(reading.source.file), reading.written?.cwd ?? '.');
  try {
    const original = readOriginal(path.resolve(folder, file));
    for (const key of original === null ? [] : missingKeys(original, file, values)) {
      const fault = { message: `${file} has no "${key}"`, hint: 'the copy gets it anyway' };
      report(['files', file], { ...fault, severity: 'warning' }, 'key');
    }
  } catch (error) {
    report(['files', file], { message: (error as Error).message }, 'key');
  }
}

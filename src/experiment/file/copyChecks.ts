/** Checks of `files:`, the configuration files that runs get copies of. */
import * as path from 'node:path';
import { placeholders } from '../start/fill.js';
import { copyName, formatOf, keysOf, missingKeys, readOriginal, type CopiedValues } from '../start/configCopies.js';
import type { Reading } from './reading.js';
import type { Fault, Path } from './source.js';
import { l10n } from '../../format/l10n.js';

type Report = (at: Path, fault: Fault, where?: 'key' | 'value') => void;

/** A section of files, where it stands, and the folder that their paths are relative to, as it is written. */
export interface CopySection {
  files: Record<string, CopiedValues> | undefined;
  at: Path;
  cwd: string | undefined;
}

/** `checkName` checks a name that stands in a value of the section at the path. */
export function checkCopies(
  reading: Reading,
  { files = {}, at: place, cwd }: CopySection,
  report: Report,
  checkName: (name: string, at: Path) => void,
): void {
  const folder = path.resolve(path.dirname(reading.source.file), cwd ?? '.');
  for (const [file, values] of Object.entries(files)) {
    const at = [...place, file];
    const twin = Object.keys(files).find((other) => other !== file && copyName(other) === copyName(file));
    if (formatOf(file) === null) {
      report(
        at,
        {
          message: l10n.t('"{0}" is not a YAML, JSON or TOML file', file),
          hint: l10n.t('only these can be filled in'),
        },
        'key',
      );
    } else if (twin !== undefined) {
      const message = l10n.t('"{0}" and "{1}" would both be {{2}}', file, twin, copyName(file));
      report(at, { message, hint: l10n.t('rename one of them') }, 'key');
    } else {
      for (const text of textsOf(values)) for (const name of placeholders(text)) checkName(name, at);
      checkKeys(path.resolve(folder, file), { file, values, at }, report);
    }
  }
}

const textsOf = (values: CopiedValues): string[] =>
  keysOf(values).flatMap(({ value }) => [value].flat().filter((item) => typeof item === 'string'));

/** A key that the original lacks is most likely mistyped. */
function checkKeys(
  original: string,
  { file, values, at }: { file: string; values: CopiedValues; at: Path },
  report: Report,
): void {
  try {
    const text = readOriginal(original);
    for (const key of text === null ? [] : missingKeys(text, file, values)) {
      const fault = { message: l10n.t('{0} has no "{1}"', file, key), hint: l10n.t('the copy gets it anyway') };
      report(at, { ...fault, severity: 'warning' }, 'key');
    }
  } catch (error) {
    report(at, { message: (error as Error).message }, 'key');
  }
}

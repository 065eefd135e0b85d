/** Placeholders `{name}` in commands, environments and files: completion and meaning. Pure. */
import { copyName } from '../../experiment/start/configCopies.js';
import { RUN_FACTS } from '../../experiment/start/fill.js';
import { l10n } from '../../format/l10n.js';

export interface Placeholder {
  name: string;
  detail: string;
}

/** Sections of an experiment file whose texts are filled in. */
const FILLED = ['run', 'env', 'files', 'network', 'output'];
const OPEN = /\{([A-Za-z_][\w.\-/]*)?$/;
const WHOLE = /\{([A-Za-z_][\w.\-/]*)(\*|\?[^{}]*)?\}/g;
const KEY = /^"?([A-Za-z_$][\w$]*)"?\s*:/;

/** The name that is being typed after a `{` before `column`, and where it begins; null elsewhere. */
export function typedPlaceholder(
  lines: readonly string[],
  line: number,
  column: number,
): { typed: string; from: number; section: string } | null {
  const section = sectionOf(lines, line);
  const match = section === null ? null : OPEN.exec((lines[line] ?? '').slice(0, column));
  if (!match || (lines[line] ?? '')[match.index - 1] === '$') return null;
  // Elsewhere in a file's values, a brace begins a group.
  if (section !== 'run' && !/["']/.test((lines[line] ?? '').slice(0, match.index))) return null;
  const typed = match[1] ?? '';
  return { typed, from: column - typed.length, section: section! };
}

/** Returns the placeholder around a column, and its range; null if there is none. */
export function placeholderAt(
  lines: readonly string[],
  line: number,
  column: number,
): { name: string; from: number; to: number } | null {
  if (sectionOf(lines, line) === null) return null;
  for (const match of (lines[line] ?? '').slice(0, 5000).matchAll(WHOLE)) {
    const to = match.index + match[0].length;
    if (match.index <= column && column <= to) return { name: match[1]!, from: match.index, to };
  }
  return null;
}

/** Returns the section of a line, if its texts are filled in. */
function sectionOf(lines: readonly string[], line: number): string | null {
  for (let at = line; at >= 0; at--) {
    const key = KEY.exec(lines[at] ?? '')?.[1];
    if (key !== undefined) return FILLED.includes(key) ? key : null;
    if (/^\s*[{}]/.test(lines[at] ?? '') && at < line) return null;
  }
  return null;
}

/** Everything besides hyperparameters that a command may name. `files`: the keys of the section `files`. */
export function runPlaceholders(files: readonly string[]): Placeholder[] {
  const facts: Record<(typeof RUN_FACTS)[number], string> = {
    'run.dir': l10n.t('Folder of the run, where outputs of parallel trials never collide'),
    'run.id': l10n.t('Id of the run'),
    seed: l10n.t('Seed of the run'),
    trial: l10n.t('Number of the trial in its search, from 0; 0 outside a search'),
    gpu: l10n.t(
      'Number of the GPU that the run is assigned to, in the command only; the program sees it as its first GPU',
    ),
  };
  const copies = files.map((file) => ({
    name: copyName(file),
    detail: l10n.t("Path of the run's copy of {0}, with its values", file),
  }));
  return [...RUN_FACTS.map((name) => ({ name, detail: facts[name] })), ...copies];
}

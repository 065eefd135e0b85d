/** The lenses of a plain script and of a configuration file that a script reads, in words. Pure: golden tests compare them. */
import type { FoundScript } from '../../experiment/script/types.js';
import type { Place } from '../../protocol/run/cluster.js';
import { add, LOOKING, placeLens, runStateLenses, type FileState, type Lens } from '../language/lensTexts.js';
import { l10n } from '../../format/l10n.js';

/** `script`: absolute path of the script; `lines`: where its lenses stand, from 0; the state of its runs stands in the first. */
export function scriptLensTexts(
  script: string,
  lines: readonly number[],
  hasFile: boolean,
  state: FileState,
  trusted: boolean,
  place: { name: Place; isChosen: boolean } | null = null,
): Lens[] {
  const all: Lens[] = [];
  const put = add(all);
  for (const [at, line] of lines.entries()) {
    if (trusted) {
      put(line, `$(play) ${l10n.t('Run')}`, 'script.run', [script], l10n.t('Run the script with its defaults'));
      if (place && at === 0) placeLens(line, script, place, put);
    } else {
      const title = `$(workspace-untrusted) ${l10n.t('Trust this workspace to run')}`;
      all.push({ line, title, command: 'workbench.trust.manage', args: [] });
    }
    const tooltip = hasFile
      ? l10n.t('Open the experiment file of this script')
      : l10n.t('Write an experiment file with the arguments of this script and ranges to search');
    put(line, l10n.t('Tune…'), 'script.tune', [script], tooltip);
    if (at !== 0) continue;
    const before = all.length;
    runStateLenses(line, state, put);
    if (!trusted) all.push(...all.splice(before).filter(({ command }) => LOOKING.has(command)));
  }
  return all;
}

/** Lines above which a script's lenses stand. Library modules, that neither parse arguments nor have a main part, have none. */
export function lensLines({ mainLine, argumentsLine, parser }: FoundScript): number[] {
  const lines = [mainLine, parser === 'client' && mainLine !== null ? null : argumentsLine];
  return [...new Set(lines.filter((line) => line !== null))].sort((a, b) => a - b);
}

/** Scripts without a training: tests, and files that tools find by name. */
export function isOther(file: string): boolean {
  return /(^|[\\/])(test_[^\\/]*|[^\\/]*_test|conftest|setup|manage|noxfile|tasks|__init__|__main__)\.pyw?$/i.test(
    file,
  );
}

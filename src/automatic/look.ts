/** The start of a search for a network: facts about the data, before anything is trained. */
import * as path from 'node:path';
import { parseExperiment } from '../experiment/index.js';
import { fillNetwork } from '../experiment/start/fillNetwork.js';
import type { Experiment } from '../experiment/types.js';
import type { FileProblem } from '../protocol/engine/index.js';
import type { LookedLine } from '../protocol/trainer/automatic.js';
import { AutoError } from './files.js';
import type { AskAuto } from './finish.js';
import { relocated } from './relocated.js';
import { l10n } from '../format/l10n.js';

/** Reads the experiment file; its problems if there are errors among them. */
export function readAuto(text: string, file: string): { experiment: Experiment } | { problems: FileProblem[] } {
  const { experiment, problems } = parseExperiment(text, file);
  return experiment ? { experiment } : { problems };
}

/** Seconds that the file's search may take; null: it has no limit. */
export const timeOfFile = ({ search }: Experiment): number | null => search?.time ?? null;

/** Describes the data. Texts about them name their files as seen from `viewpoint`, a folder. */
export async function look(ask: AskAuto, experiment: Experiment, file: string, viewpoint: string): Promise<LookedLine> {
  const { program, params } = experiment;
  if (program.kind !== 'network') throw new AutoError(l10n.t('{0} has no "network" section with "auto".', file));
  const written = fillNetwork(program.value, params, process.env) as Record<string, unknown>;
  const folder = path.resolve(path.dirname(file), experiment.cwd ?? '.');
  const network = relocated(written, path.join(folder, 'file'), path.join(viewpoint, 'file'));
  const answer = await ask({ type: 'look', network, folder: viewpoint }, l10n.t('Reading the data'));
  if (answer.type !== 'looked') throw new AutoError(l10n.t('The trainer did not describe the data.'));
  return answer;
}

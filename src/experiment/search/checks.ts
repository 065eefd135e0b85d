/** Checks of `objective:` and `search:` beyond their shape. */
import {
  checkNamed,
  checkStages,
  DEFAULT_STAGES,
  methodFault,
  whatCompares,
  type Dimension,
  type Space,
} from '../../search/index.js';
import { checkWritten, messageOf } from './constraints/check.js';
import type { Reading } from '../file/reading.js';
import { objectivesOf, stagesOf, withConstraints } from './settings.js';
import type { Fault, Path } from '../file/source.js';
import { withTuned } from './differentiable.js';
import { readSpace, splitHint } from './space.js';
import { suggest } from '../suggest.js';
import { isSweep } from '../sweep/index.js';
import { hasEntry } from '../../protocol/values/records.js';
import type { WrittenExperiment } from '../schema.js';
import type { Named } from '../types.js';
import { l10n } from '../../format/l10n.js';

type WrittenSearch = NonNullable<WrittenExperiment['search']>;

type Report = (at: Path, fault: Fault, where?: 'key' | 'value') => void;

/** Reports problems; returns the space if it is valid. `names`: all params and searched names. */
export function checkSearch(reading: Reading, names: readonly string[], report: Report): Space | null {
  const written = reading.written!;
  const { search } = written;
  checkObjectives(reading, report);
  if (!search) return null;
  for (const what of ['sampler', 'pruner'] as const) {
    const named = search[what];
    if (named === undefined || named === null) continue;
    const fault = checkNamed(what, named as string);
    if (!fault) continue;
    const where = fault.message.startsWith('unknown setting') ? 'key' : 'value';
    report(['search', what, ...(fault.key ? [fault.key] : [])], splitHint(fault.message), where);
  }
  const { space, problems } = readSpace(search.space, reading.spaceFloats);
  for (const { path: at, message, hint } of problems) {
    const fault = { message, ...(hint !== undefined && { hint }) };
    report(['search', 'space', ...at], fault, /^unknown|has two ranges/.test(message) ? 'key' : 'value');
  }
  checkEnd(reading, space, report);
  checkPausing(reading, report);
  const constraints = checkWritten(reading, space, names, report);
  if (!space) return null;
  checkStagesOf(reading, space, report);
  const searched = withConstraints(space, constraints, reading.params);
  checkMethods(reading, searched, report);
  return searched;
}

/**
 * Reports what the sampler or the pruner would refuse when the search starts. Only for settings without other faults.
 */
function checkMethods({ written }: Reading, space: Space, report: Report): void {
  const search = written!.search!;
  const { sampler = 'auto', pruner, trials, maxSteps, checkpoints, stages } = search;
  // Each stage searches a part of the space with its own sampler.
  if (stages !== undefined || checkNamed('sampler', sampler as Named)) return;
  // A missing objective has been reported already.
  if (objectivesOf(written!).length === 0 && whatNeedsOne(search) !== null) return;
  const goals = objectivesOf(written!).map(({ goal }) => goal);
  const chosen = withTuned(sampler as Named, {
    program: { kind: 'network', value: written!.network },
    search: { space: search.space },
  });
  if (typeof chosen !== 'string' && chosen.name === 'hypergradient' && (chosen.tuned as string[]).length === 0) {
    const hint =
      'put "{name}" at optimizer.learningRate, optimizer.weightDecay, loss.labelSmoothing, loss.classWeights or a strength of augment';
    return report(['search', 'sampler'], { message: 'none of the searched parameters has a gradient', hint });
  }
  const named = pruner && pruner !== 'none' && !checkNamed('pruner', pruner as Named) ? (pruner as Named) : null;
  const fault = methodFault({
    ...{ space, goals, sampler: chosen, pruner: named },
    ...{ trials: trials ?? null, maxSteps: maxSteps ?? null, checkpoints: checkpoints ?? false },
  });
  if (!fault) return;
  const { what, parameter, message } = fault;
  const at = parameter !== null && hasEntry(search.space, parameter) ? ['space', parameter] : [what];
  report(['search', ...at], splitHint(message));
}

function checkObjectives({ written, source }: Reading, report: Report): void {
  const objectives = objectivesOf(written!);
  const comparing = objectives.length === 0 && written!.search ? whatNeedsOne(written!.search) : null;
  if (comparing !== null && !Object.hasOwn(source.value as object, 'objective')) {
    const hint = isSweep(source.value)
      ? l10n.t('add: metric: { name: val/loss, goal: minimize }')
      : l10n.t('add: objective: { metric: val/loss, goal: minimize }');
    report(['search'], { message: l10n.t('{0} needs an objective', comparing), hint }, 'key');
  }
  if (written!.search?.stop && objectives.length > 1) {
    const message = l10n.t('a search with several objectives does not end by itself');
    report(['search', 'stop'], { message, hint: l10n.t('remove stop, or name one objective') });
  }
  for (const [i, { metric }] of objectives.entries()) {
    if (objectives.findIndex((other) => other.metric === metric) === i) continue;
    report(['objective', i, 'metric'], {
      message: l10n.t('"{0}" is already an objective', metric),
      hint: l10n.t('name each metric once'),
    });
  }
}

/** The part of a search that compares its trials; null: none does. */
function whatNeedsOne({ sampler, pruner, stages, warmStart, repeat }: WrittenSearch): string | null {
  if (sampler === undefined) return 'a search';
  return whatCompares({
    sampler: sampler as Named,
    pruner: (pruner ?? null) as Named | null,
    stages: stages ? {} : null,
    warmStart: warmStart ? {} : null,
    repeat: repeat ? { top: 1, times: 1 } : null,
  });
}

/** A continuous space without a number of trials. */
function checkEnd({ written, source }: Reading, space: Space | null, report: Report): void {
  const { sampler, trials, time } = written!.search!;
  if (!space || time !== undefined || (trials !== undefined && trials !== null) || isSweep(source.value)) return;
  const name = typeof sampler === 'object' ? sampler.name : (sampler ?? 'auto');
  if (!space.dimensions.some(isContinuous) || name === 'grid') return;
  const message = l10n.t('this search runs until someone stops it');
  report(['search'], { message, hint: l10n.t('set the number of trials: trials: 50'), severity: 'warning' }, 'key');
}

/** Pruners that only make sense for programs that save and load checkpoints. */
const PAUSING = ['pbt', 'pb2', 'thaw'];

function checkPausing({ written }: Reading, report: Report): void {
  const { pruner, checkpoints } = written!.search!;
  if (!pruner || checkpoints) return;
  const { name, form = null } =
    typeof pruner === 'string' ? { name: pruner } : (pruner as { name: string; form?: unknown });
  if (!PAUSING.includes(name) && form !== 'promote' && form !== 'rounds') return;
  const message = l10n.t(
    'pruner "{0}"{1} pauses trials, which needs checkpoints',
    name,
    form === null ? '' : ` ${l10n.t('in the form "{0}"', form as string)}`,
  );
  const hint = l10n.t(
    'when the program saves and loads them (run.checkpoint; the built-in trainer does), set checkpoints: true',
  );
  report(['search', 'pruner'], { message, hint });
}

const isContinuous = (d: Dimension): boolean =>
  d.kind === 'normal' || ((d.kind === 'float' || d.kind === 'beta') && d.step === null);

function checkStagesOf({ written, source, origin }: Reading, space: Space, report: Report): void {
  const search = written!.search!;
  // Present, but not valid enough to be read.
  if (search.stages === undefined && source.nodeAt(origin(['search', 'stages'])) !== undefined) return;
  const stages = stagesOf(search.stages);
  const base: Path = ['search', 'stages', ...(Array.isArray(search.stages) || !stages?.order ? [] : ['order'])];
  const order = stages?.order ?? [];
  const known = space.dimensions.map(({ name }) => name);
  const owner = new Map<string, string>();
  let faults = 0;
  const wrong: Report = (...fault) => (faults++, report(...fault));
  for (const [i, { name, params = [] }] of order.entries()) {
    if (order.findIndex((other) => other.name === name) < i) {
      wrong([...base, i], { message: l10n.t('the stage "{0}" appears twice', name) });
    }
    for (const [k, param] of params.entries()) {
      const at = [...base, i, 'params', k];
      const near = suggest(param, known);
      if (!known.includes(param)) {
        wrong(at, {
          message: l10n.t('"{0}" is not searched', param),
          ...(near && { hint: l10n.t('did you mean "{0}"?', near) }),
        });
      } else if (owner.has(param))
        wrong(at, { message: l10n.t('"{0}" is already in the stage "{1}"', param, owner.get(param)) });
      owner.set(param, name);
    }
  }
  const total = order.reduce((sum, { share = 0 }) => sum + share, 0);
  if (total > 1 + 1e-9)
    wrong(base, {
      message: l10n.t('the stages have more than 100 % of the trials'),
      hint: l10n.t('shares add up to at most 1'),
    });
  const names = stages?.order ? order.map(({ name }) => name) : [...DEFAULT_STAGES];
  for (const { name, stage } of space.dimensions) {
    if (!stage) continue;
    const at = ['search', 'space', name, 'stage'];
    if (!stages)
      report(at, {
        message: l10n.t('this search has no stages'),
        hint: l10n.t('add: stages: true'),
        severity: 'warning',
      });
    else if (!names.includes(stage)) {
      const near = suggest(stage, names);
      wrong(at, {
        message: l10n.t('there is no stage "{0}"', stage),
        hint: near ? l10n.t('did you mean "{0}"?', near) : l10n.t('known: {0}', names.join(', ')),
      });
    }
  }
  if (!stages || faults > 0) return;
  const fault = messageOf(() => checkStages(space, stages));
  if (fault) report(base, splitHint(fault.message), 'key');
}

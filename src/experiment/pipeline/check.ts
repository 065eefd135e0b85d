/** Checks of `pipeline:` beyond its shape. */
import { checkNetworkTemplate } from '../network/index.js';
import type { Reading } from '../file/reading.js';
import type { CopySection } from '../file/copyChecks.js';
import type { Fault, Path } from '../file/source.js';
import { copyName } from '../start/configCopies.js';
import { outputFault, outputText } from '../start/output.js';
import { splitHint } from '../search/space.js';
import { objectivesOf } from '../search/settings.js';
import { placeholders } from '../start/fill.js';
import { suggest } from '../suggest.js';
import { hasEntry } from '../../protocol/values/records.js';
import { networkOf } from './network.js';
import { NETWORK_KINDS, STAGE_KINDS, type WrittenStage } from './schema.js';
import {
  circleOf,
  isCommand,
  kindsOf,
  partNames,
  stageNamed,
  stagesIn,
  stagesOf,
  takenOf,
  teacherOf,
  type Stage,
} from './stages.js';
import { l10n } from '../../format/l10n.js';

export interface PipelineChecks {
  report(at: Path, fault: Fault, where?: 'key' | 'value'): void;
  /** Checks a hyperparameter's name in a text, at the path. */
  name(name: string, text: string, at: Path): void;
  /** Checks a command and its placeholders, except those that `known` knows. */
  command(run: NonNullable<WrittenStage['run']>, at: Path, known: (name: string) => boolean): void;
  /** Checks the copies of configuration files; `check` receives each name in their values. */
  copies(section: CopySection, check: (name: string, at: Path) => void): void;
}

export function checkPipeline({ written, params }: Reading, checks: PipelineChecks): void {
  const list = written!.pipeline!;
  checkRest(written!, checks);
  if (!checkNames(list, checks)) return;
  const stages = stagesOf(list);
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const circle = circleOf(stages);
  if (circle) {
    const at = byName.get(circle[0]!)!.index;
    const way = [...circle, circle[0]!].join(' → ');
    const key = list[at]!.from === undefined ? 'stage' : 'from';
    checks.report(['pipeline', at, key], {
      message: l10n.t('these stages depend on each other: {0}', way),
      hint: 'change a "from"',
    });
    return;
  }
  for (const stage of stages) checkStage(stage, byName, checks);
  const objectives = objectivesOf(written!);
  for (const [i, { metric }] of objectives.entries()) {
    if (byName.has(metric.slice(0, metric.indexOf('/')))) continue;
    const at = Array.isArray(written!.objective) ? ['objective', i, 'metric'] : ['objective', 'metric'];
    const last = list.at(-1)!.stage;
    checks.report(at, {
      message: l10n.t('"{0}" does not name a stage', metric),
      hint: l10n.t('write the stage before the metric, such as {0}/{1}', last, metric),
    });
  }
  const used = new Set(list.flatMap(textsIn).flatMap(placeholders));
  for (const name of Object.keys(params)) {
    if (used.has(name) || list.some(({ module }) => module !== undefined)) continue;
    const fault = { message: l10n.t('no stage uses "{0}"', name), severity: 'warning' } as const;
    checks.report(['params', ...name.split('.')], fault, 'key');
  }
}

/** Reports sections that have no meaning in a pipeline. */
function checkRest({ files, output, search }: NonNullable<Reading['written']>, { report }: PipelineChecks): void {
  const hint = l10n.t('write it into the stage whose command it is for');
  if (files) report(['files'], { message: l10n.t('"files" has no effect beside "pipeline"'), hint }, 'key');
  if (output !== undefined)
    report(['output'], { message: l10n.t('"output" has no effect beside "pipeline"'), hint }, 'key');
  if (search?.repeat) {
    const message = l10n.t('a pipeline tried again with the same values would reuse its stages');
    report(['search', 'repeat'], { message, hint: l10n.t('leave "repeat" out') }, 'key');
  }
  if (search?.checkpoints) {
    const message = l10n.t('the trials of a pipeline can’t pause by checkpoints');
    report(
      ['search', 'checkpoints'],
      { message, hint: l10n.t('remove "checkpoints": each stage resumes by itself') },
      'key',
    );
  }
}

/** Returns whether names and kinds are valid, so that the rest can be checked. */
function checkNames(list: readonly WrittenStage[], { report }: PipelineChecks): boolean {
  let clear = true;
  const fault = (at: Path, one: Fault, where?: 'key' | 'value'): void => {
    clear = false;
    report(at, one, where);
  };
  const names = list.map(({ stage }) => stage);
  const unknown = (name: string, at: Path): void => {
    if (names.includes(name)) return;
    const near = suggest(name, names);
    const hint = near ? l10n.t('did you mean "{0}"?', near) : `stages: ${names.join(', ')}`;
    fault(at, { message: l10n.t('no stage is named "{0}"', name), hint });
  };
  for (const [i, written] of list.entries()) {
    const at = ['pipeline', i];
    if (names.indexOf(written.stage) < i) {
      fault([...at, 'stage'], { message: l10n.t('there is already a stage named "{0}"', written.stage) });
    }
    const kinds = kindsOf(written);
    if (kinds.length === 0) {
      const hint = l10n.t('add one of: {0}', STAGE_KINDS.join(', '));
      fault([...at, 'stage'], { message: l10n.t('nothing says what the stage "{0}" does', written.stage), hint });
    }
    for (const extra of kinds.slice(1)) {
      fault(
        [...at, extra],
        { message: l10n.t('"{0}" can\'t be combined with "{1}": a stage does one thing', extra, kinds[0]) },
        'key',
      );
    }
    const { from } = written;
    for (const [j, name] of [from ?? []].flat().entries()) {
      unknown(takenOf(name).stage, [...at, 'from', ...(Array.isArray(from) ? [j] : [])]);
    }
    const teacher = teacherOf(written);
    if (teacher !== null) unknown(teacher, [...at, 'distil', 'teacher']);
    for (const name of stagesIn(written)) unknown(name, [...at, kinds[0] ?? 'stage']);
  }
  return clear;
}

function checkStage(stage: Stage, stages: ReadonlyMap<string, Stage>, checks: PipelineChecks): void {
  const { kind, written, index, parent } = stage;
  const { report } = checks;
  const at = ['pipeline', index];
  const copies = Object.keys(written.files ?? {}).map(copyName);
  const known = (name: string): boolean =>
    stageNamed(name) !== null || hasEntry(written.params ?? {}, name) || copies.includes(name);
  const visit = (value: unknown, path: Path): void => {
    if (typeof value === 'string') {
      for (const name of placeholders(value)) if (!known(name)) checks.name(name, value, path);
    } else if (typeof value === 'object' && value !== null) {
      const entries = Array.isArray(value) ? value.entries() : Object.entries(value);
      for (const [key, item] of entries) visit(item, [...path, key]);
    }
  };
  visit(written.params, [...at, 'params']);
  visit(written.env, [...at, 'env']);
  if (isCommand(kind)) {
    if (kind === 'run') checks.command(written.run!, [...at, 'run'], known);
    checkFiles(stage, checks, known);
    if (written.network !== undefined) {
      const message = l10n.t('"network" is for stages that train: {0}', NETWORK_KINDS.join(', '));
      report([...at, 'network'], { message }, 'key');
    }
    return;
  }
  for (const key of ['outputs', 'files', 'output'] as const) {
    if (written[key] !== undefined)
      report([...at, key], { message: l10n.t('"{0}" is for stages with "run" or "module"', key) }, 'key');
  }
  visit(written[kind], [...at, kind]);
  visit(written.network, [...at, 'network']);
  if (kind !== 'train' && parent === null) {
    const message = l10n.t('"{0}" needs the network of a stage before it', kind);
    report([...at, kind], { message, hint: l10n.t('name one that trains: from: NAME') }, 'key');
    return;
  }
  if (kind === 'distil' && teacherOf(written) === null && !hasLayers(written.network)) {
    const hint = l10n.t('add network: { layers: […] }, or a teacher: distil: { teacher: STAGE }');
    report(
      [...at, kind],
      { message: l10n.t('distil needs the layers of the student, or another stage as its teacher'), hint },
      'key',
    );
    return;
  }
  if (!checkParts(stage, stages, checks)) return;
  const teacher = kind === 'distil' ? teacherOf(written) : null;
  if (teacher !== null && isCommand(stages.get(teacher)!.kind)) {
    report([...at, kind, 'teacher'], { message: l10n.t('the stage "{0}" makes no network that could teach', teacher) });
    return;
  }
  checkSection(stage, stages, checks);
}

/** Checks `files` and `output` of a command. */
function checkFiles({ written, index }: Stage, checks: PipelineChecks, known: (name: string) => boolean): void {
  const at = ['pipeline', index];
  const { files, output, cwd } = written;
  checks.copies({ files, at: [...at, 'files'], cwd }, (name, place) => {
    if (!known(name)) checks.name(name, `{${name}}`, place);
  });
  const fault = output === undefined ? null : outputFault(outputText(output));
  if (fault) checks.report([...at, 'output'], fault);
}

/** Returns whether the parts that `from` names are there. */
function checkParts(stage: Stage, stages: ReadonlyMap<string, Stage>, { report }: PipelineChecks): boolean {
  const { kind, takes, index, written } = stage;
  const at = (i: number): Path => ['pipeline', index, 'from', ...(Array.isArray(written.from) ? [i] : [])];
  const parts = takes.map(({ stage: name, part }) => part ?? (kind === 'integrate' ? stages.get(name)!.part : null));
  for (const [i, { stage: name, part }] of takes.entries()) {
    const from = stages.get(name)!;
    const names = isCommand(from.kind) ? null : partNames(from, stages);
    if (kind === 'integrate' && isCommand(from.kind)) {
      report(at(i), { message: l10n.t('the stage "{0}" makes no network', name) });
      return false;
    }
    const own = parts[i] ?? null;
    const twin = own === null ? -1 : parts.indexOf(own);
    if (kind === 'integrate' && i > 0 && own === null) {
      const hint = names
        ? l10n.t('name one of its parts: {0}', names.map((one) => `${name}.${one}`).join(', '))
        : undefined;
      report(at(i), {
        message: l10n.t('the stage "{0}" worked on no part that could be put in', name),
        ...(hint && { hint }),
      });
      return false;
    }
    if (kind === 'integrate' && twin >= 0 && twin < i) {
      report(at(i), { message: l10n.t('the part "{0}" is taken from "{1}" already', own, takes[twin]!.stage) });
      return false;
    }
    if (part === null || names?.includes(part)) continue;
    if (names === null) {
      const hint = l10n.t('name them in a stage before it: decompose: { parts: { features: 4.flatten, head: end } }');
      report(at(i), { message: l10n.t('the network of the stage "{0}" has no parts', name), hint });
      return false;
    }
    const near = suggest(part, names);
    const hint = near ? l10n.t('did you mean "{0}.{1}"?', name, near) : l10n.t('parts: {0}', names.join(', '));
    report(at(i), { message: l10n.t('the network of the stage "{0}" has no part "{1}"', name, part), hint });
    return false;
  }
  return true;
}

/** Checks the whole section of a stage; what another stage has written is reported there. */
function checkSection(stage: Stage, stages: ReadonlyMap<string, Stage>, { report }: PipelineChecks): void {
  const { section, origin } = networkOf(stage, stages);
  const at = ['pipeline', stage.index];
  for (const { path, message } of checkNetworkTemplate(section)) {
    const fault = splitHint(message);
    const own = origin(path);
    const missing = path.length === 1 && !(String(path[0]) in section);
    if (own === null && !missing) continue;
    const unknown = fault.message.startsWith('unknown key');
    report([...at, ...(own ?? [stage.kind])], fault, unknown || missing ? 'key' : 'value');
  }
}

const hasLayers = (network: unknown): boolean => typeof network === 'object' && network !== null && 'layers' in network;

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return [...(Array.isArray(value) ? [] : Object.keys(value)), ...Object.values(value).flatMap(textsIn)];
}

/** From text to experiment, with every mistake and its place. */
import * as path from 'node:path';
import type { FileProblem } from '../../protocol/engine/index.js';
import { floatsOf, markAt, type Floats } from '../../protocol/values/floats.js';
import { refuse, type Dimension } from '../../search/index.js';
import { uselessKeys } from '../cluster.js';
import { splitCommand } from '../start/command.js';
import { listFault, macroFault, placeholders, RUN_FACTS } from '../start/fill.js';
import { copyName, textsOfCopies } from '../start/configCopies.js';
import { outputFault, outputText } from '../start/output.js';
import { expandAuto } from '../auto/expand.js';
import { build, namesOf, programOf } from './build.js';
import { checkCopies } from './copyChecks.js';
import { flatten } from './flatten.js';
import { checkNetwork } from './networkChecks.js';
import { problemsOf } from '../network/problems.js';
import { hasNonFinite } from './paramCheck.js';
import { notPassed } from './received.js';
import { checkPipeline } from '../pipeline/check.js';
import { ExperimentFile, type WrittenExperiment } from '../schema.js';
import { checkSearch } from '../search/checks.js';
import type { Reading } from './reading.js';
import { Source, type Fault, type Path, type Range } from './source.js';
import { withoutFaults } from './validParts.js';
import { splitHint } from '../search/space.js';
import { suggest } from '../suggest.js';
import { importSweep, isSweep } from '../sweep/index.js';
import { workingFolder } from '../sweep/workingFolder.js';
import { pyYamlScalar } from '../sweep/pyyaml.js';
import type { Experiment, ParsedExperiment } from '../types.js';
import { l10n } from '../../format/l10n.js';

const readings = new WeakMap<Experiment, Reading>();
/** The parse that an experiment came from, for positions of problems found later. */
export const readingOf = (experiment: Experiment): Reading | null => readings.get(experiment) ?? null;

/** Keys of which a file has exactly one. */
const PROGRAMS = ['run', 'module', 'network', 'pipeline'] as const;

/** Parameters that nothing passes on and that are named, at most. */
const MOST_NOT_PASSED = 10;

/** `file` is the absolute path that problems name. Never throws. */
export function parseExperiment(text: string, file: string): ParsedExperiment {
  const { experiment, source } = readExperiment(text, file);
  return { experiment, problems: inOrder(source.problems) };
}

export function readExperiment(text: string, file: string): Reading {
  const source = new Source(text, file);
  const nothing = { source, written: null, experiment: null, params: {}, pathOf: new Map(), space: null };
  if (source.failed) return { ...nothing, origin: (at) => at };
  if (typeof source.value !== 'object' || source.value === null || Array.isArray(source.value)) {
    const empty = source.value === null || source.value === undefined;
    source.reportAt([], {
      message: empty ? l10n.t('this file is empty') : l10n.t('an experiment file consists of keys and values'),
      hint: l10n.t('begin with: run: python train.py --lr {lr}'),
    });
    return { ...nothing, origin: (at) => at };
  }
  const sweep = isSweep(source.value) ? fromSweep(source) : null;
  const { written, origin } = sweep ?? checkShape(source, source.value);
  if (!written) return { ...nothing, origin };
  const expanded = expandAuto(written, (at, fault, where) => source.reportAt(origin(at), fault, where));
  const { params, pathOf } = flatten(expanded.params ?? {});
  const floats = sweep ? sweep.floats : floatsOfParams(source, pathOf);
  const spaceFloats = sweep ? sweep.spaceFloats : source.floatsAt(['search', 'space']);
  const reading: Reading = {
    ...{
      source,
      written: expanded,
      experiment: null,
      params,
      floats,
      spaceFloats,
      groups: sweep?.groups,
      pathOf,
      space: null,
      origin,
    },
  };
  new Checks(reading).all();
  if (!source.failed) {
    reading.experiment = build(reading, file);
    readings.set(reading.experiment, reading);
  }
  return reading;
}

function floatsOfParams(source: Source, pathOf: Map<string, string[]>): Floats | undefined {
  const marks = source.floatsAt(['params']);
  return floatsOf([...pathOf].map(([name, path]) => [name, path.reduce(markAt, marks)] as const));
}

function fromSweep(source: Source) {
  source.readAs(pyYamlScalar);
  const { problems, ...sweep } = importSweep(source.value as Record<string, unknown>, (at) => source.floatsAt(at));
  for (const { path: at, where, ...fault } of problems) source.reportAt(at, fault, where);
  const cwd = workingFolder(source.file, (source.value as Record<string, unknown>).program);
  return cwd === null ? sweep : { ...sweep, written: { ...sweep.written, cwd } };
}

/** With `auto`, a search has a space of its own, so the file's may be left out. */
function withSpace(value: object): object {
  const { network, search } = value as { network?: { auto?: unknown } | null; search?: object | null };
  const isAuto = typeof network === 'object' && network !== null && network.auto !== undefined;
  if (!isAuto || typeof search !== 'object' || search === null || Array.isArray(search)) return value;
  return { ...value, search: { space: {}, ...search } };
}

function checkShape(source: Source, given: object): Pick<Reading, 'written' | 'origin'> {
  const origin = (at: Path): Path => at;
  const value = withSpace(given);
  const result = ExperimentFile.safeParse(value);
  if (result.success) return { written: result.data, origin };
  const problems = problemsOf(result.error.issues, value, ExperimentFile);
  for (const problem of problems) {
    const fault = splitHint(problem.message);
    source.reportAt(problem.path, fault, fault.message.startsWith('unknown key') ? 'key' : 'value');
  }
  return {
    written: withoutFaults(
      value,
      problems.map((problem) => problem.path),
    ),
    origin,
  };
}

function inOrder(problems: FileProblem[]): FileProblem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** The checks that need more than the shape. */
class Checks {
  private readonly written: WrittenExperiment;
  private readonly dimensions = new Map<string, Dimension>();
  private readonly names: ReadonlySet<string>;

  constructor(private readonly reading: Reading) {
    this.written = reading.written!;
    this.names = new Set(namesOf(reading));
  }

  all(): void {
    this.program();
    this.search();
    this.params();
    if (this.written.run !== undefined) this.command(this.written.run, ['run']);
    for (const [name, value] of Object.entries(this.written.env ?? {})) this.variable(name, String(value));
    if (this.written.network !== undefined) this.network();
    if (this.written.pipeline !== undefined) this.pipeline();
    checkCopies(
      this.reading,
      { files: this.written.files, at: ['files'], cwd: this.written.cwd },
      (...fault) => this.report(...fault),
      (name, at) => this.placeholder(name, this.reading.source.rangeOf(this.reading.origin(at))),
    );
    this.output();
    if (!this.reading.source.failed) this.notPassed();
    for (const { at, message, isError } of uselessKeys(this.written, (section) => this.has(section)))
      this.report(at, { message, ...(!isError && { severity: 'warning' }) }, 'key');
    if (this.written.seed !== undefined && this.written.resources?.gpus === 0 && this.written.resources.perGpu) {
      this.report(
        ['resources', 'perGpu'],
        { message: l10n.t('perGpu has no effect without GPUs'), severity: 'warning' },
        'key',
      );
    }
  }

  private report(at: Path, fault: Fault, where?: 'key' | 'value'): void {
    const { source, origin } = this.reading;
    source.reportAt(origin(at), fault, where);
  }

  /** Returns whether the file has the section, valid or not. */
  private has(section: string): boolean {
    return Object.hasOwn(this.reading.source.value as object, section);
  }

  /** Returns whether the section exists but can't be read. */
  private lost(section: 'params' | 'search'): boolean {
    return this.has(section) && this.written[section] === undefined;
  }

  private program(): void {
    const given = PROGRAMS.filter((key) => this.written[key] !== undefined);
    if (given.length === 0) {
      if (!PROGRAMS.some((key) => this.has(key)) && !this.reading.source.failed) {
        const hint = l10n.t(
          'add one of: run: python train.py --lr {lr} · module: ./train.ts · network: { … } · pipeline: [ … ]',
        );
        this.report([], { message: l10n.t('nothing says what to run'), hint });
      }
    }
    for (const extra of given.slice(1)) {
      this.report(
        [extra],
        {
          message: l10n.t('"{0}" can\'t be combined with "{1}"', extra, given[0]),
          hint: l10n.t('keep one of run, module, network and pipeline'),
        },
        'key',
      );
    }
  }

  private search(): void {
    const space = checkSearch(this.reading, [...this.names], (...fault) => this.report(...fault));
    this.reading.space = space;
    for (const d of space?.dimensions ?? []) this.dimensions.set(d.name, d);
    if (this.written.search) this.spaceNames(this.written.search.space);
  }

  /** A searched name that nothing uses is most likely mistyped. */
  private spaceNames(space: Record<string, unknown>): void {
    const { params } = this.reading;
    const used = new Set(this.usedNames());
    if (isSweep(this.reading.source.value) || this.lost('params')) return;
    for (const name of Object.keys(space)) {
      if (Object.hasOwn(params, name) || used.has(name) || this.reading.source.full('warning')) continue;
      const near = suggest(name, Object.keys(params));
      const hint = near
        ? l10n.t('did you mean "{0}"?', near)
        : l10n.t('add it to params, with the value that a plain run uses');
      this.report(
        ['search', 'space', name],
        { message: l10n.t('"{0}" is not one of the params', name), hint, severity: 'warning' },
        'key',
      );
    }
  }

  private usedNames(): string[] {
    const texts: string[] = [];
    const visit = (value: unknown): void => {
      if (typeof value === 'string') texts.push(value);
      else if (typeof value === 'object' && value !== null) {
        texts.push(...Object.keys(value));
        Object.values(value).forEach(visit);
      }
    };
    visit([this.written.run, this.written.network, this.written.pipeline, this.written.env, this.written.files]);
    return texts.flatMap(placeholders);
  }

  private params(): void {
    const { params, pathOf } = this.reading;
    for (const [name, value] of Object.entries(params)) {
      const at = ['params', ...(pathOf.get(name) ?? [name])];
      if (hasNonFinite(value)) {
        this.report(at, {
          message: l10n.t('"{0}" must be a finite number', name),
          hint: l10n.t('write a number, or text in quotes'),
        });
        continue;
      }
      const d = this.dimensions.get(name);
      const refusal = d && d.kind !== 'constant' && value !== null ? refuse(d, value) : null;
      if (!refusal) continue;
      const fraction = d!.kind === 'int' && typeof value === 'number' && !Number.isInteger(value);
      const typed = fraction || (d!.kind !== 'choice' && typeof value !== 'number');
      this.report(at, {
        message: `"${name}" ${refusal}`,
        hint: typed
          ? l10n.t('see its range in search.space')
          : l10n.t('widen its range in search.space, or change the value'),
        severity: typed ? 'error' : 'warning',
      });
    }
  }

  /** `known` knows names that are no hyperparameters of the file. */
  private command(
    run: NonNullable<WrittenExperiment['run']>,
    place: Path,
    known: (name: string) => boolean = () => false,
  ): void {
    const { source, origin } = this.reading;
    const node = source.nodeAt(origin(place));
    if (typeof run === 'string') {
      const split = splitCommand(run);
      if (split.fault) {
        const { message, hint, offset, length } = split.fault;
        const range = source.insideScalar(node, offset, length) ?? source.rangeOf(origin(place));
        source.report(range, { message, hint });
        return;
      }
      for (const argument of split.argv)
        this.argument(argument, (text) => this.find(node, run, text) ?? source.rangeOf(origin(place)), known);
      return;
    }
    for (const [i, argument] of run.entries()) {
      const at = origin([...place, i]);
      this.argument(String(argument), () => source.rangeOf(at), known);
    }
  }

  /**
   * A program that gets its values neither from the command nor from a client trains with other values than those
   * shown.
   */
  private notPassed(): void {
    const { cwd, env = {}, files = {} } = this.written;
    const { file } = this.reading.source;
    const program = programOf(this.written, this.reading);
    const folder = path.dirname(file);
    const texts = [...Object.values(env).map(String), ...textsOfCopies(files)];
    const passing = { program, env: texts, folder, cwd: path.resolve(folder, cwd ?? '.') };
    const left = notPassed(Object.keys(this.reading.params), passing).surely;
    for (const [i, name] of left.slice(0, MOST_NOT_PASSED).entries()) {
      const more = i === MOST_NOT_PASSED - 1 ? left.length - MOST_NOT_PASSED : 0;
      this.report(
        ['params', ...(this.reading.pathOf.get(name) ?? [name])],
        {
          message: l10n.t(
            'nothing in "{0}" or "env" passes "{1}"{2} on',
            program.kind,
            name,
            more > 0 ? ` ${l10n.t('and {0} more', more)}` : '',
          ),
          hint: l10n.t(
            'write {{0}} into the command; else the program must read it through the client (tunesmith.config)',
            name,
          ),
          severity: 'warning',
        },
        'key',
      );
    }
  }

  private output(): void {
    if (this.written.output === undefined) return;
    const fault = outputFault(outputText(this.written.output));
    if (fault) this.report(['output'], fault);
  }

  private variable(name: string, text: string): void {
    const { source, origin } = this.reading;
    const at = origin(['env', name]);
    for (const placed of placeholders(text)) {
      this.placeholder(placed, this.find(source.nodeAt(at), text, `{${placed}}`) ?? source.rangeOf(at));
    }
  }

  private find(node: unknown, text: string, part: string): Range | null {
    const at = text.indexOf(part);
    // A list or a condition continues after the name: `{name*}`, `{name?…}`.
    if (at < 0 && part.endsWith('}')) return this.find(node, text, part.slice(0, -1));
    return at < 0 ? null : this.reading.source.insideScalar(node, at, part.length);
  }

  private argument(text: string, place: (text: string) => Range, known: (name: string) => boolean): void {
    // Programs of sweeps have their own placeholders, such as Hydra's ${oc.env:HOME}.
    const fault = isSweep(this.reading.source.value) ? null : (macroFault(text) ?? listFault(text));
    if (fault) this.reading.source.report(place(text), fault);
    for (const name of placeholders(text)) if (!known(name)) this.placeholder(name, place(`{${name}}`));
  }

  private placeholder(name: string, range: Range): void {
    if ((RUN_FACTS as readonly string[]).includes(name)) return;
    if (Object.keys(this.written.files ?? {}).some((file) => copyName(file) === name)) return;
    if (this.names.has(name) || this.reading.source.full() || this.lost('params') || this.lost('search')) return;
    const near = suggest(name, [...this.names]);
    const hint = near
      ? l10n.t('did you mean "{{0}}"?', near)
      : l10n.t('add {0} to params; for literal braces write {{{1}}}', name, name);
    this.reading.source.report(range, { message: l10n.t('no parameter is named "{0}"', name), hint });
  }

  private pipeline(): void {
    const { source, origin } = this.reading;
    checkPipeline(this.reading, {
      report: (...fault) => this.report(...fault),
      name: (name, text, at) =>
        this.placeholder(name, this.find(source.nodeAt(origin(at)), text, `{${name}}`) ?? source.rangeOf(origin(at))),
      command: (run, at, known) => this.command(run, at, known),
      copies: (section, check) => checkCopies(this.reading, section, (...fault) => this.report(...fault), check),
    });
  }

  private network(): void {
    const { source } = this.reading;
    checkNetwork(
      this.reading,
      this.dimensions,
      (...fault) => this.report(...fault),
      (name, text, at) => this.placeholder(name, this.find(source.nodeAt(at), text, `{${name}}`) ?? source.rangeOf(at)),
    );
  }
}

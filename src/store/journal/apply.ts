import { progressOf } from '../series/points.js';
import type { JournalRecord } from '../../protocol/run/journal.js';
import { mergeFloats, type Floats } from '../../protocol/values/floats.js';
import { MOST_CHANGES, type ParamChange } from '../../protocol/engine/rows.js';
import type { Params } from '../../protocol/values/index.js';
import type { IngestEvent, IngestResult } from '../api.js';
import type { Database } from '../database.js';
import type { MetricNames } from '../names.js';
import type { ObjectiveState, RunWriter } from '../runs/writer.js';
import { extremes, markLost } from '../series/lost.js';
import type { Head } from '../series/head.js';
import type { SeriesTable } from '../series/table.js';
import { meaningOf } from '../series/sameMetric.js';
import { Source, sourceOf } from '../series/source.js';
import { NewMessages } from './newMessages.js';
import type { MetricsLine } from './parse.js';
import { cut, MAX_METRICS, MAX_PARAMS, MAX_VALUE, MAX_CHANGED, MAX_MESSAGES } from './limits.js';
import { MAX_NAME, shorten } from './parse.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

type Other = Exclude<JournalRecord, { type: 'metrics' }>;

/** Journal of a process of a distributed job other than rank 0. */
const RANK_FILE = /^rank([1-9]\d{0,8})-/;

/** Position of records in a journal. */
export interface Writing {
  /** Number of the run's launch that writes. */
  launch: number;
  /** Metrics records without a step so far. */
  steps: number;
}

/** Applies the records of one ingest to a run. What only the last of many counts for is written once, by `finish`. */
export class Application {
  private readonly heads: Map<number, Head>;
  private readonly touched = new Map<string, Head>();
  private readonly objective: ObjectiveState | null;
  private objectiveChanged = false;
  /** Number of the objective's metric once it has come; -1: not yet. */
  private objectiveMetric = -1;
  private repeatedNames: readonly string[] = [];
  private repeatedHeads: (Head | null)[] = [];
  /** By `result.objective`, their numbers in the series. */
  private readonly judged: number[] = [];
  private readonly params: Params = {};
  private floats: Floats = {};
  private readonly changes: ParamChange[] = [];
  private readonly info: Params = {};
  private readonly received = new Set<string>();
  private progress: { fraction: number | null; text: string } | null = null;
  private readonly messages: NewMessages;
  /** Before the names of its metrics; rank 0, which decides the objective, has none. */
  private readonly prefix: string;
  private readonly source: Source;
  /** Meanings of the metrics that the program records, itself or by a hook or log files; null until they are asked for. */
  private meanings: Set<string> | null = null;
  private printed: Head[] | null = null;

  constructor(
    private readonly db: Database,
    private readonly names: MetricNames,
    private readonly series: SeriesTable,
    private readonly runs: RunWriter,
    private readonly run: string,
    private readonly key: number,
    private readonly file: string,
    private readonly writing: Writing,
    private readonly result: IngestResult,
  ) {
    const rank = RANK_FILE.exec(file)?.[1];
    this.prefix = rank === undefined ? '' : `rank${rank}/`;
    this.heads = series.ofRun(key);
    this.objective = runs.objective(key);
    this.source = sourceOf(file);
    this.messages = new NewMessages(runs, key, result);
  }

  metrics(line: MetricsLine, step: number, now: number): void {
    this.result.records++;
    // Times are stored in microseconds; more digits are noise that does not compress.
    const time = Number.isNaN(line.time) ? now : Math.round(line.time * 1000) / 1000;
    for (let i = 0; i < line.names.length; i++) {
      const name = this.prefix + (line.names[i] as string);
      const head = this.touched.get(name) ?? this.head(name);
      if (!head || !this.takes(head, name)) continue;
      this.add(head, step, time, line.epoch, line.values[i] as number);
    }
  }

  /** As `metrics`, for a line whose `names` are the same object as those of the lines before it. */
  repeated(line: MetricsLine, step: number, now: number): void {
    const { names, values } = line;
    if (names !== this.repeatedNames) {
      this.repeatedNames = names;
      this.repeatedHeads = names.map(() => null);
    }
    const heads = this.repeatedHeads;
    this.result.records++;
    const time = Number.isNaN(line.time) ? now : Math.round(line.time * 1000) / 1000;
    for (let i = 0; i < heads.length; i++) {
      let head = heads[i] as Head | null;
      if (head === null || head.timeline !== null) {
        const name = this.prefix + (names[i] as string);
        head ??= this.touched.get(name) ?? this.head(name);
        if (!head) continue;
        heads[i] = head;
        if (!this.takes(head, name)) continue;
      }
      this.add(head, step, time, line.epoch, values[i] as number);
    }
  }

  private add(head: Head, step: number, time: number, epoch: number, value: number): void {
    const counts = this.series.append(head, step, time, epoch, value, this.writing.launch);
    this.result.points++;
    if (!counts || head.metric !== this.objectiveMetric) return;
    this.judged.push(head.count - 1);
    this.judge(step, epoch, value);
  }

  record(record: Other): void {
    this.result.records++;
    switch (record.type) {
      case 'params':
        this.noteChanges(record.params, record.time);
        this.floats = mergeFloats({ params: this.params, floats: this.floats }, record) ?? {};
        this.merge(this.params, record.params, 'parameter');
        // The program works with the values that it states itself.
        for (const name of Object.keys(record.params)) this.received.add(name);
        return;
      case 'received':
        for (const name of record.names) this.received.add(name);
        return;
      case 'info':
        this.merge(this.info, record.values, 'fact');
        return;
      case 'progress':
        // Rank 0 speaks for all.
        if (this.prefix === '') this.progress = { fraction: record.fraction, text: (record.text ?? '').slice(0, 1000) };
        return;
      case 'media':
        this.media(record);
        return;
      case 'message':
        record.text = cut(record.text);
        this.messages.say(`${record.level} ${record.text}`, record);
        break;
      case 'spawn':
        this.runs.spawned(this.key, record.time);
        this.result.runChanged = true;
        break;
      case 'exit':
        this.runs.exited(this.key, record.code, record.signal);
        if (record.ran !== undefined) this.runs.ran(this.key, record.ran);
        this.result.runChanged = true;
        break;
      case 'finish':
        if (record.error !== undefined) record.error = cut(record.error);
        if (record.ran !== undefined && this.prefix === '') this.runs.ran(this.key, record.ran);
        break;
      case 'start':
        this.begins(record.launch ?? 1, record.anew ?? false);
        break;
    }
    this.event({ file: this.file, record });
  }

  /** Notes parameters that get another value after the program has logged something. What it states before is no change. */
  private noteChanges(stated: Params, time: number): void {
    const heads = [...this.heads.values()].filter(({ source }) => source !== Source.system);
    if (heads.length === 0) return;
    const step = heads.reduce((most, { lastStep }) => Math.max(most, lastStep), -Infinity);
    if (!Number.isFinite(step)) return;
    const known = this.runs.params(this.key);
    for (const [name, after] of Object.entries(stated)) {
      const before = entryOf(this.params, name) ?? entryOf(known, name);
      if (before === undefined || JSON.stringify(before) === JSON.stringify(after)) continue;
      if (JSON.stringify(after).length <= MAX_CHANGED) this.changes.push({ name, before, after, step, time });
    }
  }

  /** A warning about the journal. */
  warn(stem: string, warning: Said): void {
    this.messages.warn(stem, warning);
  }

  /** A value of the metrics record at byte `at` can't be used. */
  leftOut({ what, name }: NonNullable<MetricsLine['problem']>, at: number): void {
    const where = `"${shorten(name)}" (journal/${this.file}, byte ${at})`;
    if (what === 'value')
      this.warn('value', said('Values that are not numbers are left out, such as that of {0}.', where));
    else
      this.warn(
        'name',
        said('Metrics are left out whose name does not have 1 to {0} characters, such as {1}.', MAX_NAME, where),
      );
  }

  finish(): void {
    for (const [name, head] of this.touched) {
      this.result.metrics.set(name, head.count);
      if (head.timeline?.due && markLost(this.series, head) && name === this.objective?.metric) this.judgeAnew(head);
    }
    if (this.touched.size > 0) this.result.runChanged = true;
    if (this.objectiveChanged && this.objective) this.runs.saveObjective(this.key, this.objective);
    if (Object.keys(this.params).length > 0) {
      this.changed(this.runs.mergeParams(this.key, { params: this.params, floats: this.floats }, MAX_PARAMS));
    }
    if (this.changes.length > 0) this.runs.addChanges(this.key, this.changes, MOST_CHANGES);
    if (this.received.size > 0) this.runs.received(this.key, this.received);
    if (Object.keys(this.info).length > 0) this.changed(this.runs.mergeInfo(this.key, this.info, MAX_PARAMS));
    if (this.progress) {
      this.runs.saveProgress(this.key, this.progress);
      this.result.runChanged = true;
    }
    this.messages.save();
  }

  /** A refused write of params or info is a warning. */
  private changed(refused: Said | null): void {
    this.result.runChanged = true;
    if (refused !== null) this.warn(refused.text, refused);
  }

  /** From here on another launch writes into this file. */
  private begins(launch: number, anew: boolean): void {
    if (launch <= this.writing.launch) return;
    this.writing.launch = launch;
    if (anew) this.writing.steps = 0;
  }

  private takes(head: Head, name: string): boolean {
    if (head.timeline?.takes(this.writing.launch) ?? true) return true;
    this.warn(
      'launches',
      said(
        'Launches of this run write at the same time, so that they can\'t be told apart. Some values, such as of "{0}", are only in its journal.',
        shorten(name),
      ),
    );
    return false;
  }

  private head(name: string): Head | null {
    const metric = this.heads.size < MAX_METRICS ? this.names.id(name) : this.names.find(name);
    let head = metric === undefined ? undefined : this.heads.get(metric);
    if (this.isLeftOut(head, name)) return null;
    if (this.source === Source.logged && head?.source !== Source.logged) {
      this.giveWay(name, head);
      head = undefined;
    }
    if (!head) {
      if (metric === undefined || this.heads.size >= MAX_METRICS) {
        this.warn(
          'metrics',
          said(
            'This run logs more than {0} different metrics. Further ones, such as "{1}", are only in its journal. Use fewer names (a step or an index belongs into the step, not into the name).',
            MAX_METRICS,
            shorten(name),
          ),
        );
        return null;
      }
      head = this.series.create(this.key, metric, this.source);
    }
    if (name === this.objective?.metric) this.objectiveMetric = head.metric;
    this.touched.set(name, head);
    return head;
  }

  /** True for values from the output of a metric that the program records, by this name or another, but for the objective. */
  private isLeftOut(head: Head | undefined, name: string): boolean {
    if (this.source === Source.logged) return false;
    if (head) return head.source !== this.source;
    return this.source === Source.printed && name !== this.objective?.metric && this.isLogged(name);
  }

  private isLogged(name: string): boolean {
    this.meanings ??= new Set(this.headsOf(Source.logged).map(({ metric }) => meaningOf(this.names.name(metric))));
    return this.meanings.has(meaningOf(name));
  }

  private headsOf(source: Source): Head[] {
    return [...this.heads.values()].filter((head) => head.source === source);
  }

  /**
   * Called when the program starts to record `name`: values that were read from its output until now are removed.
   * `same`: values with the same name.
   */
  private giveWay(name: string, same: Head | undefined): void {
    // Looked for once: a record may have many thousands of new names.
    this.printed ??= this.headsOf(Source.printed);
    if (this.printed.length === 0 && !same) return;
    const meaning = meaningOf(name);
    const objective = this.objective ? this.names.find(this.objective.metric) : undefined;
    const printed = this.printed.filter(
      ({ metric }) => metric !== objective && meaningOf(this.names.name(metric)) === meaning,
    );
    const gone = new Set([...printed, ...(same ? [same] : [])]);
    this.printed = this.printed.filter((head) => !gone.has(head));
    for (const head of gone) {
      this.series.remove(head);
      this.result.runChanged = true;
      if (head.metric === objective) this.forgetObjective();
    }
  }

  private forgetObjective(): void {
    Object.assign(this.objective!, { best: null, step: null });
    this.objectiveChanged = true;
  }

  private judge(step: number, epoch: number, value: number): void {
    const objective = this.objective;
    if (!objective) return;
    this.result.objective.push({ step: progressOf(step, epoch), value });
    // A diverged run reaches infinity; that is never its best.
    if (!Number.isFinite(value)) return;
    const { best, goal } = objective;
    if (best !== null && (goal === 'minimize' ? value >= best : value <= best)) return;
    objective.best = value;
    objective.step = step;
    this.objectiveChanged = true;
  }

  /** Some of the points that pruners used are lost. */
  private judgeAnew(head: Head): void {
    const { lowest, highest } = extremes(this.series, head);
    const objective = this.objective!;
    const best = objective.goal === 'minimize' ? lowest : highest;
    objective.best = best?.value ?? null;
    objective.step = best?.step ?? null;
    this.objectiveChanged = true;
    this.result.objective = this.result.objective.filter((_, i) => !head.timeline?.isLost(this.judged[i]!));
  }

  private merge(target: Params, source: Params, what: 'parameter' | 'fact'): void {
    for (const name of Object.keys(source)) {
      const value = entryOf(source, name) as Params[string];
      if (name === '' || name.length > 512 || JSON.stringify(value).length > MAX_VALUE) {
        this.warn(
          `${what} ${this.file}`,
          what === 'parameter'
            ? said(
                'A parameter in journal/{0} was skipped as its name or value is too long: "{1}".',
                this.file,
                shorten(name),
              )
            : said(
                'A fact in journal/{0} was skipped as its name or value is too long: "{1}".',
                this.file,
                shorten(name),
              ),
        );
      } else setEntry(target, name, value);
    }
  }

  private media(record: Extract<Other, { type: 'media' }>): void {
    const parts = record.path.split(/[\\/]/);
    if (/^([\\/]|[a-z]:)/i.test(record.path) || parts.includes('..') || record.path.length > 4096) {
      this.warn(
        `file ${this.file}`,
        said(
          'A file named in journal/{0} was skipped as it is not in the run\'s folder: "{1}".',
          this.file,
          shorten(record.path),
        ),
      );
      return;
    }
    this.runs.addMedia(this.key, record);
  }

  private event(event: IngestEvent): void {
    const { events } = this.result;
    events.push(event);
    // A flood of messages must not become a flood of events.
    if (events.length > 2 * MAX_MESSAGES) {
      this.result.events = events.filter((other, i) => other.record.type !== 'message' || i > MAX_MESSAGES);
    }
  }
}

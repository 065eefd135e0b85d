/**
 * Alerts: the person's rules, which are stored outside the workspace, and the conditions that experiment files set for
 * their own runs. Checked every second while runs change; each is reported once per run.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { z } from 'zod';
import { writeReal } from '../../files/real.js';
import { type Alert, type AlertCondition, type AlertRule, KeptAlertRule } from '../../protocol/engine/alerts.js';
import { LIVE_STATUSES, type Run } from '../../protocol/engine/index.js';
import { ownPoints } from '../../protocol/run/systemMetrics.js';
import { replaceUnsafe } from '../../protocol/values/shownText.js';
import type { StoreApi } from '../../store/api.js';
import type { Log } from '../disk/log.js';
import { newId } from '../runs/making/ids.js';
import { conflict, notFound } from '../server/requestError.js';
import type { Handlers } from '../server/server.js';
import { deliver } from './deliver.js';
import { inEnglish } from '../../format/said.js';
import { reasonFor } from './rules.js';
import { l10n } from '../../format/l10n.js';

const MOST_RULES = 100;
/** Maximum number of pairs of a rule and a run that are remembered as reported. */
const MOST_TOLD = 5000;
const LENGTH = 500;
const MOST_KNOWN = 1000;
/** Begins the ids of the rules that experiment files set. They bring no command and no webhook along. */
const OF_FILE = 'file-';
/** Milliseconds after the end of a run for which it still causes alerts. */
const NEWS = 24 * 3600_000;
/** Number of runs that an engine checks when it starts. */
const NEWEST = 500;

const Kept = z.object({ version: z.literal(1), rules: z.array(KeptAlertRule), told: z.array(z.string()) });

export class Alerts {
  private rules: KeptAlertRule[] = [];
  private told = new Set<string>();
  /** Runs that have changed since the last look. */
  private readonly changed = new Set<string>();
  /** Rules that the experiment files of the runs set which are live or have just changed. */
  private readonly known = new Map<string, KeptAlertRule[]>();
  /** Points of each live run, and since when there have been no more. */
  private growth = new Map<string, { points: number; since: number }>();

  constructor(
    /** `alerts.json` in this person's own folder for the workspace. */
    private readonly file: string,
    private readonly store: Pick<StoreApi, 'runs'>,
    /** Conditions that the experiment file of a run sets. */
    private readonly ofFile: (run: string) => readonly AlertCondition[],
    private readonly tell: (alert: Alert) => void,
    private readonly log: Pick<Log, 'warn' | 'info'>,
  ) {
    try {
      const kept = Kept.parse(JSON.parse(fs.readFileSync(file, 'utf8')));
      this.rules = kept.rules;
      this.told = new Set(kept.told);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log.warn(`${file} can't be read, so no alert is set`);
    }
    // Runs that ended while there was no engine are reported as well.
    if (this.rules.length > 0) for (const { id } of store.runs.list({ limit: NEWEST }).runs) this.changed.add(id);
  }

  runChanged(id: string): void {
    this.changed.add(id);
  }

  /** The rules of an experiment file go with it to its new path. */
  fileRenamed(from: string, to: string): void {
    if (!this.rules.some(({ file }) => file === from)) return;
    this.keep(this.rules.map((rule) => (rule.file === from ? { ...rule, file: to } : rule)));
  }

  get handlers() {
    return {
      'alerts/list': () => ({ rules: this.rules }),
      'alerts/add': (rule) => this.add(rule),
      'alerts/watch': (rule) => this.add({ ...rule, command: null, webhook: null }),
      'alerts/remove': ({ id }) => {
        if (id !== null && !this.rules.some((rule) => rule.id === id)) throw notFound('alert rule', id);
        this.keep(id === null ? [] : this.rules.filter((rule) => rule.id !== id));
        return { rules: this.rules };
      },
    } satisfies Partial<Handlers>;
  }

  private add(rule: AlertRule): { rules: KeptAlertRule[] } {
    if (this.rules.length >= MOST_RULES)
      throw conflict(l10n.t('There are {0} rules already: remove some first.', MOST_RULES));
    this.keep([...this.rules, { id: newId(), since: Date.now(), ...rule }]);
    for (const { id } of this.store.runs.live()) this.changed.add(id);
    return { rules: this.rules };
  }

  /** Call it each second. */
  tick(): void {
    const ids = [...this.changed];
    this.changed.clear();
    for (const id of ids) if (!this.known.has(id)) this.known.set(id, this.rulesOfFile(id));
    const rules = [...this.rules, ...[...this.known.values()].flat()];
    // Runs without rules are remembered too, so that their folders need not be asked again; but not for ever.
    if (rules.length === 0) return void (this.known.size > MOST_KNOWN && this.known.clear());
    const told = this.told.size;
    if (rules.some(({ when }) => when.kind === 'stall')) this.watchGrowth(this.store.runs.live('all'));
    const looked = new Set([...ids, ...this.changed]);
    this.changed.clear();
    for (const run of this.store.runs.getMany([...looked])) {
      this.look(run);
      if (!LIVE_STATUSES.includes(run.status)) this.known.delete(run.id);
    }
    if (this.told.size !== told) this.keep(this.rules);
  }

  private rulesOfFile(id: string): KeptAlertRule[] {
    return this.ofFile(id).map((when, i) => ({
      ...{ id: `${OF_FILE}${i}`, file: null, when, command: null, webhook: null, since: Date.now() - NEWS },
    }));
  }

  private look(run: Run): void {
    const seen = this.growth.get(run.id);
    const quiet = seen ? (Date.now() - seen.since) / 1000 : 0;
    const own = (this.known.get(run.id) ?? []).filter(({ when }) => when.kind !== 'ended' || run.search === null);
    for (const rule of [...this.rules, ...own]) {
      const key = `${rule.id} ${run.id}`;
      if (this.told.has(key) || (rule.file !== null && rule.file !== run.file)) continue;
      if (run.endedAt !== null && run.endedAt < rule.since) continue;
      const reason = reasonFor(rule.when, run, quiet);
      if (reason === null) continue;
      this.told.add(key);
      const clean = (text: string): string => replaceUnsafe(text).slice(0, LENGTH);
      const { id, name, experiment } = run;
      const text = clean(`${name} (${experiment}): ${inEnglish(reason)}`);
      const alert = {
        rule: rule.id,
        run: id,
        name: clean(name),
        experiment: clean(experiment),
        text,
        reason: {
          text: reason.text,
          values: reason.values.map((value) => (typeof value === 'string' ? clean(value) : value)),
        },
        time: Date.now(),
      };
      this.log.info(`run ${id}: alert of rule ${rule.id}`);
      this.tell(alert);
      deliver(alert, rule, this.log);
    }
  }

  private watchGrowth(live: readonly Run[]): void {
    const now = Date.now();
    const next: typeof this.growth = new Map();
    for (const { id, metrics, status } of live) {
      const points = ownPoints(metrics);
      const seen = this.growth.get(id);
      // Time in the queue or in a pause does not count as a stall.
      const isQuiet = seen?.points === points && status === 'running';
      next.set(id, isQuiet ? seen : { points, since: now });
      if (isQuiet) this.changed.add(id);
    }
    this.growth = next;
  }

  private keep(rules: KeptAlertRule[]): void {
    const ids = new Set(rules.map(({ id }) => id));
    const told = [...this.told]
      .filter((key) => key.startsWith(OF_FILE) || ids.has(key.split(' ')[0]!))
      .slice(-MOST_TOLD);
    fs.mkdirSync(path.dirname(this.file), { recursive: true, mode: 0o700 });
    writeReal(this.file, JSON.stringify({ version: 1, rules, told } satisfies z.infer<typeof Kept>));
    this.rules = rules;
    this.told = new Set(told);
  }
}

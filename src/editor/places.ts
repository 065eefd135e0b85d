/** Where runs of each experiment file execute, as the person has chosen beside the file. Remembered for this person alone. */
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Experiment } from '../experiment/types.js';
import { PLACES, type Place } from '../protocol/run/cluster.js';
import type { Placing } from '../protocol/engine/placing.js';
import { Disposables, type Disposable } from './events.js';
import { affects, setting } from './settings.js';

const KEY = 'places';
const MOST = 500;

/** The place of a file's next run, as a lens or a button shows it. */
export interface ShownPlace {
  name: Place;
  /** False: the file says it. */
  isChosen: boolean;
}

export class Places implements Disposable {
  private readonly all = new Disposables();
  private readonly changed = this.all.add(new vscode.EventEmitter<string | null>());
  /** With the file; null: any. */
  readonly onChange = this.changed.event;
  private hasCluster: Promise<boolean> | null = null;

  constructor(private readonly memento: vscode.Memento) {
    this.all.add(
      vscode.workspace.onDidChangeConfiguration((event) => affects(event, 'clusters') && this.changed.fire(null)),
    );
  }

  dispose(): void {
    this.all.dispose();
  }

  /** Null: as the file says. */
  chosen(file: string): Place | null {
    return PLACES.find((place) => place === this.kept()[file]) ?? null;
  }

  async choose(file: string, place: Place | null): Promise<void> {
    const entries = Object.entries(this.kept()).filter(([other]) => other !== file);
    if (place !== null) entries.push([file, place]);
    await this.memento.update(KEY, Object.fromEntries(entries.slice(-MOST)));
    this.changed.fire(file);
  }

  /** Returns the part of a request to start that says where. */
  placing(file: string): { place?: Placing } {
    const on = this.chosen(file);
    const defaults = ownDefaults();
    const hasDefaults = Object.keys(defaults).length > 0;
    if (on === null && !hasDefaults) return {};
    return { place: { ...(on !== null && { on }), ...(hasDefaults && { defaults }) } };
  }

  /** Resolves to the place to show for a file; null if this person has nothing to choose from. */
  async shown(file: string, experiment: Pick<Experiment, 'cluster'> | null): Promise<ShownPlace | null> {
    const chosen = this.chosen(file);
    const own = experiment?.cluster?.kind ?? 'local';
    if (chosen !== null && chosen !== own) return { name: chosen, isChosen: true };
    const offers = own !== 'local' || Object.keys(ownDefaults()).length > 0 || (await this.clusterHere());
    return offers ? { name: own, isChosen: false } : null;
  }

  /** Looks once for the programs of Slurm and for a kubeconfig. */
  private clusterHere(): Promise<boolean> {
    const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
    const kubeconfig = process.env.KUBECONFIG?.split(path.delimiter)[0] ?? path.join(os.homedir(), '.kube', 'config');
    const signs = [...folders.map((folder) => path.join(folder, 'sbatch')), kubeconfig];
    this.hasCluster ??= Promise.any(signs.map((sign) => fs.access(sign))).then(
      () => true,
      () => false,
    );
    return this.hasCluster;
  }

  private kept(): Record<string, unknown> {
    return this.memento.get<Record<string, unknown>>(KEY) ?? {};
  }
}

/** The person's sections for each kind of cluster. A wrong one is refused by name when a run is started. */
export function ownDefaults(): NonNullable<Placing['defaults']> {
  const given = Object.entries(setting('clusters') ?? {});
  const sections = given.filter(([, section]) => typeof section === 'object' && section !== null);
  return Object.fromEntries(sections) as NonNullable<Placing['defaults']>;
}

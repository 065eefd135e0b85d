/** Normal form of a pipeline's stages: their kinds and their dependencies. */
import { placeholders } from '../start/fill.js';
import { COMMAND_KINDS, NETWORK_KINDS, STAGE_KINDS, type StageKind, type WrittenStage } from './schema.js';

export interface Stage {
  name: string;
  /** Place in the file's list. */
  index: number;
  kind: StageKind;
  /** Names of the stages that must be done first; the network is taken from the first of them. */
  after: string[];
  /** Stage whose network it takes; null: it makes one, or is a command. */
  parent: string | null;
  /** Part of that network that it works on; null: all of it. */
  part: string | null;
  /** All that `from` names. */
  takes: Taken[];
  written: WrittenStage;
}

/** A stage, or a part of its network, as `from` names it. */
export interface Taken {
  stage: string;
  part: string | null;
}

/** Reads `stage` or `stage.part`. */
export function takenOf(word: string): Taken {
  const dot = word.indexOf('.');
  return dot < 0 ? { stage: word, part: null } : { stage: word.slice(0, dot), part: word.slice(dot + 1) };
}

/** A fact of a stage that others may refer to: its run's folder. */
const FACT = /^stage\.([A-Za-z_][\w-]*)\.dir$/;

/** Returns the name of the stage whose folder a placeholder refers to; null for other placeholders. */
export function stageNamed(placeholder: string): string | null {
  return FACT.exec(placeholder)?.[1] ?? null;
}

export const isCommand = (kind: StageKind): boolean => (COMMAND_KINDS as readonly string[]).includes(kind);

/** Returns the kinds that a stage is written with; exactly one is right. */
export function kindsOf(written: WrittenStage): StageKind[] {
  return STAGE_KINDS.filter((kind) => written[kind] !== undefined);
}

/** Returns the stages of a list, each of which has exactly one kind. */
export function stagesOf(list: readonly WrittenStage[]): Stage[] {
  const kinds = new Map(list.map((written) => [written.stage, kindsOf(written)[0]!]));
  const before = (index: number): string[] => list.slice(Math.max(0, index - 1), index).map((one) => one.stage);
  return list.map((written, index) => {
    const kind = kinds.get(written.stage)!;
    const named = stagesIn(written);
    const given = written.from === undefined ? null : [written.from].flat();
    const takes = !isCommand(kind) && !isWhole(written);
    const words = given ?? (takes || (named.length === 0 && isCommand(kind)) ? before(index) : []);
    const all = words.map(takenOf);
    const from = all.map(({ stage }) => stage);
    const teacher = teacherOf(written);
    const after = [...new Set([...from, ...(teacher === null ? [] : [teacher]), ...named])];
    const network = isCommand(kind) ? undefined : all.find(({ stage }) => isNetworkKind(kinds.get(stage)));
    // Parts of several stages are put together; none of them is worked on alone.
    const part = kind === 'integrate' ? null : (network?.part ?? null);
    const place = { parent: network?.stage ?? null, part, takes: all };
    return { name: written.stage, index, kind, after, ...place, written };
  });
}

/** Returns the stage that a distillation names as its teacher; null: the one whose network it takes. */
export function teacherOf({ distil }: WrittenStage): string | null {
  const teacher = typeof distil === 'object' && distil !== null ? (distil as Record<string, unknown>).teacher : null;
  return typeof teacher === 'string' ? teacher : null;
}

const isNetworkKind = (kind: StageKind | undefined): boolean =>
  kind !== undefined && (NETWORK_KINDS as readonly string[]).includes(kind);

/** Returns whether a stage trains its own network, and so needs none of another stage. */
function isWhole({ train }: WrittenStage): boolean {
  if (typeof train !== 'object' || train === null) return false;
  return 'layers' in train || 'from' in train;
}

/** Returns the names of the parts of a stage's network, as far as the file says; null: it has none. */
export function partNames(stage: Stage, stages: ReadonlyMap<string, Stage>): string[] | null {
  const { decompose, network } = stage.written;
  const parts = typeof decompose === 'object' && decompose !== null && 'parts' in decompose ? decompose.parts : null;
  if (typeof parts === 'object' && parts !== null) return Object.keys(parts);
  const isNew = typeof network === 'object' && network !== null && 'layers' in network;
  if (isNew || stage.parent === null || isWhole(stage.written)) return null;
  const parent = stages.get(stage.parent);
  return parent ? partNames(parent, stages) : null;
}

/** Names of the stages whose folders a stage names anywhere. */
export function stagesIn(value: unknown): string[] {
  if (typeof value === 'string') return placeholders(value).flatMap((name) => stageNamed(name) ?? []);
  if (Array.isArray(value)) return [...new Set(value.flatMap(stagesIn))];
  if (typeof value !== 'object' || value === null) return [];
  return [...new Set(Object.values(value).flatMap(stagesIn))];
}

/** Returns the stages of a dependency cycle, in order; null if there is none. */
export function circleOf(stages: readonly Pick<Stage, 'name' | 'after'>[]): string[] | null {
  const after = new Map(stages.map((stage) => [stage.name, stage.after]));
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (name: string): string[] | null => {
    const at = way.indexOf(name);
    if (at >= 0) return way.slice(at);
    if (done.has(name)) return null;
    way.push(name);
    for (const next of after.get(name) ?? []) {
      const circle = visit(next);
      if (circle) return circle;
    }
    way.pop();
    done.add(name);
    return null;
  };
  for (const { name } of stages) {
    const circle = visit(name);
    if (circle) return circle;
  }
  return null;
}

/** Returns the stages so that each comes after those that it needs. There must be no circle. */
export function inOrder<S extends Pick<Stage, 'name' | 'after'>>(stages: readonly S[]): S[] {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const result = new Set<S>();
  const add = (stage: S): void => {
    if (result.has(stage)) return;
    for (const name of stage.after) add(byName.get(name)!);
    result.add(stage);
  };
  stages.forEach(add);
  return [...result];
}

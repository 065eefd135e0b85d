/** The `network:` section of a stage: its own settings over those of the stage whose network it uses. */
import { teacherOf, type Stage } from './stages.js';

/** Keys that say how another network was made; a stage that takes that network does not inherit them. */
const MADE = ['layers', 'blocks', 'from', 'freeze', 'rates', 'epochs', 'prune', 'decompose', 'distil', 'folds', 'fold'];
/** Keys that change a training that a shorter one should not inherit. */
const TRAINED = ['schedule', 'earlyStopping', 'hypergradient', 'ema'];

type Section = Record<string, unknown>;
/** Path of a setting within its stage, such as `train.epochs`; null: it belongs to another stage. */
export type Origin = (path: readonly (string | number)[]) => (string | number)[] | null;

export interface StageNetwork {
  section: Section;
  origin: Origin;
}

/** Returns the placeholder for the run of a stage, which is replaced when that run exists. */
export const runOf = (stage: string): string => `{stage.${stage}.run}`;

/** Returns the section of a network stage. `stages`: all stages of the pipeline, without cycles. */
export function networkOf(stage: Stage, stages: ReadonlyMap<string, Stage>): StageNetwork {
  const { kind, written, parent } = stage;
  const value = asSection(written[kind]);
  const own = asSection(written.network);
  const inherited = parent === null ? {} : networkOf(stages.get(parent)!, stages).section;
  const from = parent === null ? {} : { from: { run: runOf(parent) } };
  const without = (keys: readonly string[]): Section =>
    Object.fromEntries(Object.entries(inherited).filter(([key]) => !keys.includes(key)));
  const at =
    (inside: string, ...added: string[]): Origin =>
    (path) => {
      const key = String(path[0]);
      if (key in own) return ['network', ...path];
      if (added.includes(key)) return key === kind ? [...path] : [kind];
      return inside === 'value' && key in value ? [kind, ...path] : null;
    };
  switch (kind) {
    case 'train':
      return { section: { ...without(MADE), ...from, ...value, ...own }, origin: at('value', 'from') };
    case 'prune':
    case 'decompose':
      return {
        section: { ...without([...MADE, ...TRAINED]), ...from, epochs: 0, [kind]: value, ...own },
        origin: at('own', kind, 'from', 'epochs'),
      };
    case 'distil': {
      const { teacher: _, ...settings } = value;
      const teacher = teacherOf(written);
      // A student with its own layers is taught by the network of `from`; otherwise that network is the student.
      const begins = 'layers' in own || teacher === null ? {} : from;
      const distil = { teacher: { run: runOf(teacher ?? parent ?? '') }, ...settings };
      const kept = without(MADE.filter((key) => key !== 'epochs' && key !== 'blocks'));
      const epochs = inherited.epochs === 0 ? { epochs: 1 } : {};
      return { section: { ...kept, ...epochs, ...begins, distil, ...own }, origin: at('own', 'distil', 'from') };
    }
    default:
      return { section: {}, origin: () => null };
  }
}

function asSection(value: unknown): Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Section) : {};
}

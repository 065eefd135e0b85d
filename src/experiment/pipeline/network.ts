/** The `network:` section of a stage: its own settings over those of the stage whose network it uses. */
import { teacherOf, type Stage } from './stages.js';

/** Keys that say how another network was made; a stage that takes that network does not inherit them. */
const MADE = [
  ...['layers', 'blocks', 'architecture', 'body', 'from', 'freeze', 'rates', 'epochs', 'folds', 'fold'],
  ...['prune', 'decompose', 'transform', 'quantise', 'distil'],
];
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
  const { kind, written, parent, part } = stage;
  const value = asSection(written[kind]);
  const own = asSection(written.network);
  const inherited = parent === null ? {} : networkOf(stages.get(parent)!, stages).section;
  const from = parent === null ? {} : { from: { run: runOf(parent), ...(part !== null && { part }) } };
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
    case 'integrate': {
      const joined = joinedOf(stage, stages);
      const whole = { ...from.from, ...(joined.length > 0 && { join: joined }) };
      return {
        section: { ...without([...MADE, ...TRAINED]), from: whole, epochs: 1, ...value, ...own },
        origin: at('value', 'from', 'epochs'),
      };
    }
    case 'transform':
    case 'prune':
    case 'decompose':
    case 'quantise': {
      if (kind === 'transform' && (value.smooth || value.local)) {
        // These transformations are trainings, as long as the one before.
        const kept = without(MADE.filter((key) => key !== 'epochs'));
        const epochs = inherited.epochs === 0 ? { epochs: 1 } : {};
        const section = { ...kept, ...epochs, ...from, transform: value, ...own };
        return { section, origin: at('own', 'transform', 'from') };
      }
      return {
        section: { ...without([...MADE, ...TRAINED]), ...from, epochs: 0, [kind]: value, ...own },
        origin: at('own', kind, 'from', 'epochs'),
      };
    }
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

/** Returns the parts that an integration takes from its stages: those that it names, or that the stages worked on. */
function joinedOf({ takes }: Stage, stages: ReadonlyMap<string, Stage>): { run: string; part: string }[] {
  return takes.flatMap(({ stage, part }, i) => {
    const own = part ?? stages.get(stage)?.part ?? null;
    // The first one brings the other parts, too.
    return own === null || i === 0 ? [] : [{ run: runOf(stage), part: own }];
  });
}

function asSection(value: unknown): Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Section) : {};
}

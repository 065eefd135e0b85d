/** Schema and normal form of constraints on training: minimize the loss subject to Ω(weights) ≤ ε. */
import { z } from 'zod';
import { number, oneOf, whole, type Kit } from '../kit.js';

export const CONSTRAINTS = ['l1', 'l2', 'maxNorm', 'nonzero'] as const;
export const CONSTRAINT_METHODS = ['projection', 'lagrangian'] as const;

export interface ConstraintSettings {
  /**
   * Ω over all kernels: Σ|w|, Σw², the largest norm of the weights into one output, or the number of nonzero weights.
   */
  kind: (typeof CONSTRAINTS)[number];
  /** ε. For `nonzero`, a bound below 1 is a share of the weights and any other is their number. */
  bound: number;
  method: (typeof CONSTRAINT_METHODS)[number];
  /** Curvature of the penalty for exceeding the bound, for `lagrangian`. */
  penalty: number;
  /** Steps between two updates of the multiplier; null: one update per epoch. */
  every: number | null;
  /** Share of the training during which the bound decreases from the initial weights' value to ε. */
  ease: number;
}

type Bounds = Partial<Record<(typeof CONSTRAINTS)[number], unknown>>;
const kindsOf = (written: Bounds) =>
  CONSTRAINTS.filter((kind) => written[kind] !== undefined && written[kind] !== null);
const kindOf = (written: Bounds) => kindsOf(written)[0];

export function constraintSchema(kit: Kit) {
  const { p, optional } = kit;
  const bound = (what: string) => optional(number(what).positive(`${what} must be above 0`));
  const one = z
    .strictObject({
      l1: bound('l1').describe('Σ|w| of all kernels stays at or below this.'),
      l2: bound('l2').describe('Σw² of all kernels stays at or below this.'),
      maxNorm: bound('maxNorm').describe('Largest norm of the weights into one output.'),
      nonzero: bound('nonzero').describe(
        'Largest number of nonzero weights in all kernels; below 1, their largest share.',
      ),
      method: optional(oneOf('method', CONSTRAINT_METHODS)).describe(
        'projection (the default): moves to the nearest feasible point after every step. lagrangian: uses a multiplier that grows until the bound holds.',
      ),
      penalty: optional(number('penalty').positive('penalty must be above 0')).describe(
        'For lagrangian: curvature of the cost of exceeding the bound. Default: 1.',
      ),
      every: optional(whole('every')).describe(
        'For lagrangian: steps between updates of the multiplier. Default: one epoch.',
      ),
      ease: optional(number('ease').min(0, 'ease must be at least 0').lt(1, 'ease must be below 1')).describe(
        'Share of the training during which the bound decreases from the value at the initial weights. Default: 0.3.',
      ),
    })
    .superRefine((written, context) => {
      const kinds = kindsOf(written);
      if (kinds.length !== 1) {
        const message = `a constraint bounds one of ${CONSTRAINTS.join(', ')}, such as { l1: 50 }; for several, write a list`;
        context.addIssue({ code: 'custom', message });
      } else if (written.method === 'lagrangian' && kinds[0] === 'nonzero') {
        const message = 'nonzero has no gradient that a multiplier could use: remove method, or use projection';
        context.addIssue({ code: 'custom', message, path: ['method'] });
      }
    });
  const several = z.array(one).superRefine((list, context) => {
    const kinds = list.map(kindOf);
    kinds.forEach((kind, i) => {
      if (kind && kinds.indexOf(kind) < i) {
        context.addIssue({ code: 'custom', message: `${kind} already has a bound`, path: [i, kind] });
      }
    });
  });
  return p(z.union([one, several], { error: 'constraint must be one bound, such as { l1: 50 }, or a list of them' }));
}
export type WrittenConstraint = z.output<ReturnType<typeof constraintSchema>>;

export function normalizeConstraints(written: WrittenConstraint | null | undefined): ConstraintSettings[] {
  const list = written === null || written === undefined ? [] : Array.isArray(written) ? written : [written];
  return list.map(({ method, penalty, every, ease, ...bounds }) => {
    const kind = kindOf(bounds)!;
    return {
      kind,
      bound: bounds[kind]!,
      method: method ?? 'projection',
      penalty: penalty ?? 1,
      every: every ?? null,
      ease: ease ?? 0.3,
    };
  });
}

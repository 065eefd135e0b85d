/** Reasons for refusing a request about a run. */
export type RefusalCode =
  | 'unknown'
  | 'over'
  /** Its current state does not allow it. */
  | 'state'
  | 'elsewhere'
  /** This system can't do it, or not for a program without its supervisor. */
  | 'impossible'
  | 'trial'
  | 'deleted'
  | 'no-checkpoint'
  | 'no-folder';

export interface Refusal {
  code: RefusalCode;
  /** A sentence without its subject, the run: `is already completed`. */
  why: string;
}

export const refuse = (code: RefusalCode, why: string): Refusal => ({ code, why });

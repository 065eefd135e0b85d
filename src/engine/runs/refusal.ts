/** Why something that was asked of a run is not done. */
export type RefusalCode =
  | 'unknown'
  | 'over'
  /** Its present state does not allow it. */
  | 'state'
  | 'elsewhere'
  /** This system, or a program without its supervisor, can't do it. */
  | 'impossible'
  | 'trial'
  | 'deleted'
  | 'no-checkpoint'
  | 'no-folder';

export interface Refusal {
  code: RefusalCode;
  /** A sentence without its subject, which is the run: `is already completed`. */
  why: string;
}

export const refuse = (code: RefusalCode, why: string): Refusal => ({ code, why });

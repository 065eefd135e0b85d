import type { FileForm, FormField, FormProblems } from '../../../src/protocol/panel/index.js';
import { floatsOf, groupMark, type FloatMark, type Floats } from '../../../src/protocol/values/floats.js';
import type { Params } from '../../../src/protocol/values/index.js';
import { fieldText, parseField } from './fields.js';
import { parseSpace } from '../search/spaceText.js';
import type { DraftEdits } from '../view.js';
import { entryOf, setEntry } from '../../../src/protocol/values/records.js';
import { l10n } from '../../../src/format/l10n.js';

/** The person's unsaved edits of the form, and their errors. */
export class Draft {
  /** Text per param; only what was edited. */
  readonly params = new Map<string, string>();
  /** Search space per param as YAML text; empty: not searched. Only what was edited. */
  readonly spaces = new Map<string, string>();
  trials: string | null = null;
  /** The host's findings about the texts that it was asked about. */
  private remote: FormProblems = { params: {}, space: {} };
  private remoteFor = '';

  /**
   * `edits` are those of an earlier sitting. Those that now say what the file says are no edits any more, nor are those of
   * values that the file has changed since, as after *Apply best*.
   */
  constructor(
    readonly form: FileForm,
    edits: DraftEdits | null = null,
  ) {
    if (edits?.file !== form.file) return;
    for (const field of form.fields) {
      const text = entryOf(edits.params, field.name);
      const base = entryOf(edits.base, field.name);
      const isVoid = base !== undefined && base !== fieldText(field.value, field.float);
      if (text !== undefined && !isVoid) this.setText(field, text);
      const space = entryOf(edits.spaces, field.name);
      if (space !== undefined && space.trim() !== (field.space ?? '')) this.spaces.set(field.name, space);
    }
    if (edits.trials !== null) this.setTrials(edits.trials);
  }

  /** Returns the edits to persist while the panel is closed; null if there are none. */
  edits(): DraftEdits | null {
    if (!this.edited) return null;
    const edited = this.form.fields.filter(({ name }) => this.params.has(name));
    return {
      file: this.form.file,
      base: Object.fromEntries(edited.map(({ name, value, float }) => [name, fieldText(value, float)])),
      params: Object.fromEntries(this.params),
      spaces: Object.fromEntries(this.spaces),
      trials: this.trials,
    };
  }

  get edited(): boolean {
    return this.params.size > 0 || this.spaces.size > 0 || this.trials !== null;
  }

  text(field: FormField): string {
    return this.params.get(field.name) ?? fieldText(field.value, field.float);
  }

  space(field: FormField): string {
    return this.spaces.get(field.name) ?? field.space ?? '';
  }

  setText(field: FormField, text: string): void {
    if (text === fieldText(field.value, field.float)) this.params.delete(field.name);
    else this.params.set(field.name, text);
  }

  setSpace(field: FormField, text: string): void {
    if (text === (field.space ?? '')) this.spaces.delete(field.name);
    else this.spaces.set(field.name, text);
  }

  setTrials(text: string): void {
    this.trials = text === String(this.form.search?.trials ?? '') ? null : text;
  }

  paramError(field: FormField): string | null {
    const parsed = parseField(field, this.text(field));
    if ('error' in parsed) return parsed.error;
    return entryOf(this.fresh().params, field.name) ?? null;
  }

  spaceError(field: FormField): string | null {
    const text = this.space(field);
    if (text.trim() === '') return null;
    // Only edits are checked here; the file's own problems are shown elsewhere.
    if (this.spaces.has(field.name)) {
      const parsed = parseSpace(text);
      if ('error' in parsed) return parsed.error;
    }
    return entryOf(this.fresh().space, field.name) ?? null;
  }

  trialsError(): string | null {
    if (this.trials === null || this.trials.trim() === '') return null;
    return /^\s*[1-9]\d{0,6}\s*$/.test(this.trials) ? null : l10n.t('A whole number of at least 1 is needed.');
  }

  get paramsValid(): boolean {
    return this.form.fields.every((field) => this.paramError(field) === null);
  }

  get spacesValid(): boolean {
    return this.form.fields.every((field) => this.spaceError(field) === null) && this.trialsError() === null;
  }

  /** The values of these parameters, edited or not. */
  paramsOf(names: readonly string[]): Params {
    return this.collect((field) => names.includes(field.name));
  }

  /** Edited values only; those that are refused are left out. */
  changedParams(): Params {
    return this.collect((field) => this.params.has(field.name));
  }

  /** Marks the whole numbers of `changedParams` that were typed as floats. */
  changedFloats(): Floats | undefined {
    const marks = this.form.fields.map((field) => {
      const parsed = this.params.has(field.name) ? parseField(field, this.text(field)) : null;
      return [field.name, parsed && 'value' in parsed ? (parsed.float ?? null) : null] as const;
    });
    return floatsOf(marks);
  }

  private collect(when: (field: FormField) => boolean): Params {
    const params: Params = {};
    for (const field of this.form.fields) {
      const parsed = when(field) ? parseField(field, this.text(field)) : null;
      if (parsed && 'value' in parsed) setEntry(params, field.name, parsed.value);
    }
    return params;
  }

  /** Edited spaces as the host takes them: YAML text by name, empty to take a param out of the search. */
  changedSpaces(): Record<string, string> {
    return Object.fromEntries([...this.spaces].map(([name, text]) => [name, text.trim()]));
  }

  /**
   * Returns the whole space as a value, for starting a search with it; undefined if it is the file's own. An edited
   * value that is not searched is included as a constant, so that the form's values are used.
   */
  wholeSpace(): { space: Record<string, unknown>; spaceFloats: FloatMark } | undefined {
    const space: Record<string, unknown> = {};
    const marks: [string, FloatMark][] = [];
    let changed = this.spaces.size > 0;
    for (const field of this.form.fields) {
      const text = this.space(field);
      if (text.trim() !== '') {
        const parsed = parseSpace(text);
        if (!('value' in parsed)) continue;
        setEntry(space, field.name, parsed.value);
        marks.push([field.name, parsed.float ?? null]);
      } else if (this.params.has(field.name)) {
        const parsed = parseField(field, this.text(field));
        if (!('value' in parsed)) continue;
        setEntry(space, field.name, { constant: parsed.value });
        marks.push([field.name, groupMark([['constant', parsed.float ?? null]])]);
        changed = true;
      }
    }
    return changed ? { space, spaceFloats: groupMark(marks) } : undefined;
  }

  get trialCount(): number | undefined {
    return this.trials !== null && this.trials.trim() !== '' && this.trialsError() === null
      ? Number(this.trials)
      : undefined;
  }

  private key(): string {
    return JSON.stringify([[...this.params], [...this.spaces]]);
  }
  private fresh(): FormProblems {
    return this.remoteFor === this.key() ? this.remote : { params: {}, space: {} };
  }

  /** Call it when asking the host. Returns a function that takes the answer, which counts only for the texts asked about. */
  asking(): (problems: FormProblems) => void {
    const key = this.key();
    return (problems) => {
      this.remote = problems;
      this.remoteFor = key;
    };
  }
}

import type { Params, ParamValue } from '../protocol/values/index.js';
import { entryOf } from '../protocol/values/records.js';

/** The run's hyperparameters. The helpers throw, naming the parameter, when the value is of another type. */
export class RunParams {
  constructor(
    private readonly values: Params,
    /** Called for each parameter whose value is read, at every reading. */
    private readonly onRead: (name: string) => void = () => undefined,
  ) {}

  /** All of them, as a copy. */
  all(): Params {
    for (const name of Object.keys(this.values)) this.onRead(name);
    return { ...this.values };
  }

  has(name: string): boolean {
    return Object.hasOwn(this.values, name);
  }

  get(name: string): ParamValue | undefined {
    if (!this.has(name)) return undefined;
    this.onRead(name);
    return entryOf(this.values, name);
  }

  number(name: string, fallback?: number): number {
    const value = this.need(name, fallback);
    // YAML 1.2 reads `1e-3` as a number, but a value from a command line may be text.
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number !== 'number' || (Number.isNaN(number) && value !== 'NaN' && typeof value !== 'number'))
      throw this.wrong(name, 'a number', value);
    return number;
  }

  integer(name: string, fallback?: number): number {
    const value = this.number(name, fallback);
    if (!Number.isInteger(value)) throw this.wrong(name, 'a whole number', value);
    return value;
  }

  string(name: string, fallback?: string): string {
    const value = this.need(name, fallback);
    if (typeof value !== 'string') throw this.wrong(name, 'text', value);
    return value;
  }

  boolean(name: string, fallback?: boolean): boolean {
    const value = this.need(name, fallback);
    if (typeof value !== 'boolean') throw this.wrong(name, 'true or false', value);
    return value;
  }

  list(name: string, fallback?: ParamValue[]): ParamValue[] {
    const value = this.need(name, fallback);
    if (!Array.isArray(value)) throw this.wrong(name, 'a list', value);
    return value;
  }

  /** Applied by the client when the person edits a value during the run. */
  update(values: Params): void {
    Object.assign(this.values, values);
  }

  private need(name: string, fallback: ParamValue | undefined): ParamValue {
    const value = this.get(name) ?? fallback;
    if (value === undefined || value === null) {
      const known = Object.keys(this.values);
      throw new Error(
        `Parameter "${name}" is not given. Add it under "params:" of the experiment file` +
          (known.length > 0 ? ` (it has ${known.join(', ')}).` : '.'),
      );
    }
    return value;
  }

  private wrong(name: string, wanted: string, value: unknown): Error {
    return new Error(`Parameter "${name}" must be ${wanted}, but it is ${JSON.stringify(value)}.`);
  }
}

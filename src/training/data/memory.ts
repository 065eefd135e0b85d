/** Memory budget of the examples. */
import { freemem } from 'node:os';

/** Share of the memory that is free when a run begins; the rest is for the network and for parallel runs. */
const SHARE = 0.25;
const LEAST = 64 * 2 ** 20;

/** Returns the free memory within the limits of a container, where Node knows them. */
const available = (): number => (process as Partial<NodeJS.Process>).availableMemory?.() ?? freemem();

/** Returns the budget in bytes. `wanted` is the file's setting. */
export function memoryFor(wanted: number | null): number {
  return wanted ?? Math.max(LEAST, SHARE * available());
}

export function sizeText(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let value = bytes;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 || value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${units[unit]}`;
}

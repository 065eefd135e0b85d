/** How much memory examples may take. */
import { freemem } from 'node:os';

/** Of the memory that is free when a run begins; the rest is for the network, and for the runs beside this one. */
const SHARE = 0.25;
const LEAST = 64 * 2 ** 20;

/** Within the bounds of a container, where Node knows them. */
const available = (): number => (process as Partial<NodeJS.Process>).availableMemory?.() ?? freemem();

/** In bytes. `wanted`: as the file sets it. */
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

/** Reads progress bars with values: Keras' and tqdm's. */
import { readText } from './text.js';
import type { LineReading, Place } from './types.js';

/** `938/938 ━━━━ 2s 2ms/step - accuracy: 0.88`, also with the older `[====>...]`. */
const KERAS = /^\s*(\d+)\/(\d+|Unknown)\s+(?:\[[=>.]+\]|[\u2501\u2578\u257a]+)\s*(.*)$/;
/** `Epoch 1:  12%|█▏ | 100/938 [00:10<01:20, 9.8it/s, loss=0.3]`. */
const TQDM = /^(.{0,200}?)\s*\d{1,3}%\|[^|]*\|\s*(\d+)\/(\d+)\s*\[([^\]]*)\](.*)$/;

export interface BarReading extends LineReading {
  /** All of it is done. */
  complete: boolean;
  /** Its values are means since the epoch began: those of an unfinished bar are no results. */
  means: boolean;
}

export function readBar(line: string): BarReading | null {
  const keras = KERAS.exec(line);
  if (keras) {
    const of = keras[2] === 'Unknown' ? null : Number(keras[2]);
    const read = readText(`step 0, ${keras[3]!.replace(/(?:^|\s)-\s/g, ', ')}`);
    const at = Number(keras[1]);
    if (!read) return null;
    return { place: { within: { at, of } }, values: read.values, complete: at === of, means: true };
  }
  const bar = TQDM.exec(line);
  if (!bar) return null;
  const [, title, at, of, inside, behind] = bar as unknown as [string, string, string, string, string, string];
  // Times and speed come first, each without a name.
  const postfix = inside.split(',').slice(2).join(',');
  const head = readText(title);
  const read = readText(`step 0, ${head && head.values.size > 0 ? `${title}, ` : ''}${postfix} ${behind}`);
  if (!read) return null;
  const within = { at: Number(at), of: Number(of) };
  const place: Place = head?.place.epoch === undefined ? { step: within.at } : { epoch: head.place.epoch, within };
  return { place, values: read.values, complete: within.at === within.of, means: false };
}

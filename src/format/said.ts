/** Texts that are stored: made once in English, shown in the language of whoever reads them. */
import type { Said } from '../protocol/said.js';
import { filled, translated } from './l10n.js';

/** A text for a record. The first argument must be a literal, so that it can be translated. */
export const said = (text: string, ...values: (string | number)[]): Said => ({ text, values });

export const inEnglish = ({ text, values }: Said): string => filled(text, values);

/** Returns why a run failed, as the person reads it. */
export const errorText = ({ message, said: stored }: { message: string; said?: Said | undefined }): string =>
  saidText(message, stored);

/** Returns a message of a run, or its newest warning, as the person reads it. */
export const messageText = ({ text, said: stored }: { text: string; said?: Said | undefined }): string =>
  saidText(text, stored);

/** Returns a stored text as the person reads it. `message`: the text in English, for records without values. */
export const saidText = (message: string, stored: Said | undefined): string =>
  stored === undefined || inEnglish(stored) !== message ? message : translated(stored.text, stored.values);

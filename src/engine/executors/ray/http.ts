/** One request to a dashboard. Not `fetch`, whose headers Ray takes for those of a browser, which it refuses. */
import * as http from 'node:http';
import * as https from 'node:https';
import { l10n } from '../../../format/l10n.js';

const TIMEOUT_MS = 30_000;
const LARGEST_ANSWER = 4 << 20;

/** Resolves to status and text of the answer; redirections are not followed. Rejects when there is none. */
export function request(
  method: 'GET' | 'POST',
  url: string,
  body: string | null,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers =
      body === null ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const { request: send } = url.startsWith('https:') ? https : http;
    const sent = send(url, { method, headers, signal: AbortSignal.timeout(TIMEOUT_MS) }, (answer) => {
      const parts: Buffer[] = [];
      let size = 0;
      answer.on('data', (part: Buffer) => {
        size += part.length;
        if (size > LARGEST_ANSWER) sent.destroy(new Error(l10n.t('its answer is too long')));
        else parts.push(part);
      });
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }));
    });
    sent.on('error', reject);
    sent.end(body ?? undefined);
  });
}

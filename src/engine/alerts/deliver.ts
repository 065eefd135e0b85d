/** Delivers an alert to a command on this machine and to a webhook. */
import { spawn } from 'node:child_process';
import * as os from 'node:os';
import type { Alert, AlertRule } from '../../protocol/engine/alerts.js';
import type { Log } from '../disk/log.js';

const WEBHOOK_MS = 10_000;
const COMMAND_MS = 60_000;

/** Failures are logged: an alert never disturbs the engine. */
export function deliver(alert: Alert, { command, webhook }: AlertRule, log: Pick<Log, 'warn'>): void {
  if (command) start(alert, command, log);
  if (webhook !== null) {
    post(alert, webhook).catch((error: unknown) => log.warn(`the webhook of an alert failed: ${String(error)}`));
  }
}

/** The alert is passed in environment variables, because no text of a program may become an argument. */
function start(alert: Alert, [program, ...args]: string[], log: Pick<Log, 'warn'>): void {
  const child = spawn(program!, args, {
    cwd: os.homedir(),
    stdio: 'ignore',
    windowsHide: true,
    timeout: COMMAND_MS,
    env: {
      ...process.env,
      TUNESMITH_ALERT: alert.text,
      TUNESMITH_ALERT_RUN: alert.run,
      TUNESMITH_ALERT_NAME: alert.name,
      TUNESMITH_ALERT_EXPERIMENT: alert.experiment,
    },
  });
  child.on('error', (error) => log.warn(`the command of an alert can't be started: ${error.message}`));
  child.unref();
}

async function post(alert: Alert, webhook: string): Promise<void> {
  const response = await fetch(webhook, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    // Chat services show the key "text". The reason's parts are for our own clients.
    body: JSON.stringify({ ...alert, reason: undefined }),
    redirect: 'error',
    signal: AbortSignal.timeout(WEBHOOK_MS),
  });
  if (!response.ok) throw new Error(`it answered ${response.status}`);
}

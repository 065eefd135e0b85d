/** Tooltips of runs and searches, as Markdown. Texts of the run are escaped, so they cannot add markup. */
import { errorText, messageText } from '../../format/said.js';
import { stripVTControlCharacters } from 'node:util';
import { LIVE_STATUSES, type Run, type Search } from '../../protocol/engine/index.js';
import { markAt } from '../../protocol/values/floats.js';
import { formatNumber, formatParam } from '../../format/numbers.js';
import { formatDuration, runDuration } from '../../format/times.js';
import { escapeMarkdown, shorten } from '../format.js';
import { l10n } from '../../format/l10n.js';
import { deviceText } from '../../format/places.js';
import { statusText } from '../../format/statuses.js';
import { searchProgress } from './items.js';
import { ownMetrics } from '../../protocol/run/systemMetrics.js';

const MOST = 30;

export function runTooltip(run: Run, now: number): string {
  const lines = [`**${escapeMarkdown(run.name)}** — ${escapeMarkdown(statusText(run.status))}`, ''];
  const duration = runDuration(run, now);
  const facts = [
    duration !== null && formatDuration(duration),
    run.device && deviceText(run.device),
    LIVE_STATUSES.includes(run.status) && run.progress?.text,
    run.id,
  ];
  lines.push(escapeMarkdown(facts.filter(Boolean).join(' · ')), '');
  if (run.by !== undefined) lines.push(escapeMarkdown(l10n.t('Started by the agent {0}', shorten(run.by, 60))), '');
  if (run.error) lines.push(`${escapeMarkdown(shorten(errorText(run.error), 300))}`, '');
  if (run.error?.logTail) lines.push(code(run.error.logTail.split('\n').slice(-8).join('\n')), '');
  if (run.warnings) {
    const { count } = run.warnings;
    const text = messageText(run.warnings);
    const others = count > 1 ? ` (${l10n.t('{0} warnings in all', count)})` : '';
    lines.push(`⚠ ${escapeMarkdown(shorten(text, 300))}${escapeMarkdown(others)}`, '');
  }
  lines.push(
    ...table(
      l10n.t('Parameter'),
      Object.entries(run.params).map(([name, value]) => [name, formatParam(value, markAt(run.floats, name))]),
    ),
  );
  lines.push(
    ...table(
      l10n.t('Metric'),
      ownMetrics(run.metrics).map(([name, metric]) => [name, formatNumber(metric.last)]),
      run.more,
    ),
  );
  if (run.tags.length > 0) lines.push(escapeMarkdown(run.tags.map((tag) => `#${tag}`).join(' ')), '');
  if (run.note) lines.push(escapeMarkdown(shorten(run.note, 500)), '');
  return lines.join('\n');
}

export function searchTooltip(search: Search): string {
  const { counts } = search;
  const lines = [
    `**${escapeMarkdown(search.name)}** — ${escapeMarkdown(statusText(search.status))} ${searchProgress(search)}`,
    '',
    escapeMarkdown(
      [search.sampler, search.pruner, search.objective && `${search.objective.goal} ${search.objective.metric}`]
        .filter(Boolean)
        .join(' · '),
    ),
    '',
    ...(search.by === undefined
      ? []
      : [escapeMarkdown(l10n.t('Started by the agent {0}', shorten(search.by, 60))), '']),
    escapeMarkdown(
      l10n.t(
        '{0} running, {1} completed, {2} pruned, {3} failed, {4} stopped',
        counts.running,
        counts.completed,
        counts.pruned,
        counts.failed,
        counts.stopped,
      ),
    ),
    '',
  ];
  if (search.reason) lines.push(escapeMarkdown(l10n.retold(search.reason)), '');
  if (search.error) lines.push(escapeMarkdown(shorten(l10n.retold(search.error), 300)), '');
  if (search.best) {
    lines.push(
      escapeMarkdown(l10n.t('Best: {0}, trial {1}', formatNumber(search.best.objective), search.best.trial)),
      '',
    );
    const params = Object.entries(search.best.params);
    lines.push(
      ...table(
        l10n.t('Parameter'),
        params.map(([name, value]) => [name, formatParam(value, markAt(search.best?.floats, name))]),
      ),
    );
  }
  return lines.join('\n');
}

/** `left`: number of rows that are left out already. */
function table(head: string, rows: [string, string][], left = 0): string[] {
  if (rows.length === 0) return [];
  const lines = [`| ${escapeMarkdown(head)} | |`, '|:--|--:|'];
  for (const [name, value] of rows.slice(0, MOST))
    lines.push(`| ${escapeMarkdown(shorten(name, 60))} | ${escapeMarkdown(shorten(value, 60))} |`);
  const more = Math.max(0, rows.length - MOST) + left;
  if (more > 0) lines.push(`| … | ${escapeMarkdown(l10n.t('{0} more', more))} |`);
  return [...lines, ''];
}

/** Indented, so that no fence in the text can end it; colors and control characters are taken out. */
function code(text: string): string {
  return stripVTControlCharacters(text)
    .split('\n')
    .map((line) => `    ${shorten(line.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, ''), 160)}`)
    .join('\n');
}

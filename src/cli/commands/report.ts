/** Exports a report: a Markdown file with live blocks. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { writeWholeSync } from '../../files/whole.js';
import type * as Reports from '../../report/index.js';
import { REPORT_LIMIT } from '../../report/names.js';
import { readViews } from '../../report/viewsFile.js';
import type { Command } from '../command.js';
import { CommandError, UsageError } from '../errors.js';
import { safe, safeLine } from '../text/terminal.js';
import { l10n } from '../../format/l10n.js';

export const report: Command = {
  name: 'report',
  usage: 'FILE [--html FILE] [--pdf FILE]',
  summary: l10n.t(
    'Draws the live blocks of a report and exports it as HTML or PDF. Without --html and --pdf: only checks it.',
  ),
  details: l10n.t(
    'A report is a Markdown file, such as results.report.md, with blocks like ```tunesmith chart (docs/reports.md). The HTML is one file without scripts that opens offline; the PDF has its drawings as vectors. Exits with 1 if a block has a mistake; the files are written all the same, with the mistake in its place.',
  ),
  options: {
    html: { type: 'string', value: 'FILE', help: l10n.t('Write it as one HTML file.') },
    pdf: { type: 'string', value: 'FILE', help: l10n.t('Write it as a PDF.') },
    force: { type: 'boolean', help: l10n.t('Replace existing files.') },
  },
  examples: [
    ['tunesmith report results.report.md --html results.html', l10n.t('one file to send')],
    ['tunesmith report results.report.md --pdf results.pdf --force', l10n.t('again, over the last one')],
  ],
  args: [1, 1],
  async run(context, input) {
    const file = path.resolve(context.cwd, input.args[0]!);
    const text = readText(file);
    const [html, pdf] = (['html', 'pdf'] as const).map((name) => {
      const target = input.text(name);
      return target === undefined ? null : path.resolve(context.cwd, target);
    });
    if (html && html === pdf) throw new UsageError(l10n.t('--html and --pdf need different files.'));
    for (const target of [html, pdf])
      if (target && existsSync(target) && !input.flag('force'))
        throw new CommandError(l10n.t('{0} already exists. Replace it with --force.', safeLine(target)));
    const reports = load(context.dist);
    const engine = await context.engine();
    const now = Date.now();
    const drawn = await reports.drawReport(
      text,
      { file, workspace: context.workspace },
      {
        ask: (name, params) => engine.request(name, params),
        views: () => readViews(context.workspace),
        ...{ now, palettes: new Map() },
      },
    );
    const problems = [...drawn.document.problems, ...drawn.shown.flatMap((one) => one.problems)];
    const name = path.relative(context.cwd, file) || file;
    for (const problem of problems) context.say(safe(reports.problemLine(name, problem)));
    const written = (target: string): void => context.print(safeLine(path.relative(context.cwd, target) || target));
    if (html) {
      writeWholeSync(html, reports.reportHtml(drawn, 'en', now));
      written(html);
    }
    if (pdf) {
      const { bytes, notes } = await reports.reportPdf(drawn, path.join(context.dist, 'fonts'), now);
      notes.forEach((note) => context.say(safe(note)));
      writeWholeSync(pdf, bytes);
      written(pdf);
    }
    if (!html && !pdf && problems.length === 0)
      context.print(
        l10n.t(
          '{0}: {1}, no mistakes.',
          safeLine(name),
          drawn.shown.length === 1 ? '1 block' : l10n.t('{0} blocks', drawn.shown.length),
        ),
      );
    return problems.length > 0 ? 1 : 0;
  },
};

function readText(file: string): string {
  if (!existsSync(file)) throw new CommandError(l10n.t('There is no file {0}.', safeLine(file)), [], 2);
  const stat = statSync(file);
  if (!stat.isFile())
    throw new CommandError(
      l10n.t('{0} is not a file. Name a report, such as results.report.md.', safeLine(file)),
      [],
      2,
    );
  if (stat.size > REPORT_LIMIT)
    throw new CommandError(l10n.t('{0} is larger than {1} MiB.', safeLine(file), REPORT_LIMIT / 2 ** 20), [], 2);
  return readFileSync(file, 'utf8');
}

/** The bundle of reports, which is not part of the command line. */
const load = (dist: string): typeof Reports =>
  createRequire(path.join(dist, 'cli.cjs'))('./report.cjs') as typeof Reports;

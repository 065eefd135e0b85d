/** The tool that writes values into an experiment file. */
import * as path from 'node:path';
import { z } from 'zod';
import { EditError, editExperiment, parseExperiment } from '../../experiment/index.js';
import { suggest } from '../../experiment/suggest.js';
import { formatParam } from '../../format/numbers.js';
import { entryOf, hasEntry } from '../../protocol/values/records.js';
import { Params } from '../../protocol/values/index.js';
import type { Act } from '../act.js';
import { ToolError } from '../bench.js';
import { findFile } from '../find.js';
import { readFileText } from '../reading/fileText.js';
import { actingTool } from '../tool.js';
import { NOTICE, shortName } from '../texts.js';

export const writeValues = actingTool({
  name: 'write_values',
  title: 'Write values into an experiment file',
  summary: 'Changes params of an experiment file in place; comments and layout stay.',
  description:
    'Changes values of params in an experiment file in place, such as those of the best trial. Comments, layout and everything else stay. Only parameters that the file has can be changed.',
  icon: 'save',
  input: z
    .object({
      file: z.string().describe('Path of the experiment file, absolute or relative to the workspace folder.'),
      params: Params,
    })
    .strict(),
  async plan({ file: name, params }, bench) {
    const { folder, file } = findFile(bench, name);
    const text = (await folder.unsavedText(file)) ?? (await readFileText(file));
    const { experiment } = parseExperiment(text, file);
    if (!experiment) throw new ToolError(`${shortName(name)} has mistakes: see check_file.`);
    const before = experiment.params;
    if (Object.keys(params).length === 0) throw new ToolError('Name at least one parameter to change.');
    for (const param of Object.keys(params)) {
      if (hasEntry(before, param)) continue;
      const near = suggest(param, Object.keys(before));
      throw new ToolError(
        `${shortName(name)} has no parameter ${shortName(param)}${near ? `. Did you mean ${near}?` : '.'}`,
      );
    }
    refuseMistakes(edited(text, file, params), file);
    return {
      folder,
      what: `Write values into ${path.relative(folder.path, file)}`,
      facts: Object.entries(params).map(([param, value]) => [
        shortName(param),
        `${formatParam(entryOf(before, param))} → ${formatParam(value)}`,
      ]),
      file,
      deviceHours: 0,
      isOwn: true,
      async perform() {
        const changed = await folder.changeFile(file, { params });
        return { notice: NOTICE, file, changed, params };
      },
    } satisfies Act;
  },
});

function edited(text: string, file: string, params: Params): string {
  try {
    return editExperiment(text, { params }, file).text;
  } catch (error) {
    if (error instanceof EditError) throw new ToolError(error.message);
    throw error;
  }
}

/** Refuses values that the file does not allow, before anybody is asked. */
function refuseMistakes(text: string, file: string): void {
  const wrong = parseExperiment(text, file).problems.find(({ severity }) => severity === 'error');
  if (wrong) throw new ToolError(`With these values the file has a mistake in line ${wrong.line}: ${wrong.message}.`);
}

import type { EngineParts } from '../../parts.js';
import { Stages } from '../../pipelines/stages.js';
import { readStageRuns, viewOf } from '../../pipelines/view.js';
import { conflict, notFound } from '../requestError.js';
import type { Handlers } from '../server.js';
import { l10n } from '../../../format/l10n.js';

export function pipelineHandlers(parts: EngineParts) {
  const { store, folders } = parts;
  const stages = new Stages(parts);
  return {
    'pipelines/stage': (request) => stages.give(request),
    'pipelines/get': ({ id }) => {
      if (!store.runs.get(id)) throw notFound('run', id);
      const plan = folders.spec(id)?.pipeline;
      if (!plan) throw conflict(l10n.t('Run {0} is not a pipeline.', id));
      return { stages: viewOf(plan.stages, readStageRuns(folders.path(id)), (run) => store.runs.get(run)) };
    },
  } satisfies Partial<Handlers>;
}

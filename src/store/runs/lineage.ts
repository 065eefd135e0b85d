/** Origins of runs: which run was run again, or continued from a checkpoint. */
import { MOST_DESCENDANTS, type PipelineKin, type Relative } from '../../protocol/engine/runPage.js';
import type { Branch } from '../../protocol/engine/branch.js';
import type { Database } from '../database.js';

/** Ancestors that are followed: ids come from files, and may form a ring. */
const MOST_ANCESTORS = 50;

interface Row {
  id: string;
  name: string;
  branch: string | null;
  rerun_of: string | null;
}

export interface Kinship {
  ancestors: Relative[];
  descendants: Relative[];
  pipeline?: PipelineKin[];
}

export function kinshipOf(db: Database, id: string): Kinship {
  const row = (of: string) => db.get<Row>('SELECT id, name, branch, rerun_of FROM runs WHERE id = ?', of);
  const ancestors: Relative[] = [];
  const seen = new Set([id]);
  for (let at = row(id); at && ancestors.length < MOST_ANCESTORS;) {
    const from = origin(at);
    if (!from || seen.has(from.id)) break;
    seen.add(from.id);
    at = row(from.id);
    ancestors.push({ ...from, name: at?.name ?? null });
  }
  const children = db.all<Row>(
    `SELECT id, name, branch, rerun_of FROM runs
     WHERE (rerun_of = ?1 OR (branch IS NOT NULL AND branch ->> 'run' = ?1)) AND deleted_at IS NULL ORDER BY created_at, key LIMIT ?2`,
    id,
    MOST_DESCENDANTS,
  );
  const descendants = children.flatMap((child) => {
    const from = origin(child);
    return from ? [{ ...from, id: child.id, name: child.name }] : [];
  });
  const pipeline = pipelineOf(db, id);
  return { ancestors, descendants, ...(pipeline.length > 0 && { pipeline }) };
}

interface StageRow {
  id: string;
  name: string;
  pipeline: string | null;
  stage: string | null;
}

/** Finds the pipeline that a run is a stage of, the stages whose results it used, and those that used its own. */
function pipelineOf(db: Database, id: string): PipelineKin[] {
  const row = (of: string) => db.get<StageRow>('SELECT id, name, pipeline, stage FROM runs WHERE id = ?', of);
  const own = row(id);
  if (!own) return [];
  const stageOf = ({ stage }: StageRow) => JSON.parse(stage ?? '{}') as { name?: string; parents?: string[] };
  const kin = (role: PipelineKin['role'], of: string, found: StageRow | undefined): PipelineKin => ({
    ...{ role, id: of, name: found?.name ?? null, stage: found ? (stageOf(found).name ?? '') : '' },
  });
  const many = (where: string) =>
    db.all<StageRow>(
      `SELECT id, name, pipeline, stage FROM runs WHERE ${where} AND deleted_at IS NULL ORDER BY created_at, key LIMIT ?2`,
      ...[id, MOST_DESCENDANTS],
    );
  const { pipeline } = own;
  return [
    ...(pipeline === null ? [] : [{ ...kin('pipeline', pipeline, row(pipeline)), stage: '' }]),
    ...(stageOf(own).parents ?? []).slice(0, MOST_DESCENDANTS).map((parent) => kin('uses', parent, row(parent))),
    ...many("pipeline IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(stage, '$.parents') WHERE value = ?1)").map(
      (one) => kin('usedBy', one.id, one),
    ),
    ...many('pipeline = ?1').map((one) => kin('stage', one.id, one)),
  ];
}

function origin({ branch, rerun_of: rerunOf }: Row): Omit<Relative, 'name'> | null {
  if (branch !== null) {
    const { run, step } = JSON.parse(branch) as Branch;
    return { kind: 'branch', id: run, step };
  }
  return rerunOf === null ? null : { kind: 'rerun', id: rerunOf, step: null };
}

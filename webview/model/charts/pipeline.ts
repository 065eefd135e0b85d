/** Positions of a pipeline's stages: columns by the number of stages before them, rows in the order of the file. */
import type { StageView } from '../../../src/protocol/run/pipeline.js';

export interface Placed {
  stage: StageView;
  column: number;
  row: number;
}

/** `edges`: pairs of places, from a stage to one that needs it; those that others imply are left out. */
export function placed(stages: readonly StageView[]): { nodes: Placed[]; edges: [Placed, Placed][] } {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const depths = new Map<string, number>();
  const depth = (stage: StageView): number => {
    const known = depths.get(stage.name);
    if (known !== undefined) return known;
    depths.set(stage.name, 0);
    const before = stage.after.flatMap((name) => byName.get(name) ?? []);
    const own = before.length === 0 ? 0 : 1 + Math.max(...before.map(depth));
    depths.set(stage.name, own);
    return own;
  };
  const rows = new Map<number, number>();
  const nodes = stages.map((stage): Placed => {
    const column = depth(stage);
    const row = rows.get(column) ?? 0;
    rows.set(column, row + 1);
    return { stage, column, row };
  });
  const at = new Map(nodes.map((node) => [node.stage.name, node]));
  const edges = nodes.flatMap((to) =>
    direct(to.stage, byName).flatMap((name): [Placed, Placed][] => {
      const from = at.get(name);
      return from ? [[from, to]] : [];
    }),
  );
  return { nodes, edges };
}

/** Names of the stages that a stage needs, without those that another of them needs as well. */
function direct({ after }: StageView, stages: ReadonlyMap<string, StageView>): string[] {
  const reach = (name: string): Set<string> => {
    const found = new Set<string>();
    const left = [...(stages.get(name)?.after ?? [])];
    for (let one = left.pop(); one !== undefined; one = left.pop()) {
      if (found.has(one)) continue;
      found.add(one);
      left.push(...(stages.get(one)?.after ?? []));
    }
    return found;
  };
  return after.filter((name) => !after.some((other) => other !== name && reach(other).has(name)));
}

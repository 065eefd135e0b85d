/** Made-up answers for a run's page, for looking at the panel. */
import type { RequestResult } from '../../src/protocol/engine/index.js';
import { outputOfRank } from '../../src/protocol/run/runFiles.js';
import type { FakeRun, World } from './world.js';

const DIFF = `diff --git a/train.py b/train.py
index 3f1c2aa..91bd0e4 100644
--- a/train.py
+++ b/train.py
@@ -12,7 +12,8 @@ def main():
     model = Net(filters=args.filters)
-    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
+    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr)
+    scheduler = CosineAnnealingLR(optimizer, args.epochs)
     for epoch in range(args.epochs):
diff --git a/models/net.py b/models/net.py
index 11aa2bb..22cc3dd 100644
--- a/models/net.py
+++ b/models/net.py
@@ -1,3 +1,3 @@
-WIDTH = 32
+WIDTH = 64
 DEPTH = 4
`;

function log(run: FakeRun): string {
  const lines = [`\u001b[1mtraining ${run.name}\u001b[0m on \u001b[36mcuda:0\u001b[0m`];
  for (let epoch = 0; epoch < 3; epoch++) {
    for (let i = 0; i <= 100; i += 10) lines.push(`\repoch ${epoch + 1}: ${'█'.repeat(i / 5).padEnd(20)} ${i}%`);
    lines.push('\n');
    for (let i = 0; i < 400; i++)
      lines.push(
        `\u001b[2m12:0${epoch}:${String(i % 60).padStart(2, '0')}\u001b[0m step ${epoch * 400 + i} loss=${(2 / (i + epoch + 1)).toFixed(4)}\n`,
      );
    lines.push(
      `\u001b[33mwarning:\u001b[0m learning rate is high\n\u001b[32mepoch ${epoch + 1} done\u001b[0m val/accuracy=\u001b[1m0.97${epoch}\u001b[0m\n`,
    );
  }
  return lines.join('');
}

export function pageAnswer(world: World, method: string, params: Record<string, unknown>): unknown {
  const run = world.runs.find(({ id }) => id === (params.id ?? params.run));
  if (!run) return undefined;
  const at = world.runs.indexOf(run);
  switch (method) {
    case 'runs/get':
      return {
        ...run,
        ...{ host: 'ada-laptop', git: null, command: ['python', 'train.py', '--lr', String(run.params.lr)] },
        ...{
          cwd: '/home/ada/projects/digits',
          folder: `/home/ada/projects/digits/.tunesmith/runs/${run.id}`,
          seed: 7 + at,
        },
        ...{ exitCode: run.status === 'failed' ? 1 : run.endedAt === null ? null : 0, signal: null },
        messages: [
          { time: run.createdAt, last: run.createdAt, level: 'info', text: 'Using the cached data set.', count: 1 },
          {
            time: run.createdAt,
            last: run.createdAt + 5000,
            level: 'warning',
            text: 'The loss was NaN in 3 batches; they were skipped.',
            count: 3,
          },
        ],
      };
    case 'runs/recorded':
      return {
        code: {
          ...{
            version: 1,
            time: run.createdAt,
            commit: 'a3f5c1d09e8b7f6a5d4c3b2a19087f6e5d4c3b2a',
            branch: at % 2 ? 'wide' : 'main',
          },
          ...{
            remote: 'https://example.org/ada/digits.git',
            folder: '',
            changed: at % 2 ? ['train.py', 'models/net.py'] : [],
          },
          ...{
            diff: at % 2 ? DIFF.length : null,
            untracked: [{ path: 'notes.txt', size: 21, kept: true }],
            leftOut: [],
          },
        },
        environment: {
          ...{
            version: 1,
            time: run.createdAt,
            system: 'Linux 6.1.0 x64',
            cpu: 'AMD EPYC 9124',
            cores: 16,
            memoryMiB: 131_072,
          },
          gpus: [{ name: 'NVIDIA H200', memoryMiB: 143_000, driver: '560.35' }],
          variables: { CUDA_VISIBLE_DEVICES: '0', OMP_NUM_THREADS: String(8 + (at % 2)) },
          interpreter: { language: 'python', path: '/usr/bin/python3', version: '3.13.1' },
          packages: { numpy: '2.1.0', torch: at % 2 ? '2.13.0' : '2.12.1', torchvision: '0.28.0', tqdm: '4.67.1' },
        },
        data: [
          {
            path: 'data/train.csv',
            size: 1_048_576,
            changed: run.createdAt,
            sha256: '9f86d081884c7d659a2feaa0c55ad015',
          },
        ],
      };
    case 'runs/code':
      return { changes: at % 2 ? DIFF : null, untracked: [{ path: 'notes.txt', text: 'try a wider network\n' }] };
    case 'runs/lineage':
      return {
        ancestors:
          at > 1 ? [{ kind: 'branch', id: world.runs[1]!.id, name: world.runs[1]!.name.slice(0, 30), step: 940 }] : [],
        descendants:
          at > 4
            ? []
            : [{ kind: 'rerun', id: world.runs[5]?.id ?? 'gone', name: world.runs[5]?.name ?? null, step: null }],
        search: run.search ? { id: run.search, name: 'digits search' } : null,
      };
    case 'runs/files':
      return {
        files: [
          {
            path: 'checkpoints/step-940/model.safetensors',
            kind: 'checkpoint',
            size: 4_201_337,
            changed: run.createdAt,
          },
          { path: 'media/samples-0.png', kind: 'media', size: 12_004, changed: run.createdAt },
          ...(new URLSearchParams(location.search).has('ranks')
            ? [1, 2, 3].map((rank) => ({
                path: outputOfRank(rank),
                kind: 'log' as const,
                size: 900,
                changed: run.createdAt,
              }))
            : []),
          { path: 'output.log', kind: 'log', size: log(run).length, changed: run.createdAt },
          { path: 'run.json', kind: 'record', size: 1204, changed: run.createdAt },
        ],
        cut: false,
      };
    case 'log/read':
      return logPiece(
        rankedLog(run, params as { rank?: number }),
        params as { offset: number; limit: number },
        run.endedAt !== null,
      );
  }
  return undefined;
}

/** Other ranks say who they are. */
const rankedLog = (run: FakeRun, { rank = 0 }: { rank?: number }): string =>
  rank === 0 ? log(run) : log(run).replaceAll(/^/gm, `[rank ${rank}] `);

function logPiece(
  text: string,
  { offset, limit }: { offset: number; limit: number },
  ended: boolean,
): RequestResult<'log/read'> {
  const bytes = new TextEncoder().encode(text);
  const from = offset < 0 ? Math.max(0, bytes.length + offset) : Math.min(offset, bytes.length);
  const next = Math.min(bytes.length, from + limit);
  return { text: new TextDecoder().decode(bytes.subarray(from, next)), offset: from, next, size: bytes.length, ended };
}

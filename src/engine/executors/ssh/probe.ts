/** Finds out what a host has: its system, the folder's absolute path, a Node, rsync. */
import { z } from 'zod';
import { l10n } from '../../../format/l10n.js';
import { quoted } from '../shell.js';

/** The oldest Node that supervisor and host program run on. */
export const OLDEST_NODE = 20;

export interface HostProbe {
  /** `Linux x86_64` */
  system: string;
  /** Absolute. */
  folder: string;
  /** Null: none, or one that is too old. */
  node: string | null;
  /** Version of the Node that was found, also if it is too old. */
  nodeVersion: string | null;
  hasRsync: boolean;
  hasTar: boolean;
}

const MARK = 'tunesmith-probe';

/** The script's text; it comes on the standard input of `sh -s`. Prints one line per fact, after anything that a login prints. */
export function probeScript(folder: string): string {
  const relative = folder.replace(/^~\//, '');
  return `
folder=${quoted(relative)}
case "$folder" in /*) ;; *) folder="$HOME/$folder" ;; esac
mkdir -p -m 700 -- "$folder" || exit 1
cd -- "$folder" || exit 1
say() { printf '${MARK} %s %s\\n' "$1" "$2"; }
say system "$(uname -s) $(uname -m)"
say folder "$(pwd -P)"
command -v rsync >/dev/null 2>&1 && say rsync yes
command -v tar >/dev/null 2>&1 && say tar yes
try() {
  [ -n "$1" ] && [ -x "$1" ] || return 1
  version=$("$1" --version 2>/dev/null) || return 1
  say node "$version $1"
}
try "$(command -v node 2>/dev/null)"
for shell in "$SHELL" /bin/bash; do
  [ -x "$shell" ] || continue
  try "$("$shell" -l -c 'command -v node' 2>/dev/null </dev/null | tail -n 1)"
done
for each in "$HOME"/.local/bin/node "$HOME"/.nvm/versions/node/*/bin/node "$HOME"/.volta/bin/node /usr/local/bin/node /opt/node/bin/node; do
  try "$each"
done
say end yes
`;
}

const Facts = z.object({ system: z.string().min(1), folder: z.string().startsWith('/'), end: z.literal('yes') });

/** Throws when the answer is incomplete. */
export function readProbe(text: string): HostProbe {
  const facts = new Map<string, string>();
  const nodes: { version: string; path: string }[] = [];
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = new RegExp(`^${MARK} (\\w+) (.*)$`).exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const [, version, path] = /^(v[\d.]+) (\/.*)$/.exec(value) ?? [];
    if (name !== 'node') facts.set(name, value);
    else if (version !== undefined && path !== undefined) nodes.push({ version, path });
  }
  const parsed = Facts.safeParse(Object.fromEntries(facts));
  if (!parsed.success)
    throw new Error(l10n.t("The host's shell did not answer as expected: {0}", text.trim().slice(0, 300)));
  const { system, folder } = parsed.data;
  const usable = nodes.find(({ version }) => majorOf(version) >= OLDEST_NODE);
  return {
    system,
    folder,
    node: usable?.path ?? null,
    nodeVersion: (usable ?? nodes[0])?.version ?? null,
    hasRsync: facts.has('rsync'),
    hasTar: facts.has('tar'),
  };
}

const majorOf = (version: string): number => Number(/^v(\d+)/.exec(version)?.[1] ?? 0);

/** Returns whether this machine's Node is for a system like the host's. */
export function isSamePlatform(system: string, platform = process.platform, arch = process.arch): boolean {
  const names: Record<string, string> = { linux: 'Linux', darwin: 'Darwin' };
  const machines: Record<string, string[]> = { x64: ['x86_64', 'amd64'], arm64: ['aarch64', 'arm64'] };
  const [name, machine = ''] = system.split(' ');
  return names[platform] === name && (machines[arch] ?? []).includes(machine);
}

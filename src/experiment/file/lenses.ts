/** Lines that the editor puts lenses above. Works on half-typed files too. */
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type YAMLMap } from 'yaml';
import type { FileLenses } from '../types.js';
import { readYaml } from './yamlText.js';

export function lenses(text: string): FileLenses {
  const found: FileLenses = {
    runLine: null,
    rateLine: null,
    paramsLine: null,
    searchLine: null,
    stages: [],
    parameters: [],
  };
  const { doc, targets } = readYaml(text);
  if (!doc || !isMap(doc.contents)) return byLines(text, found);
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  const lineOf = (node: unknown): number | null =>
    isScalar(node) && node.range ? lines.linePos(node.range[0]).line - 1 : null;
  const top = doc.contents as YAMLMap;
  const pair = (map: YAMLMap, key: string) =>
    map.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
  const group = (value: unknown): YAMLMap | null => {
    const resolved: unknown = isAlias(value) ? targets.get(value) : value;
    return isMap(resolved) ? resolved : null;
  };
  const program = ['run', 'module', 'network', 'pipeline']
    .map((key) => pair(top, key))
    .find((item) => item !== undefined);
  const params = pair(top, 'params');
  found.paramsLine = params ? lineOf(params.key) : null;
  found.runLine = found.paramsLine ?? (program ? lineOf(program.key) : null);
  const network = pair(top, 'network');
  const optimizer = group(network?.value) ? pair(group(network?.value)!, 'optimizer') : undefined;
  const settings = group(optimizer?.value);
  const rate = (settings && pair(settings, 'learningRate')) ?? optimizer;
  found.rateLine = rate ? lineOf(rate.key) : null;
  const pipeline = pair(top, 'pipeline')?.value;
  const listed: unknown = isAlias(pipeline) ? targets.get(pipeline) : pipeline;
  for (const item of isSeq(listed) ? listed.items : []) {
    const stage = group(item);
    const named = stage ? pair(stage, 'stage') : undefined;
    const line = named ? lineOf(named.key) : null;
    if (line !== null && isScalar(named!.value)) found.stages.push({ name: String(named!.value.value), line });
  }
  const search = pair(top, 'search');
  found.searchLine = search ? lineOf(search.key) : null;

  const list = (map: YAMLMap | null, where: 'params' | 'space', prefix: string): void => {
    for (const item of map?.items ?? []) {
      if (!isPair(item) || !isScalar(item.key) || item.key.value === null || item.key.value === '<<') continue;
      const line = lineOf(item.key);
      const name = prefix + String(item.key.value);
      const nested = where === 'params' ? group(item.value) : null;
      if (nested) list(nested, where, `${name}.`);
      else if (line !== null) found.parameters.push({ name, line, where });
    }
  };
  list(params ? group(params.value) : null, 'params', '');
  const inSearch = search ? group(search.value) : null;
  const space = inSearch ? pair(inSearch, 'space') : undefined;
  list(space ? group(space.value) : null, 'space', '');
  return found;
}

/** For texts that have no structure yet: top-level keys by their looks. */
function byLines(text: string, found: FileLenses): FileLenses {
  for (const [line, content] of text.split('\n', 20_000).entries()) {
    const key = /^["']?(\w+)["']?\s*:/.exec(content)?.[1];
    if (key === 'params') found.paramsLine ??= line;
    else if (key === 'search') found.searchLine ??= line;
    else if (key === 'run' || key === 'module' || key === 'network' || key === 'pipeline') found.runLine ??= line;
  }
  found.runLine = found.paramsLine ?? found.runLine;
  return found;
}

/** LightningCLI: options are the parameters of the constructors of model and data module. */
import type { PythonModule } from '../python/module.js';
import { childrenOf, type SyntaxNode } from '../python/syntax.js';
import type { Found, Passing, ScriptArgument } from '../types.js';
import { annotatedType, argument, fitting, paramOf, typeOf } from './build.js';

export function findLightning(module: PythonModule): Found | null {
  const [call] = module.callsOf(/(^|\.)LightningCLI$/);
  if (!call) return null;
  const line = module.line(call.node);
  const group = (at: number, key: string, name: string) =>
    constructorArguments(module, call.positional[at] ?? call.keywords.get(key), name);
  const own = [...group(0, 'model_class', 'model'), ...group(1, 'datamodule_class', 'data')];
  const trainer: ScriptArgument[] = [
    {
      name: 'trainer.max_epochs',
      kind: 'int',
      isList: false,
      required: false,
      line,
      value: defaultEpochs(module, call.keywords.get('trainer_defaults')) ?? 10,
      pass: { how: 'option', option: '--trainer.max_epochs', joined: true },
    },
  ];
  const runs = module.literal(call.keywords.get('run'));
  const prefix = runs?.type === 'boolean' && !runs.value ? [] : ['fit'];
  return { parser: 'lightning', arguments: [...own, ...trainer], prefix, line, notes: [] };
}

function constructorArguments(module: PythonModule, node: SyntaxNode | undefined, group: string): ScriptArgument[] {
  const found = node && module.classes.get(module.source.dotted(node));
  const init =
    found &&
    childrenOf(found.node.getChild('Body') ?? found.node).find(
      (each) =>
        each.name === 'FunctionDefinition' && module.source.dotted(each.getChild('VariableName')) === '__init__',
    );
  if (!init) return [];
  return module.parametersOf(init).flatMap((declared): ScriptArgument[] => {
    const literal = module.literal(declared.value);
    const type = annotatedType(module, declared.annotationNode) ?? typeOf(literal);
    if (!type) return [];
    const option = `--${group}.${declared.name}`;
    const words = type.kind === 'boolean' && { words: { on: 'true', off: 'false' } };
    const pass: Passing = { how: 'option', option, joined: true, ...words };
    const value = fitting(paramOf(literal), type);
    return [
      argument({
        name: `${group}.${declared.name}`,
        kind: type.kind,
        isList: type.isList,
        value,
        choices: type.choices,
        required: declared.value === null,
        line: module.line(declared.node),
        pass,
      }),
    ];
  });
}

function defaultEpochs(module: PythonModule, node: SyntaxNode | undefined): number | undefined {
  const defaults = module.literal(node);
  const entry = defaults?.type === 'group' ? defaults.entries.find(([key]) => key === 'max_epochs')?.[1] : undefined;
  return entry?.type === 'int' ? entry.value : undefined;
}

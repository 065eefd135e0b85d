import ts from 'typescript';

/** The declaration of the module `tunesmith/training`, from the file that describes what it exports. */
export function trainingTypes(text) {
  const source = ts.createSourceFile('types.ts', text, ts.ScriptTarget.Latest, true);
  const api = source.statements.find((one) => ts.isInterfaceDeclaration(one) && one.name.text === 'TrainingApi');
  if (!api) throw new Error('src/training/api/types.ts has no interface TrainingApi');
  const names = api.members.map((member) => member.name.getText());
  const exported = names.map((name) => `export const ${name}: TrainingApi['${name}'];`);
  const body = `${text.slice(text.indexOf('import type'))}\n${exported.join('\n')}`
    // Without TensorFlow.js beside the program, \`tf\` is \`any\` there.
    .replace(
      /^import type/m,
      '// @ts-ignore: its types are known where @tensorflow/tfjs-core is installed\nimport type',
    );
  const indented = body.replace(/^(?=.)/gm, '  ').trimEnd();
  return (
    '// Written by Tunesmith: the types of what a training program may import. `tunesmith types` writes it anew.\n' +
    `declare module 'tunesmith/training' {\n${indented}\n}\n`
  );
}

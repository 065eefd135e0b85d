/** Name of a tool in the editor, where tools of all extensions meet. */
export const editorName = <N extends string>(name: N): `tunesmith_${N}` => `tunesmith_${name}`;

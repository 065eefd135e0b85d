/** Declarations at the top of a Python file: imports, constants, functions and classes. */
import { literalOf, type Literal } from './literals.js';
import { childrenOf, splitAtCommas, PythonSource, type Call, type SyntaxNode } from './syntax.js';

/** A parameter of a function, or a field of a class. */
export interface Declared {
  name: string;
  /** As written, without blanks; empty when there is none. */
  annotation: string;
  annotationNode: SyntaxNode | null;
  value: SyntaxNode | null;
  node: SyntaxNode;
  /** Text below a field that explains it. */
  doc?: string | undefined;
}

export class PythonModule {
  private readonly imports = new Map<string, string>();
  private readonly constants = new Map<string, Literal | null>();
  readonly functions = new Map<string, { node: SyntaxNode; decorators: Call[] }>();
  readonly classes = new Map<string, { node: SyntaxNode; decorators: Call[]; bases: string[] }>();
  /** Statements at the top of the file. */
  readonly statements: SyntaxNode[];

  private constructor(readonly source: PythonSource) {
    this.statements = childrenOf(source.tree.topNode);
    for (const node of source.all('ImportStatement')) this.readImport(source.textOf(node));
    for (const statement of this.statements) this.readStatement(statement, []);
  }

  static parse(text: string): PythonModule | null {
    const source = PythonSource.parse(text);
    return source && new PythonModule(source);
  }

  /**
   * Returns the full name that a dotted name in this file refers to: `ap.ArgumentParser` is `argparse.ArgumentParser`.
   */
  resolve(dotted: string): string {
    const [first, ...rest] = dotted.split('.');
    const imported = this.imports.get(first!);
    return imported === undefined ? dotted : [imported, ...rest].join('.');
  }

  /** True when the file imports the module, or something of it. */
  imported(module: string): boolean {
    return [...this.imports.values()].some((name) => name === module || name.startsWith(`${module}.`));
  }

  /** Calls of a function by the full name or the end of it: `tyro.cli`. */
  callsOf(pattern: RegExp): Call[] {
    return this.source.calls().filter(({ callee }) => callee !== '' && pattern.test(this.resolve(callee)));
  }

  literal(node: SyntaxNode | null | undefined): Literal | undefined {
    return literalOf(this.source, node, (name) => this.constants.get(name) ?? undefined);
  }

  text(node: SyntaxNode | null | undefined): string | undefined {
    const literal = this.literal(node);
    return literal?.type === 'text' ? literal.value : undefined;
  }

  constant(name: string): Literal | undefined {
    return this.constants.get(name) ?? undefined;
  }

  line(node: SyntaxNode): number {
    return this.source.lineAt(node.from);
  }

  /** Parameters of a function without `self`, `*args` and `**kwargs`. */
  parametersOf(fn: SyntaxNode): Declared[] {
    return splitAtCommas(fn.getChild('ParamList')).flatMap((parts) => {
      const [first] = parts;
      if (first?.name !== 'VariableName' || this.source.textOf(first) === 'self') return [];
      return [this.declared(first, parts.slice(1))];
    });
  }

  /**
   * Annotated fields of a class, after those of its bases in this file; a field declared again replaces the earlier
   * one.
   */
  fieldsOf(name: string, seen: ReadonlySet<string> = new Set()): Declared[] {
    const found = this.classes.get(name);
    if (!found || seen.has(name) || seen.size > 20) return [];
    const fields = new Map<string, Declared>();
    for (const base of found.bases) for (const field of this.fieldsOf(base, new Set([...seen, name])))
      fields.set(field.name, field);
    for (const statement of childrenOf(found.node.getChild('Body') ?? found.node)) {
      const parts = statement.name === 'AssignStatement' ? childrenOf(statement) : [];
      if (parts[0]?.name !== 'VariableName' || parts[1]?.name !== 'TypeDef') continue;
      const field = this.declared(parts[0], parts.slice(1));
      const next = statement.nextSibling;
      const doc = next?.name === 'ExpressionStatement' ? this.text(next.firstChild) : undefined;
      fields.set(field.name, { ...field, doc });
    }
    return [...fields.values()];
  }

  /** Values of the members of an enumeration in this file. */
  enumValues(name: string): Literal[] | undefined {
    const found = this.classes.get(name);
    if (!found?.bases.some((base) => /Enum$/.test(base))) return undefined;
    return childrenOf(found.node.getChild('Body') ?? found.node).flatMap((statement) => {
      const value = statement.name === 'AssignStatement' ? this.literal(statement.lastChild) : undefined;
      return value ? [value] : [];
    });
  }

  /** The value of one member of such an enumeration. */
  enumMember(name: string, member: string): Literal | undefined {
    const body = this.enumValues(name) && this.classes.get(name)?.node.getChild('Body');
    const statement = body && childrenOf(body).find((each) => this.source.dotted(each.firstChild) === member);
    return statement ? this.literal(statement.lastChild) : undefined;
  }

  private declared(name: SyntaxNode, rest: SyntaxNode[]): Declared {
    const type = rest.find((part) => part.name === 'TypeDef') ?? null;
    const assign = rest.findIndex((part) => part.name === 'AssignOp');
    return {
      name: this.source.textOf(name),
      annotation: type ? this.source.textOf(type).replace(/^:/, '').replace(/\s+/g, '') : '',
      annotationNode: type?.lastChild ?? null,
      value: assign < 0 ? null : (rest[assign + 1] ?? null),
      node: name,
    };
  }

  private readImport(text: string): void {
    const flat = text.replace(/\\\n|[()\n]/g, ' ').replace(/#.*/g, '');
    const from = /^from\s+(\S+)\s+import\s+(.*)$/s.exec(flat);
    const list = from?.[2] ?? /^import\s+(.*)$/s.exec(flat)?.[1] ?? '';
    for (const item of list.split(',').slice(0, 500)) {
      const [, name, as] = /^\s*([\w.]+)(?:\s+as\s+(\w+))?\s*$/.exec(item) ?? [];
      if (name === undefined) continue;
      if (from) this.imports.set(as ?? name, `${from[1]}.${name}`);
      else this.imports.set(as ?? name.split('.')[0]!, as ? name : name.split('.')[0]!);
    }
  }

  private readStatement(statement: SyntaxNode, decorators: Call[]): void {
    switch (statement.name) {
      case 'DecoratedStatement': {
        const own = statement.getChildren('Decorator').map((node) => this.source.decoratorOf(node));
        const inner = statement.getChild('FunctionDefinition') ?? statement.getChild('ClassDefinition');
        if (inner) this.readStatement(inner, own);
        break;
      }
      case 'FunctionDefinition': {
        const name = statement.getChild('VariableName');
        if (name) this.functions.set(this.source.textOf(name), { node: statement, decorators });
        break;
      }
      case 'ClassDefinition': {
        const name = statement.getChild('VariableName');
        const bases = splitAtCommas(statement.getChild('ArgList')).flatMap(([base]) => this.source.dotted(base!) || []);
        if (name) this.classes.set(this.source.textOf(name), { node: statement, decorators, bases });
        break;
      }
      case 'AssignStatement': {
        const [name] = childrenOf(statement);
        if (name?.name !== 'VariableName' || statement.getChildren('AssignOp').length !== 1) break;
        const text = this.source.textOf(name);
        // A name with two values has no known value.
        this.constants.set(text, this.constants.has(text) ? null : (this.literal(statement.lastChild) ?? null));
      }
    }
  }
}

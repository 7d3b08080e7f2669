/** Which types and errors the declarations of entry points mention that nobody can import from them. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseSync } from 'vite';

/** A node of the syntax tree (ESTree with TypeScript's nodes): what is read of it. */
interface Syntax {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly name?: string | Syntax;
  readonly value?: string;
  readonly body?: readonly Syntax[];
  readonly id?: Syntax;
  readonly declaration?: Syntax | null;
  readonly declarations?: readonly Syntax[];
  readonly specifiers?: readonly Syntax[];
  readonly source?: Syntax;
  readonly kind?: string;
  readonly exportKind?: string;
  readonly local?: Syntax;
  readonly imported?: Syntax;
  readonly exported?: Syntax;
  readonly typeName?: Syntax;
  readonly expression?: Syntax;
  readonly left?: Syntax;
}

/** A declaration: its name in the file that holds it. */
interface Place {
  readonly file: string;
  readonly name: string;
  /** Handed out as a type alone: of a class nobody can call the constructor. */
  readonly typeOnly?: boolean;
}

interface Declarations {
  /** By name in the file; several of one name are overloads, or a type and a value. */
  readonly declared: ReadonlyMap<string, readonly Syntax[]>;
  /** What other files' names are called here. */
  readonly imported: ReadonlyMap<string, Place>;
  readonly exported: ReadonlyMap<string, Place>;
  /** The errors that the comments of a declaration tell of. */
  readonly thrown: ReadonlyMap<string, readonly string[]>;
  /** Files all of whose exports are handed on. */
  readonly handedOn: readonly string[];
}

const nameOf = (node: Syntax | undefined) => String(node?.name ?? node?.value);

function parse(file: string): Declarations {
  const source = readFileSync(file, 'utf8');
  const { program, comments } = parseSync(file, source);
  const declared = new Map<string, Syntax[]>();
  const imported = new Map<string, Place>();
  const exported = new Map<string, Place>();
  const thrown = new Map<string, string[]>();
  const handedOn: string[] = [];
  const fileOf = ({ value }: Syntax) => join(dirname(file), String(value).replace(/\.js$/, '.d.ts'));
  for (const statement of program.body as unknown as readonly Syntax[]) {
    const { type, start, end, source: origin, specifiers = [] } = statement;
    const declaration = statement.declaration ?? statement;
    const from = origin && nameOf(origin).startsWith('.') ? fileOf(origin) : undefined;
    const above = comments.findLast((comment) => comment.end <= start);
    const text = source.slice(
      above && source.slice(above.end, start).trim() === '' ? above.start : start,
      end,
    );
    const told = [...text.matchAll(/@throws(.*?)(?:@|\*\/)/gs)].join();
    const errors = told.match(/\b[A-Z]\w*Error\b/g) ?? [];
    if (type === 'ExportAllDeclaration' && from) handedOn.push(from);
    for (const { local, imported: there, exported: outside, exportKind } of specifiers) {
      const name = nameOf(there ?? local);
      if (type === 'ImportDeclaration' && from) imported.set(nameOf(local), { file: from, name });
      if (type === 'ExportNamedDeclaration') {
        const typeOnly = statement.exportKind === 'type' || exportKind === 'type';
        exported.set(nameOf(outside), { file: from ?? file, name, typeOnly });
      }
    }
    for (const each of declaration.declarations ?? [declaration]) {
      if (!each.id) continue;
      const name = nameOf(each.id);
      declared.set(name, [...(declared.get(name) ?? []), each]);
      thrown.set(name, [...(thrown.get(name) ?? []), ...errors]);
      if (type === 'ExportNamedDeclaration') exported.set(name, { file, name });
    }
  }
  return { declared, imported, exported, thrown, handedOn };
}

/** Names of types in a declaration, but those of its own parameters. */
function typesIn(declarations: readonly Syntax[], typeOnly = false): Set<string> {
  const mentioned = new Set<string>();
  const own = new Set<string>();
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit);
    if (typeof node !== 'object' || node === null || !('type' in node)) return;
    const { type, name, kind, typeName, expression } = node as Syntax;
    if (typeOnly && kind === 'constructor') return;
    let named = type === 'TSTypeReference' ? typeName : undefined;
    if (type === 'TSInterfaceHeritage' || type === 'TSClassImplements') named = expression;
    while (named?.left) named = named.left;
    if (named) mentioned.add(nameOf(named));
    if (type === 'TSTypeParameter') own.add(typeof name === 'string' ? name : nameOf(name));
    Object.values(node).forEach(visit);
  };
  declarations.forEach(visit);
  return new Set([...mentioned].filter((name) => !own.has(name)));
}

/**
 * @param entries paths of the entry points' declarations (`.d.ts`).
 * @returns a line for each hidden type or error: where it is declared, its name, and what mentions it.
 */
export function hiddenTypes(entries: readonly string[]): string[] {
  const parsed = new Map<string, Declarations>();
  const read = (file: string) => {
    const known = parsed.get(file) ?? parse(file);
    parsed.set(file, known);
    return known;
  };
  /** Where a name of a file is declared, however often it was handed on. */
  const find = ({ file, name }: Place): Place | undefined => {
    const { declared, imported, exported, handedOn } = read(file);
    if (declared.has(name)) return { file, name };
    const next = imported.get(name) ?? exported.get(name);
    if (next && !(next.file === file && next.name === name)) return find(next);
    for (const other of handedOn) {
      const found = find({ file: other, name });
      if (found) return found;
    }
    return undefined;
  };
  const exportsOf = (file: string): Place[] => {
    const { exported, handedOn } = read(file);
    return [...exported.values(), ...handedOn.flatMap(exportsOf)];
  };
  const key = ({ file, name }: Place) => `${relative(process.cwd(), file)} ${name}`;
  const open = new Map<string, Place>();
  for (const shown of entries.flatMap(exportsOf)) {
    const place = find(shown);
    if (!place) continue;
    const typeOnly = shown.typeOnly && (open.get(key(place))?.typeOnly ?? true);
    open.set(key(place), { ...place, typeOnly });
  }
  const names = new Set([...open.values()].map(({ name }) => name));
  const hidden = new Map<string, string>();
  for (const [mentioner, { file, name, typeOnly }] of open) {
    for (const type of typesIn(read(file).declared.get(name) ?? [], typeOnly)) {
      const place = find({ file, name: type });
      if (place && !open.has(key(place))) hidden.set(key(place), mentioner);
    }
    for (const error of read(file).thrown.get(name) ?? []) {
      if (!(error in globalThis || names.has(error))) hidden.set(error, mentioner);
    }
  }
  return [...hidden].map(([type, mentioner]) => `${type}, mentioned by ${mentioner}`).sort();
}

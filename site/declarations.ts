/** What the declarations that the compiler writes (`.d.ts`) say: names, comments, and where each comes from. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSync } from 'vite';

/** A node of the syntax tree (ESTree with TypeScript's nodes): what is read of it. */
export interface Syntax {
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
export interface Place {
  readonly file: string;
  readonly name: string;
  /** Handed out as a type alone: of a class nobody can call the constructor. */
  readonly typeOnly?: boolean;
}

/** One statement that declares a name; several of one name are overloads, or a type and a value. */
export interface Declared {
  readonly syntax: Syntax;
  /** The source of the statement, without what exports it. */
  readonly text: string;
  /** The comment above it, as it stands there; empty where there is none. */
  readonly comment: string;
}

/** What one file says. */
interface FileDeclarations {
  /** The comment that begins the file. */
  readonly comment: string;
  readonly declared: ReadonlyMap<string, readonly Declared[]>;
  /** What other files' names are called here. */
  readonly imported: ReadonlyMap<string, Place>;
  /** By the names that others see. */
  readonly exported: ReadonlyMap<string, Place>;
  /** Files all of whose exports are handed on. */
  readonly handedOn: readonly string[];
}

/** The name of an identifier, or a module's. */
export const nameOf = (node: Syntax | undefined) => String(node?.name ?? node?.value);

/** The declarations of what package.json names with a `#`, as Node has them. */
function ownImport(name: string, folder: string): string {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return ownImport(name, dirname(folder));
  return join(folder, JSON.parse(readFileSync(file, 'utf8')).imports[name].default.types);
}

function parse(file: string): FileDeclarations {
  const source = readFileSync(file, 'utf8');
  const { program, comments } = parseSync(file, source);
  const declared = new Map<string, Declared[]>();
  const imported = new Map<string, Place>();
  const exported = new Map<string, Place>();
  const handedOn: string[] = [];
  const fileOf = (name: string): string | undefined => {
    if (name.startsWith('#')) return ownImport(name, dirname(file));
    return name.startsWith('.') ? join(dirname(file), name.replace(/\.js$/, '.d.ts')) : undefined;
  };
  for (const statement of program.body as unknown as readonly Syntax[]) {
    const { type, start, end, source: origin, specifiers = [] } = statement;
    const declaration = statement.declaration ?? statement;
    const from = origin && fileOf(nameOf(origin));
    const above = comments.findLast((comment) => comment.end <= start);
    const isOwn = above !== undefined && source.slice(above.end, start).trim() === '';
    const comment = isOwn ? source.slice(above.start, above.end) : '';
    if (type === 'ExportAllDeclaration' && from) handedOn.push(from);
    for (const { local, imported: there, exported: outside, exportKind } of specifiers) {
      const name = nameOf(there ?? local);
      if (type === 'ImportDeclaration' && from) imported.set(nameOf(local), { file: from, name });
      if (type === 'ExportNamedDeclaration') {
        const typeOnly = statement.exportKind === 'type' || exportKind === 'type';
        exported.set(nameOf(outside), { file: from ?? file, name, typeOnly });
      }
    }
    for (const syntax of declaration.declarations ?? [declaration]) {
      if (!syntax.id) continue;
      const name = nameOf(syntax.id);
      const text = source.slice(declaration.start, end).replace(/^declare /, '');
      declared.set(name, [...(declared.get(name) ?? []), { syntax, text, comment }]);
      if (type === 'ExportNamedDeclaration') exported.set(name, { file, name });
    }
  }
  const [first] = comments;
  const comment = first?.start === 0 ? source.slice(first.start, first.end) : '';
  return { comment, declared, imported, exported, handedOn };
}

/** Files of declarations, each read once. */
export class Declarations {
  readonly #files = new Map<string, FileDeclarations>();

  #read(file: string): FileDeclarations {
    const known = this.#files.get(file) ?? parse(file);
    this.#files.set(file, known);
    return known;
  }

  /** The comment that begins a file. */
  commentOf(file: string): string {
    return this.#read(file).comment;
  }

  /** The statements that declare a name in the file that holds it. */
  at({ file, name }: Place): readonly Declared[] {
    return this.#read(file).declared.get(name) ?? [];
  }

  /** Where a name of a file is declared, however often it was handed on. */
  find({ file, name }: Place): Place | undefined {
    const { declared, imported, exported, handedOn } = this.#read(file);
    if (declared.has(name)) return { file, name };
    const next = imported.get(name) ?? exported.get(name);
    if (next && !(next.file === file && next.name === name)) return this.find(next);
    for (const other of handedOn) {
      const found = this.find({ file: other, name });
      if (found) return found;
    }
    return undefined;
  }

  /** What a file hands out, by the names that others see. */
  exportsOf(file: string): readonly (readonly [string, Place])[] {
    const { exported, handedOn } = this.#read(file);
    return [...exported, ...handedOn.flatMap((other) => this.exportsOf(other))];
  }
}

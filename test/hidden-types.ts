/** Which types and errors the declarations of entry points mention that nobody can import from them. */
import { relative } from 'node:path';
import { Declarations, type Declared, nameOf, type Place, type Syntax } from '../site/declarations.js';

/** Names of types in a declaration, but those of its own parameters. */
function typesIn(declarations: readonly Declared[], typeOnly = false): Set<string> {
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
  for (const { syntax } of declarations) visit(syntax);
  return new Set([...mentioned].filter((name) => !own.has(name)));
}

/** The errors that the comments of a declaration, and of its members, tell of. */
function thrownBy(declarations: readonly Declared[]): string[] {
  return declarations.flatMap(({ comment, text }) => {
    const told = [...`${comment}${text}`.matchAll(/@throws(.*?)(?:@|\*\/)/gs)].join();
    return told.match(/\b[A-Z]\w*Error\b/g) ?? [];
  });
}

/**
 * @param entries paths of the entry points' declarations (`.d.ts`).
 * @returns a line for each hidden type or error: where it is declared, its name, and what mentions it.
 */
export function hiddenTypes(entries: readonly string[]): string[] {
  const declarations = new Declarations();
  const key = ({ file, name }: Place) => `${relative(process.cwd(), file)} ${name}`;
  const open = new Map<string, Place>();
  for (const [, shown] of entries.flatMap((file) => declarations.exportsOf(file))) {
    const place = declarations.find(shown);
    if (!place) continue;
    const typeOnly = shown.typeOnly && (open.get(key(place))?.typeOnly ?? true);
    open.set(key(place), { ...place, typeOnly });
  }
  const names = new Set([...open.values()].map(({ name }) => name));
  const hidden = new Map<string, string>();
  for (const [mentioner, place] of open) {
    const declared = declarations.at(place);
    for (const type of typesIn(declared, place.typeOnly)) {
      const found = declarations.find({ file: place.file, name: type });
      if (found && !open.has(key(found))) hidden.set(key(found), mentioner);
    }
    for (const error of thrownBy(declared)) {
      if (!(error in globalThis || names.has(error))) hidden.set(error, mentioner);
    }
  }
  return [...hidden].map(([type, mentioner]) => `${type}, mentioned by ${mentioner}`).sort();
}

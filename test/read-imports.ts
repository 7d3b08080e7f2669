/** Every import that a source states, read by a parser of TypeScript. */
import assert from 'node:assert/strict';
import { parseSync } from 'vite';

export interface Import {
  readonly specifier: string;
  /** `import type` and the like: gone when the program runs. */
  readonly typeOnly: boolean;
  /** The address of a thread's program: an arrow, but nothing that is loaded here. */
  readonly thread: boolean;
}

/** What is read of a node of the syntax tree (ESTree with TypeScript's nodes). */
interface Syntax {
  readonly type: string;
  readonly name?: string;
  readonly value?: unknown;
  readonly source?: Syntax;
  readonly expression?: Syntax;
  readonly callee?: Syntax;
  readonly arguments?: readonly Syntax[];
  readonly importKind?: string;
  readonly exportKind?: string;
}

/** Every way in which TypeScript names another module. */
export function importsOf(file: string, source: string): Import[] {
  const { program, errors } = parseSync(file, source);
  assert.deepEqual(errors, [], file);
  const found: Import[] = [];
  const add = ({ value }: Syntax, typeOnly = false, thread = false) => {
    assert.equal(typeof value, 'string', `${file}: an import whose target is not written out`);
    found.push({ specifier: String(value), typeOnly, thread });
  };
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit);
    if (typeof node !== 'object' || node === null || !('type' in node)) return;
    const { type, source, importKind, exportKind, expression, callee, arguments: given } = node as Syntax;
    if (/^(ImportDeclaration|Export(All|Named)Declaration|ImportExpression)$/.test(type) && source) {
      add(source, importKind === 'type' || exportKind === 'type');
    }
    if (type === 'TSImportType' && source) add(source, true);
    if (type === 'TSExternalModuleReference' && expression) add(expression);
    const address = type === 'NewExpression' && callee?.name === 'URL' ? given?.[0] : undefined;
    if (address && /\.[jt]s$/.test(String(address.value))) add(address, false, true);
    Object.values(node).forEach(visit);
  };
  visit(program);
  return found;
}

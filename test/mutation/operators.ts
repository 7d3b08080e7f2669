/** Small wrongs that a program may have: each changes one operator, number or condition of a file's text. */
import { parseAst } from 'vite';

/** A change of a text. */
export interface Mutation {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The part of a syntax tree (ESTree) that is looked at. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly operator: string;
  readonly prefix: boolean;
  readonly value: unknown;
  readonly name: string;
  readonly left: Node;
  readonly right: Node;
  readonly test: Node | null;
  readonly argument: Node;
  readonly callee: Node;
  readonly object: Node;
  readonly property: Node;
}

const OPERATORS: Readonly<Record<string, string>> = {
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '&&': '||',
  '||': '&&',
  '+=': '-=',
  '-=': '+=',
  '*=': '/=',
  '++': '--',
  '--': '++',
};
const FUNCTIONS: Readonly<Record<string, string>> = { min: 'max', max: 'min', floor: 'ceil', ceil: 'floor' };

/** What words are made of, where a changed operator shows in a message alone. */
const isText = ({ type, value }: Node) => type === 'TemplateLiteral' || typeof value === 'string';

/** All mutations of a module's text, in the order of the text. */
export function mutationsOf(text: string): Mutation[] {
  const found: Mutation[] = [];
  visit(parseAst(text) as unknown as Node, text, found);
  return found.sort((a, b) => a.start - b.start);
}

function visit(node: Node, text: string, found: Mutation[]): void {
  if (node.type === 'ThrowStatement') return;
  const mutation = mutationOf(node, text);
  if (mutation) found.push(mutation);
  for (const child of Object.values(node) as unknown[]) {
    for (const each of Array.isArray(child) ? child : [child]) {
      if (typeof each === 'object' && each !== null && 'type' in each) visit(each as Node, text, found);
    }
  }
}

function mutationOf(node: Node, text: string): Mutation | undefined {
  const { type, start, end } = node;
  switch (type) {
    case 'BinaryExpression':
    case 'LogicalExpression':
    case 'AssignmentExpression':
      return isText(node.left) || isText(node.right) ? undefined : operatorBetween(node, text);
    case 'UpdateExpression': {
      const at = node.prefix ? start : end - 2;
      return { start: at, end: at + 2, text: OPERATORS[node.operator] };
    }
    case 'UnaryExpression':
      return node.operator === '!' || node.operator === '-' ? { start, end: start + 1, text: '' } : undefined;
    case 'IfStatement':
    case 'ConditionalExpression':
      return node.test
        ? {
            start: node.test.start,
            end: node.test.end,
            text: `!(${text.slice(node.test.start, node.test.end)})`,
          }
        : undefined;
    case 'Literal':
      if (typeof node.value === 'boolean') return { start, end, text: String(!node.value) };
      return typeof node.value === 'number' ? { start, end, text: `(${node.value + 1})` } : undefined;
    case 'CallExpression':
      return callOfMath(node.callee);
    default:
      return undefined;
  }
}

function operatorBetween({ left, right, operator }: Node, text: string): Mutation | undefined {
  const other = OPERATORS[operator];
  const start = text.indexOf(operator, left.end);
  return other === undefined || start < 0 || start >= right.start
    ? undefined
    : { start, end: start + operator.length, text: other };
}

function callOfMath({ type, object, property }: Node): Mutation | undefined {
  const other = type === 'MemberExpression' && object.name === 'Math' ? FUNCTIONS[property.name] : undefined;
  return other === undefined ? undefined : { start: property.start, end: property.end, text: other };
}

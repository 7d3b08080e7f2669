/** What is wrong with a recipe, in words: the checking library's findings as one line. */
import type { z } from 'zod';

/** The key that is wrong, what was expected of it and what `recipe` has there. */
export function describeIssue(issue: z.core.$ZodIssue, recipe: unknown): string {
  const key = issue.path.length > 0 ? issue.path.map(String).join('.') : 'the recipe';
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.map((name) => [...issue.path.map(String), name].join('.'));
    return `unknown key ${names.join(', ')}`;
  }
  const found = issue.path.reduce<unknown>(
    (value, part) => (value as Record<PropertyKey, unknown> | undefined)?.[part],
    recipe,
  );
  const got = found === undefined ? 'nothing' : JSON.stringify(found);
  return `${key}: ${expectation(issue)}, got ${got.length > 60 ? `${got.slice(0, 60)}…` : got}`;
}

/** What was expected, in words. */
function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${issue.expected === 'int' ? 'a whole number' : `${article(issue.expected)} ${issue.expected}`}`;
    case 'too_small':
      return `expected ${issue.origin === 'array' ? 'a list of ' : ''}${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'too_big':
      return `expected ${issue.origin === 'array' ? 'a list of ' : ''}${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
    case 'not_multiple_of':
      return `expected a multiple of ${issue.divisor}`;
    case 'invalid_value':
      return `expected ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'invalid_union':
      return 'expected "hinge" or "dualSoftmax"';
    default:
      return issue.message;
  }
}

function article(noun: string): string {
  return /^[aeiou]/.test(noun) ? 'an' : 'a';
}

/** `superpoint recipes`: the recipes that come with the package, and what each needs. */
import { readdirSync } from 'node:fs';
import type { Command } from 'commander';
import { type Recipe, readRecipe } from '../training/recipe.js';
import { printJson, printLines } from './output.js';

interface RecipesOptions {
  readonly json?: boolean;
}

/** Adds the command. */
export function registerRecipes(program: Command): void {
  program
    .command('recipes')
    .description('list the recipes that come with the package, or print one with what it needs')
    .argument('[recipe]', 'name of one, or a JSON file: printed with all defaults filled in')
    .option('--json', 'print the result as JSON')
    .action(runRecipes);
}

async function runRecipes(name: string | undefined, { json }: RecipesOptions): Promise<void> {
  if (name === undefined) {
    const all = await Promise.all(shippedRecipes().map(readRecipe));
    if (json) printJson(all.map(summary));
    else printLines(...all.map((recipe) => `${recipe.name.padEnd(20)}${describe(recipe)}`));
    return;
  }
  const recipe = await readRecipe(name);
  const chain = await recipesBefore(recipe);
  if (json) printJson({ ...summary(recipe), chain: chain.map(summary), recipe });
  else {
    const steps = [...chain, recipe].map((each) => `${each.name} (${stepsOf(each)} steps)`);
    printLines(`follows: ${steps.join(', ')}`, `photographs: ${photographs(recipe)}`);
    printLines(JSON.stringify(recipe, null, 2));
  }
}

/** Names of the recipes in the package. */
export function shippedRecipes(): string[] {
  const files = readdirSync(new URL('../../../recipes', import.meta.url));
  return files.flatMap((file) => /^(.+)\.json$/.exec(file)?.[1] ?? []).sort();
}

/** The recipes that another one follows, takes labels or learns from, in the order in which they are followed. */
async function recipesBefore(recipe: Recipe): Promise<Recipe[]> {
  const found = new Map<string, Recipe>();
  const visit = async ({ after, labeller, teacher }: Recipe): Promise<void> => {
    for (const name of [after, labeller, teacher]) {
      if (name === undefined || found.has(name)) continue;
      const before = await readRecipe(name);
      await visit(before);
      found.set(name, before);
    }
  };
  await visit(recipe);
  return [...found.values()];
}

/** Steps of all its stages; those on photographs between two rounds are taken once a round but the last. */
function stepsOf({ magicpoint, photographs, adaptation, superpoint }: Recipe): number {
  return (magicpoint?.steps ?? 0) + (photographs?.steps ?? 0) * (adaptation.length - 1) + superpoint.steps;
}

function summary(recipe: Recipe) {
  const { name, network, after = null, labeller = null, teacher = null } = recipe;
  return { name, network, after, labeller, teacher, steps: stepsOf(recipe) };
}

function describe(recipe: Recipe): string {
  const { network, after, labeller, teacher } = recipe;
  const facts = [`channels ${network.encoder.join('-')}`, `descriptors of ${network.descriptor}`];
  facts.push(`${stepsOf(recipe)} steps`);
  if (after) facts.push(`after ${after}`);
  if (labeller) facts.push(`labels by ${labeller}`);
  if (teacher) facts.push(`teacher ${teacher}`);
  return facts.join(', ');
}

function photographs({ smallestPhotograph, maxPhotographs, heldBack }: Recipe): string {
  const size = smallestPhotograph ? `of at least ${smallestPhotograph.join('x')}` : 'of any size';
  const count = maxPhotographs === undefined ? 'all of them' : `at most ${maxPhotographs}`;
  return `${size}, ${count}, ${100 * heldBack} % held back`;
}

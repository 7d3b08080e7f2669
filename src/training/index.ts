/** `superpoint/training`: from nothing to SuperPoint (Node). */
export { type AdaptFolderSettings, adaptFolder } from '../adaptation/adapt-folder.js';
export { type AdaptationOptions, adaptImage, networkDetector } from '../adaptation/adapt-image.js';
export { type PhotoLabels, readLabels } from '../adaptation/labels.js';
export { openPhotoStores, type ReproduceOptions, readStartingPoint, reproduce } from './pipeline.js';
export { parseRecipe, type Recipe, readRecipe } from './recipe.js';
export { type RunOptions, type RunResult, runStage, type Stage } from './run.js';
export { magicPointStage, photographStage, superPointStage } from './stages.js';

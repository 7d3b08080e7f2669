/** The models that come with the package, by name. Whole literals, which bundlers can follow. */
export const SHIPPED_MODELS: Readonly<Record<string, URL>> = {
  superpoint: new URL('../../../models/superpoint.safetensors', import.meta.url),
  'superpoint-int8': new URL('../../../models/superpoint-int8.safetensors', import.meta.url),
  'superpoint-small': new URL('../../../models/superpoint-small.safetensors', import.meta.url),
  'superpoint-small-int8': new URL('../../../models/superpoint-small-int8.safetensors', import.meta.url),
  'superpoint-tiny': new URL('../../../models/superpoint-tiny.safetensors', import.meta.url),
  'superpoint-tiny-int8': new URL('../../../models/superpoint-tiny-int8.safetensors', import.meta.url),
  magicpoint: new URL('../../../models/magicpoint.safetensors', import.meta.url),
};

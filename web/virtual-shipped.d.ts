/** The large files of the page, as vite.config.ts found them when it was built or served. */
declare module 'virtual:shipped' {
  interface ShippedFile {
    readonly name: string;
    readonly url: string;
    readonly bytes: number;
  }
  export const MODELS: readonly ShippedFile[];
  export const RUNTIMES: { readonly wasm: ShippedFile; readonly webgpu: ShippedFile };
}

declare module 'libheif-js/wasm-bundle.js' {
  const heif: import('./heic.ts').Heif;
  export = heif;
}

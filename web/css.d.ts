/** Vite takes style sheets as imports. */
declare module '*.css';

/** And anything as the address under which it is served. */
declare module '*?url' {
  const address: string;
  // biome-ignore lint/style/noDefaultExport: this is how Vite gives it
  export default address;
}

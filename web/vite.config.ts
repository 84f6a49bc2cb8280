import preact from '@preact/preset-vite';
import { defineConfig } from 'vite';

/** `npm run dev` serves the page with reload; requests go to the device at PEERSTOR_DEV (default: port 8080). */
const device = process.env.PEERSTOR_DEV ?? 'http://127.0.0.1:8080';

// biome-ignore lint/style/noDefaultExport: Vite reads the default export
export default defineConfig({
  root: new URL('.', import.meta.url).pathname,
  plugins: [preact({ reactAliasesEnabled: false })],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // Newer than `target`: keeps light-dark() as it is.
    cssTarget: ['chrome125', 'firefox128', 'safari18'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': { target: device, ws: true }, '/healthz': device } },
});

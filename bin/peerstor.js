#!/usr/bin/env node
// Plain JavaScript that an old Node can read, so that it can say what to do instead of a syntax error.

const wanted = [24, 7];
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < wanted[0] || (major === wanted[0] && minor < wanted[1])) {
  process.stderr.write(
    `peerstor: this is Node ${process.versions.node}, and peerstor needs Node ${wanted.join('.')} or newer. ` +
      'Install it from nodejs.org, or in a checkout run "npm ci" and then "npx peerstor", which brings its own.\n',
  );
  process.exit(1);
}

// Chunks are hashed, sealed and written on libuv's pool; its default of 4 lets one slow disk hold up the rest.
process.env.UV_THREADPOOL_SIZE ??= '8';

// A gigabyte that runs through fresh buffers makes V8 look through its heap dozens of times for nothing; with this
// flag it counts them as what they are (src/model/memory.ts has the figures).
const { setFlagsFromString } = await import('node:v8');
setFlagsFromString('--external-memory-accounted-in-global-limit');

// A library asks whether this Node has certain new algorithms; that they are experimental concerns nobody who runs it.
const { emitWarning } = process;
process.emitWarning = (warning, ...more) => {
  if (more[0] !== 'ExperimentalWarning') emitWarning.call(process, warning, ...more);
};

// Compiled code is kept beside the other caches of this user: a faster start and less memory.
const { enableCompileCache } = await import('node:module');
enableCompileCache?.();

import('../dist/node/main.js').catch((error) => {
  if (error?.code === 'ERR_MODULE_NOT_FOUND' && String(error.message).includes('dist')) {
    process.stderr.write(
      'peerstor: this checkout is not built yet; run "npm ci" (or "npm run build") first.\n',
    );
  } else {
    process.stderr.write(`peerstor: ${error?.stack ?? error}\n`);
  }
  process.exit(1);
});

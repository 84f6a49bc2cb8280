/**
 * The process that decodes. Started by `media-child.ts` with a channel and little else; ends when the channel closes, and when it
 * grows beyond its bound.
 */
import { writeFileSync } from 'node:fs';
import type { FromChild, ToChild } from '../channel.ts';
import { childWatchMs, readBytesMax } from '../limits.ts';
import { openPixels } from './pixels.ts';
import { readContent } from './read-content.ts';

function say(message: FromChild): void {
  process.send?.(message);
}

/** The next message of the device: it answers each read before anything else. */
let answered: ((message: ToChild) => void) | undefined;
const waiting: ToChild[] = [];
process.on('message', (message: ToChild) => {
  if (!answered) waiting.push(message);
  else {
    const answer = answered;
    answered = undefined;
    answer(message);
  }
});
process.on('disconnect', () => process.exit(0));

function next(): Promise<ToChild> {
  const first = waiting.shift();
  if (first) return Promise.resolve(first);
  return new Promise((resolve) => {
    answered = resolve;
  });
}

async function read(start: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.max(0, end - start));
  for (let at = 0; at < bytes.length; ) {
    say({ kind: 'read', start: start + at, end: Math.min(end, start + at + readBytesMax) });
    const answer = await next();
    if (answer.kind !== 'bytes' || answer.bytes.length === 0) return bytes.subarray(0, at);
    bytes.set(answer.bytes, at);
    at += answer.bytes.length;
  }
  return bytes;
}

/** Of Linux: when memory runs out, this process is the first to go. */
try {
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Not there on other systems, or not allowed: the bounds below hold all the same.
}

const pixels = await openPixels();
say({ kind: 'ready', lack: 'lack' in pixels ? pixels.lack : null });
for (;;) {
  const job = await next();
  if (job.kind !== 'make') continue;
  const watch = setInterval(() => {
    // What decodes runs on threads of libvips, so this is heard in the middle of it.
    if (process.memoryUsage.rss() > job.limits.childBytesMax) process.exit(1);
  }, childWatchMs);
  const made = await readContent({ size: job.size, read }, pixels, job.limits);
  clearInterval(watch);
  say({ kind: 'made', made });
}

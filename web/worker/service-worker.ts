/**
 * Lets the page be installed, and lets it say in its own words that the device does not answer. It keeps files of the
 * page itself, which are the same for everybody, and nothing that comes from a drive: no name, no content, no answer
 * of the API (decision 0082).
 */
import { treatmentOf } from './requests.ts';

/** What the page needs to be drawn, and a hash of its names; both are put here by the build. */
declare const shellFiles: readonly string[];
declare const shellVersion: string;

/** The parts of a service worker's world that are used here; TypeScript has them only instead of those of a page. */
interface WorkerEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends WorkerEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface WorkerScope {
  readonly location: Location;
  readonly caches: CacheStorage;
  addEventListener(type: 'install' | 'activate', listener: (event: WorkerEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

const worker = self as object as WorkerScope;
const cacheName = `shell-${shellVersion}`;
/** Of one share; more are left out. */
const sharedMax = 1000;
/** From another app, until the page takes them. */
let shared: File[] = [];

worker.addEventListener('install', (event) => {
  event.waitUntil(worker.caches.open(cacheName).then((cache) => cache.addAll([...shellFiles])));
});

// A new version begins when no window of the old one is open, so none misses a part that only the old one has.
worker.addEventListener('activate', (event) => {
  event.waitUntil(
    worker.caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => name !== cacheName).map((name) => worker.caches.delete(name))),
      ),
  );
});

worker.addEventListener('fetch', (event) => {
  switch (treatmentOf(event.request, worker.location.origin)) {
    case 'page':
      return event.respondWith(pageFor(event.request));
    case 'asset':
      return event.respondWith(assetFor(event.request));
    case 'shared-files':
      return event.respondWith(takeIn(event.request));
    case 'none':
      return;
  }
});

worker.addEventListener('message', ({ data, ports: [port] }) => {
  if (data !== 'take-shared-files') return;
  port?.postMessage(shared);
  shared = [];
});

/** The newest page, where the device answers at all. */
async function pageFor(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await worker.caches.match('/', { cacheName });
    if (kept) return kept;
    throw error;
  }
}

/** Names of these files carry a hash of their content, so what was kept is never old. */
async function assetFor(request: Request): Promise<Response> {
  const cache = await worker.caches.open(cacheName);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && answer.type === 'basic') await cache.put(request, answer.clone());
  return answer;
}

async function takeIn(request: Request): Promise<Response> {
  const form = await request.formData();
  shared = form
    .getAll('files')
    .filter((value) => value instanceof File)
    .slice(0, sharedMax);
  return Response.redirect('/?shared', 303);
}

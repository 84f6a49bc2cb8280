/** The service worker as the browser runs it: events come in, and caches and the device are played here. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';

const origin = 'https://nas.local:8080';
const at = (path: string) => `${origin}${path}`;

/** Named caches, by address. */
class Caches {
  readonly all = new Map<string, Map<string, Response>>();
  async open(name: string) {
    const cache = this.all.get(name) ?? new Map<string, Response>();
    this.all.set(name, cache);
    return {
      addAll: async (paths: string[]) => {
        for (const path of paths) cache.set(at(path), await device(at(path)));
      },
      match: async ({ url }: { url: string }) => cache.get(url)?.clone(),
      put: async ({ url }: { url: string }, answer: Response) => void cache.set(url, answer),
    };
  }
  async match(path: string, { cacheName }: { cacheName: string }) {
    return this.all.get(cacheName)?.get(at(path))?.clone();
  }
  async keys() {
    return [...this.all.keys()];
  }
  async delete(name: string) {
    return this.all.delete(name);
  }
}

const caches = new Caches();
const listeners = new Map<string, (event: object) => void>();
let isOff = false;
let asked: string[] = [];
let release = 'first';

async function device(url: string): Promise<Response> {
  asked.push(new URL(url).pathname);
  if (isOff) throw new TypeError('Failed to fetch');
  const answer = new Response(`${new URL(url).pathname} of the ${release} release`);
  Object.defineProperty(answer, 'type', { value: 'basic' });
  return answer;
}

/** undefined where the service worker leaves the request to the browser. */
async function fetched(path: string, mode = 'cors', init: RequestInit = {}): Promise<Response | undefined> {
  const request = new Request(at(path), init);
  Object.defineProperty(request, 'mode', { value: mode });
  let answer: Promise<Response> | undefined;
  listeners.get('fetch')?.({ request, respondWith: (given: Promise<Response>) => (answer = given) });
  return answer;
}
const textOf = async (path: string, mode?: string) => (await fetched(path, mode))?.text();
async function happens(name: string): Promise<void> {
  let work: Promise<unknown> | undefined;
  listeners.get(name)?.({ waitUntil: (given: Promise<unknown>) => (work = given) });
  await work;
}

describe('the service worker', () => {
  const { fetch: realFetch } = globalThis;
  before(async () => {
    Object.assign(globalThis, {
      shellFiles: ['/', '/assets/index-1.js'],
      shellVersion: 'one',
      fetch: (request: Request) => device(request.url),
      self: {
        location: { origin },
        caches,
        addEventListener: (name: string, listener: (event: object) => void) => listeners.set(name, listener),
      },
    });
    await import('../../web/worker/service-worker.ts');
    await happens('install');
  });
  after(() => Object.assign(globalThis, { fetch: realFetch }));
  beforeEach(() => {
    isOff = false;
    asked = [];
    release = 'first';
  });

  it('shows the page of the newest release while the device answers, and the one that it kept when not', async () => {
    release = 'second';
    assert.equal(await textOf('/drive/abc', 'navigate'), '/drive/abc of the second release');
    isOff = true;
    assert.equal(await textOf('/drive/abc', 'navigate'), '/ of the first release');
  });

  it('asks once for a part of the page', async () => {
    assert.equal(await textOf('/assets/photos-7.js'), '/assets/photos-7.js of the first release');
    isOff = true;
    assert.equal(await textOf('/assets/photos-7.js'), '/assets/photos-7.js of the first release');
    assert.deepEqual(asked, ['/assets/photos-7.js']);
    await assert.rejects(textOf('/assets/other-8.js'), TypeError);
  });

  it('leaves what comes from a drive to the browser, and keeps none of it', async () => {
    for (const path of ['/api/v1/entries/root', '/api/v1/entries/1/content', '/s/secret', '/dav/plan.txt']) {
      assert.equal(await fetched(path), undefined, path);
      assert.equal(await fetched(path, 'navigate'), undefined, path);
    }
    const kept = [...caches.all.values()].flatMap((cache) => [...cache.keys()]);
    assert.deepEqual(
      kept.filter((url) => !/^\/($|assets\/)/.test(new URL(url).pathname)),
      [],
    );
  });

  it('throws away what an earlier release kept, when it takes over', async () => {
    await caches.open('shell-of-an-earlier-one');
    await happens('activate');
    assert.deepEqual(await caches.keys(), ['shell-one']);
  });

  it('hands files that another app shares to the page, once', async () => {
    const body = new FormData();
    body.append('files', new File(['x'], 'beach.jpg', { type: 'image/jpeg' }));
    body.append('files', 'no file');
    const answer = await fetched('/share-target', 'navigate', { method: 'POST', body }).catch(
      (error) => error,
    );
    // Node refuses relative addresses in redirects, which browsers take; the files are there by then.
    assert.ok(answer instanceof Response ? answer.status === 303 : answer instanceof TypeError);
    const given: string[][] = [];
    const port = { postMessage: (files: File[]) => given.push(files.map(({ name }) => name)) };
    listeners.get('message')?.({ data: 'something else', ports: [port] });
    listeners.get('message')?.({ data: 'take-shared-files', ports: [port] });
    listeners.get('message')?.({ data: 'take-shared-files', ports: [port] });
    assert.deepEqual(given, [['beach.jpg'], []]);
  });
});

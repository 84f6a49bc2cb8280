/** The page as an installed app: its service worker, and files that other apps share with it. */

/** Only on https and on this machine itself do browsers allow it. */
function canWork(): boolean {
  return 'serviceWorker' in navigator && isSecureContext;
}

/** Begins to keep the page for when the device does not answer. What fails changes nothing. */
export async function keepPage(): Promise<void> {
  if (canWork()) await navigator.serviceWorker.register('/service-worker.js').catch(() => undefined);
}

/** How long the service worker may take to hand files over. */
const handOverMs = 5000;
let taken: Promise<readonly File[]> | undefined;

/** Files that another app shared, once; they are taken at once, and wait here until somebody has signed in. */
export function takeSharedFiles(): Promise<readonly File[]> {
  const asked = taken ?? askForShared();
  taken = Promise.resolve([]);
  return asked;
}

/** To be called while the page is loaded: a service worker does not live long. */
export function beginSharing(): void {
  if (!new URLSearchParams(location.search).has('shared')) return;
  taken = askForShared();
  history.replaceState(null, '', location.pathname);
}

function askForShared(): Promise<readonly File[]> {
  const worker = canWork() ? navigator.serviceWorker.controller : null;
  if (!worker) return Promise.resolve([]);
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const timer = setTimeout(() => resolve([]), handOverMs);
    port1.onmessage = ({ data }: MessageEvent<readonly File[]>) => {
      clearTimeout(timer);
      resolve(data);
    };
    worker.postMessage('take-shared-files', [port2]);
  });
}

/** What the service worker does with a request of a page. */

export type Treatment =
  /** A page of the drive: from the device, else the shell that was kept. */
  | 'page'
  /** A file of the page itself: what was kept, else from the device, and kept. */
  | 'asset'
  /** Files that another app shares with this one. */
  | 'shared-files'
  /** Nothing: it goes to the device as if there were no service worker. */
  | 'none';

/** Where another app sends files to (`web/public/manifest.webmanifest`). */
export const sharePath = '/share-target';

/** Addresses of the drive's own pages. Everything else is the device's: content, the API, pages of links, what programs use. */
const pages =
  /^\/(|drive\/.*|photos(\/.*)?|recent|starred|search|shared|trash|devices|health|settings|users|backups|audit|setup|register)$/;
const assets = /^\/(assets\/[\w.-]+\.(js|css)|icon\.svg|icon-\d+\.png)$/;

export interface Asked {
  method: string;
  url: string;
  /** `navigate` where a window goes to an address. */
  mode: string;
}

/** @param origin of the page, such as https://nas.local:8080 */
export function treatmentOf({ method, url, mode }: Asked, origin: string): Treatment {
  const { origin: from, pathname } = new URL(url);
  if (from !== origin) return 'none';
  if (method === 'POST') return pathname === sharePath ? 'shared-files' : 'none';
  if (method !== 'GET') return 'none';
  if (mode === 'navigate') return pages.test(pathname) ? 'page' : 'none';
  return assets.test(pathname) ? 'asset' : 'none';
}

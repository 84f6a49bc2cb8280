import { useState } from 'preact/hooks';
import { thumbHashToDataURL } from 'thumbhash';
import type { EntryView } from '../../../src/model/api.ts';
import { iconOf } from '../../client/drive/file-kinds.ts';
import { signedAddress } from '../../client/session-proof.ts';
import { Icon } from '../icon.tsx';

/** What stands for an entry in a list: a small picture of it where there is one, else the icon of its kind. */
export function EntryPicture({ entry }: { entry: EntryView }) {
  const [failed, setFailed] = useState<string | null>(null);
  if (entry.thumbnail === null || failed === entry.version) {
    return <Icon name={iconOf(entry)} class={entry.kind === 'folder' ? 'folder' : 'kind'} />;
  }
  return (
    <img
      // Another version is another picture, under the same address.
      key={entry.version}
      class="thumb"
      src={signedAddress(`${entry.thumbnail}?size=240`, entry)}
      alt=""
      loading="lazy"
      decoding="async"
      draggable={false}
      style={blurred(entry.media?.thumbhash ?? null)}
      onError={() => setFailed(entry.version)}
    />
  );
}

/** A blurred preview behind a picture until it is there. */
export function blurred(thumbhash: string | null): { backgroundImage: string } | undefined {
  const address = thumbhash === null ? undefined : dataAddress(thumbhash);
  return address === undefined ? undefined : { backgroundImage: `url(${address})` };
}

const addresses = new Map<string, string>();
const addressesKept = 500;

function dataAddress(thumbhash: string): string | undefined {
  const known = addresses.get(thumbhash);
  if (known !== undefined) return known;
  try {
    const address = thumbHashToDataURL(Uint8Array.from(atob(thumbhash), (letter) => letter.charCodeAt(0)));
    if (addresses.size >= addressesKept) addresses.clear();
    addresses.set(thumbhash, address);
    return address;
  } catch {
    // It shows nothing until the picture itself is there.
    return undefined;
  }
}

/**
 * Which unfinished upload belongs to which file, over reloads of the page. Kept is a hash of where the file goes, its
 * name, size and date, never its content or its name.
 */
const storageKey = 'peerstor-uploads';
/** The oldest go; devices forget unfinished uploads after days anyhow. */
const keptMax = 1000;

export interface UploadMemory {
  /** The address of the upload. */
  get(fingerprint: string): string | undefined;
  set(fingerprint: string, address: string): void;
  forget(fingerprint: string): void;
}

/** @param place where it goes, such as the address of the API and the folder */
export function fingerprintOf(place: string, names: readonly string[], file: File): string {
  return hash([place, ...names, `${file.size}`, `${file.lastModified}`].join('\n'));
}

/** In the storage of the browser; in memory where that is forbidden. */
export function createUploadMemory(storage: () => Storage = () => localStorage): UploadMemory {
  let kept: Record<string, string> = {};
  const read = () => {
    try {
      const text = storage().getItem(storageKey);
      const stored: unknown = text === null ? {} : JSON.parse(text);
      if (typeof stored === 'object' && stored !== null) kept = stored as Record<string, string>;
    } catch {
      // Storage is forbidden or damaged: only what is in memory counts.
    }
    return kept;
  };
  const write = (entries: [string, string][]) => {
    kept = Object.fromEntries(entries.slice(-keptMax));
    try {
      storage().setItem(storageKey, JSON.stringify(kept));
    } catch {
      // Private windows may forbid it, and storage may be full.
    }
  };
  const without = (fingerprint: string) => Object.entries(read()).filter(([key]) => key !== fingerprint);
  return {
    get: (fingerprint) => read()[fingerprint],
    set: (fingerprint, address) => write([...without(fingerprint), [fingerprint, address]]),
    forget: (fingerprint) => {
      if (read()[fingerprint] !== undefined) write(without(fingerprint));
    },
  };
}

/** 106 bits that spread well (cyrb53 by bryc, public domain, twice); pages on plain http have no cryptography. */
function hash(text: string): string {
  return [0, 1].map((seed) => cyrb53(text, seed)).join('');
}

function cyrb53(text: string, seed: number): string {
  let [one, two] = [0xdeadbeef ^ seed, 0x41c6ce57 ^ seed];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    one = Math.imul(one ^ code, 2654435761);
    two = Math.imul(two ^ code, 1597334677);
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(two ^ (two >>> 13), 3266489909);
  two = Math.imul(two ^ (two >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
  return (4294967296 * (2097151 & two) + (one >>> 0)).toString(36);
}

/** A picture or film of another program, with what that program said of it. */
export interface ImportItem {
  /** Of the file on this machine. */
  path: string;
  name: string;
  /** Unix ms; the time of the file where nothing is said. */
  takenAtMs?: number;
  gps?: { latitude: number; longitude: number };
  description?: string;
  favorite?: boolean;
  archived?: boolean;
  hidden?: boolean;
  /** Names of albums. */
  albums: readonly string[];
}

/** What another program said of one of its files. */
export type Said = Omit<ImportItem, 'path' | 'name' | 'albums'>;

/** The files of one folder. */
export interface ImportFolder {
  path: string;
  /** From the top, for messages and album names. */
  names: readonly string[];
  /** Every file by its name. */
  files: ReadonlyMap<string, string>;
}

/** How the files of one program are read. */
export interface ImportKind {
  /** Looked at once, before the folders. */
  prepare?(folders: readonly ImportFolder[]): Promise<void>;
  itemsIn(folder: ImportFolder): Promise<ImportItem[]>;
}

const mediaName =
  /\.(jpe?g|jfif|png|webp|gif|avif|tiff?|hei[cf]|dng|nef|cr[23]|arw|raf|rw2|orf|mp4|m4v|mov|3gp|webm|mkv|avi|mts|mp|mv)$/i;

export function isMediaName(name: string): boolean {
  return mediaName.test(name) && !name.startsWith('._');
}

/** 0° 0° is what programs write where they know nothing. */
export function placeIn(latitude: unknown, longitude: unknown): ImportItem['gps'] {
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return undefined;
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return undefined;
  return latitude === 0 && longitude === 0 ? undefined : { latitude, longitude };
}

/**
 * Decodes HEIC by libheif as WebAssembly (optional package `libheif-js`, LGPL: it stays a file of its own, decision 0084). What
 * sharp brings must not decode HEVC.
 */

/** Pixels as they are shown, four bytes each. */
export interface RawPixels {
  data: Uint8Array;
  width: number;
  height: number;
}

interface HeifImage {
  get_width(): number;
  get_height(): number;
  is_primary(): boolean;
  display(
    target: { data: Uint8Array; width: number; height: number },
    done: (shown: object | null) => void,
  ): void;
  free(): void;
}

export interface Heif {
  HeifDecoder: new () => { decode(bytes: Uint8Array): HeifImage[] };
}

/** Four bytes a pixel in the memory of libheif, and again here: more than phones make. */
const heicPixelsMax = 64_000_000;

let decoder: InstanceType<Heif['HeifDecoder']> | undefined;
let loaded: Promise<Heif | undefined> | undefined;

/** Read when the first HEIC comes. @returns undefined where the package is not installed */
export function openHeif(): Promise<Heif | undefined> {
  loaded ??= import('libheif-js/wasm-bundle.js').then(
    (module: { default: Heif }) => module.default,
    () => undefined,
  );
  return loaded;
}

/**
 * The main picture, turned as the file says.
 * @returns `too-large` by what its head says, before anything is decoded
 * @throws for what is damaged
 */
export async function decodeHeic(
  { HeifDecoder }: Heif,
  bytes: Uint8Array,
  pixelsMax: number,
): Promise<RawPixels | { problem: 'too-large'; width: number; height: number }> {
  // Each keeps the last file until it reads the next one, so there is one.
  decoder ??= new HeifDecoder();
  const images = decoder.decode(bytes);
  try {
    const image = images.find((one) => one.is_primary()) ?? images[0];
    if (!image) throw new Error('There is no picture in it.');
    const [width, height] = [image.get_width(), image.get_height()];
    if (width * height > Math.min(pixelsMax, heicPixelsMax)) return { problem: 'too-large', width, height };
    const target = { data: new Uint8Array(width * height * 4), width, height };
    await new Promise<void>((resolve, reject) => {
      image.display(target, (shown) => (shown ? resolve() : reject(new Error('It cannot be decoded.'))));
    });
    return target;
  } finally {
    for (const image of images) image.free();
  }
}

/**
 * Names of the drive as names of files of a system, for downloads and archives. A drive takes nearly every name;
 * Windows takes fewer, and one with a backslash would be a path there. Pure, for any platform.
 */

/** What the file system that files are written to can hold. */
export interface NameRules {
  platform: NodeJS.Platform;
  /** True where `a` and `A` are the same file. */
  foldsCase: boolean;
}

const replacement = '_';
/** Microsoft, "Naming Files, Paths, and Namespaces". */
const refusedByWindows = /[<>:"/\\|?*\p{Cc}]/gu;
const deviceOfWindows = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)/i;
/** What no system takes as the name of one file. */
const refusedEverywhere = /[/\0]/g;

/** The nearest name that names one file in one folder there, and that the system keeps as it is. */
export function localName(name: string, platform: NodeJS.Platform): string {
  let safe = name.replace(platform === 'win32' ? refusedByWindows : refusedEverywhere, replacement);
  if (platform === 'win32') {
    // Windows drops dots and spaces at the end without a word.
    safe = safe.replace(/[. ]+$/, (end) => replacement.repeat(end.length));
    if (deviceOfWindows.test(safe)) safe = `${replacement}${safe}`;
  }
  return safe === '' || safe === '.' || safe === '..' ? `${replacement}${safe}` : safe;
}

/** The names of one local folder: each is given once, also where the disk takes two names for one. */
export class FolderNames {
  readonly #rules: NameRules;
  readonly #taken = new Set<string>();

  constructor(rules: NameRules) {
    this.#rules = rules;
  }

  /** The local name for a name of the drive. Ask in a fixed order: the first of two twins keeps its name. */
  claim(name: string): string {
    const safe = localName(name, this.#rules.platform);
    let free = safe;
    for (let number = 2; this.#taken.has(this.#key(free)); number += 1) free = numbered(safe, number);
    this.#taken.add(this.#key(free));
    return free;
  }

  #key(name: string): string {
    return this.#rules.foldsCase ? diskFold(name) : name;
  }
}

/** As case-insensitive disks compare: by upper case, letter for letter (µ, ſ and K of the drive are apart). */
function diskFold(name: string): string {
  let folded = '';
  for (const letter of name.normalize('NFC')) {
    const upper = letter.toUpperCase();
    folded += [...upper].length === 1 ? upper : letter;
  }
  return folded;
}

/** `a.txt` → `a (2).txt`. */
function numbered(name: string, number: number): string {
  const dot = name.lastIndexOf('.');
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  return `${stem} (${number})${ending}`;
}

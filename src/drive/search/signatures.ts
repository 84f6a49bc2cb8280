/**
 * A signature of 256 bits for each name, by which most names that cannot match are passed over without being looked at.
 * Each character and each pair of neighbors sets one bit (a Bloom filter). The bits lie in columns (a bit-sliced
 * signature file: Faloutsos, Signature Files, 1992): a question reads the few columns of its own bits, 32 names
 * at a time.
 */

const columnsCount = 256;
const rowsInWord = 32;

/** Numbers of the bits of a text that is folded already, each once. */
export function bitsOf(text: string): number[] {
  return [...new Set(bitsOfEach(text))];
}

function* bitsOfEach(text: string): Iterable<number> {
  let before = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    yield bitOfCharacter(code);
    if (at > 0) yield bitOfPair(before, code);
    before = code;
  }
}

const bitOfCharacter = (code: number): number => mixed(Math.imul(code, 0x9e3779b1));
const bitOfPair = (before: number, code: number): number =>
  mixed(Math.imul(before, 0x85ebca6b) ^ Math.imul(code, 0xc2b2ae35));

function mixed(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((once ^ (once >>> 13)) >>> 8) & (columnsCount - 1);
}

export class SignatureColumns {
  #columns: Int32Array[] = Array.from({ length: columnsCount }, () => new Int32Array(rowsInWord));

  /** Writes the bits of a row's name. The bits of the row must be clear. */
  set(row: number, name: string): void {
    const word = row >>> 5;
    const bit = 1 << (row & 31);
    let before = 0;
    for (let at = 0; at < name.length; at += 1) {
      const code = name.charCodeAt(at);
      this.#add(bitOfCharacter(code), word, bit);
      if (at > 0) this.#add(bitOfPair(before, code), word, bit);
      before = code;
    }
  }

  /** Clears the bits of a row. @param name by which they were set */
  clear(row: number, name: string): void {
    const word = row >>> 5;
    const others = ~(1 << (row & 31));
    for (const column of bitsOf(name)) {
      const words = this.#column(column);
      words[word] = (words[word] ?? 0) & others;
    }
  }

  /** Makes room for so many rows. */
  grow(rows: number): void {
    this.#columns = this.#columns.map((column) => {
      const grown = new Int32Array(Math.ceil(rows / rowsInWord));
      grown.set(column);
      return grown;
    });
  }

  /**
   * @param bits from `bitsOf`
   * @returns the first and following rows below `rows` that have all of them, the last row first
   */
  *having(bits: readonly number[], rows: number): Iterable<number> {
    const columns = bits.map((bit) => this.#column(bit));
    for (let word = (rows - 1) >>> 5; rows > 0 && word >= 0; word -= 1) {
      let left = -1;
      for (const column of columns) {
        left &= column[word] ?? 0;
        if (left === 0) break;
      }
      if (left !== 0) yield* rowsOf(word, left, rows);
    }
  }

  /** The same for rows that lack at most `missing` of the bits. */
  *nearlyHaving(bits: readonly number[], missing: number, rows: number): Iterable<number> {
    const columns = bits.map((bit) => this.#column(bit));
    // Counts what each of 32 rows lacks, one bit of the counts in each word.
    const counts = new Int32Array(32 - Math.clz32(Math.max(columns.length, missing)));
    for (let word = (rows - 1) >>> 5; rows > 0 && word >= 0; word -= 1) {
      counts.fill(0);
      for (const column of columns) {
        let carry = ~(column[word] ?? 0);
        for (let digit = 0; carry !== 0 && digit < counts.length; digit += 1) {
          const count = counts[digit] ?? 0;
          counts[digit] = count ^ carry;
          carry &= count;
        }
      }
      const left = atMost(counts, missing);
      if (left !== 0) yield* rowsOf(word, left, rows);
    }
  }

  #add(column: number, word: number, bit: number): void {
    const words = this.#column(column);
    words[word] = (words[word] ?? 0) | bit;
  }

  #column(bit: number): Int32Array {
    return this.#columns[bit] ?? new Int32Array(0);
  }
}

/** Which of 32 counts are at most `max`. */
function atMost(counts: Int32Array, max: number): number {
  let less = 0;
  let equal = -1;
  for (let digit = counts.length - 1; digit >= 0; digit -= 1) {
    const count = counts[digit] ?? 0;
    if (((max >>> digit) & 1) === 1) {
      less |= equal & ~count;
      equal &= count;
    } else {
      equal &= ~count;
    }
  }
  return less | equal;
}

function* rowsOf(word: number, bits: number, rows: number): Iterable<number> {
  for (let left = bits; left !== 0; ) {
    const bit = 31 - Math.clz32(left);
    left &= ~(1 << bit);
    const row = word * rowsInWord + bit;
    if (row < rows) yield row;
  }
}

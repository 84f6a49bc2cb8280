/**
 * Text from outside, made safe to show on one line of a terminal or in a log: names of files, users and
 * devices, sentences of other devices. Such text may carry control characters that move the cursor or
 * forge a line, and direction marks that make `exe.txt` out of `txt.exe`.
 */

/**
 * Control characters, line and paragraph separators, marks and overrides of direction (Unicode TR 36,
 * section 3.1), and characters of no width that make two different names look equal. The joiners U+200C
 * and U+200D stay: Persian words and most emoji need them.
 */
const deceptive =
  /[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

const shortForms: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The same text with each deceptive character written out, such as `\u{202e}`. */
export function displayText(text: string): string {
  return text.replace(
    deceptive,
    (character) => shortForms[character] ?? `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** JSON text with each deceptive character as a JSON escape: the value that a program reads is the same. */
export function displayJson(json: string): string {
  return json.replace(
    deceptive,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

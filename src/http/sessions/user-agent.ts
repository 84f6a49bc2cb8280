/** What a program calls itself (User-Agent), in a few words for people. */

/** Those that call themselves by several names come first. */
const browsers: readonly [RegExp, string][] = [
  [/^peerstor\b/, 'peerstor command'],
  [/\bEdg(?:A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:HeadlessChrome|Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];
const systems: readonly [RegExp, string][] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
];
const wordsLengthMax = 80;

/** Such as "Firefox on Linux"; the first word of what is no browser; empty where nothing is said. */
export function deviceWords(userAgent: string | undefined): string {
  const text = (userAgent ?? '').slice(0, 1000);
  const browser = browsers.find(([shape]) => shape.test(text))?.[1];
  const system = systems.find(([shape]) => shape.test(text))?.[1];
  if (browser === undefined) return (text.split(/[\s/]/)[0] ?? '').slice(0, wordsLengthMax);
  return system === undefined ? browser : `${browser} on ${system}`;
}

/** Colors of code. The library's tree of scopes is taken, not its markup: what is text stays text. */
import type { LanguageFn } from 'highlight.js';
import core from 'highlight.js/lib/core';
import type { Scope } from './verbatim.tsx';

type Load = () => Promise<{ default: LanguageFn }>;

/** Each is a chunk of its own. */
const languages: Readonly<Record<string, Load>> = {
  javascript: () => import('highlight.js/lib/languages/javascript'),
  typescript: () => import('highlight.js/lib/languages/typescript'),
  json: () => import('highlight.js/lib/languages/json'),
  xml: () => import('highlight.js/lib/languages/xml'),
  css: () => import('highlight.js/lib/languages/css'),
  python: () => import('highlight.js/lib/languages/python'),
  bash: () => import('highlight.js/lib/languages/bash'),
  yaml: () => import('highlight.js/lib/languages/yaml'),
  ini: () => import('highlight.js/lib/languages/ini'),
  sql: () => import('highlight.js/lib/languages/sql'),
  rust: () => import('highlight.js/lib/languages/rust'),
  go: () => import('highlight.js/lib/languages/go'),
  java: () => import('highlight.js/lib/languages/java'),
  c: () => import('highlight.js/lib/languages/c'),
  cpp: () => import('highlight.js/lib/languages/cpp'),
  diff: () => import('highlight.js/lib/languages/diff'),
};

const endings: Readonly<Record<string, string>> = {
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
  ts: 'typescript',
  tsx: 'typescript',
  json: 'json',
  json5: 'json',
  xml: 'xml',
  html: 'xml',
  htm: 'xml',
  vue: 'xml',
  svelte: 'xml',
  svg: 'xml',
  css: 'css',
  scss: 'css',
  py: 'python',
  sh: 'bash',
  bash: 'bash',
  zsh: 'bash',
  yaml: 'yaml',
  yml: 'yaml',
  toml: 'ini',
  ini: 'ini',
  conf: 'ini',
  sql: 'sql',
  rs: 'rust',
  go: 'go',
  java: 'java',
  kt: 'java',
  c: 'c',
  h: 'c',
  cc: 'cpp',
  cpp: 'cpp',
  hpp: 'cpp',
  diff: 'diff',
  patch: 'diff',
};

/** Longer code is shown without colors: they would take longer than a moment. */
const charactersMax = 150_000;

/** @returns the code with its scopes, or undefined where its language is not known or it is too long */
export async function highlighted(name: string, code: string): Promise<Scope | undefined> {
  const language = endings[name.slice(name.lastIndexOf('.') + 1).toLowerCase()];
  const load = language === undefined ? undefined : languages[language];
  if (language === undefined || !load || code.length > charactersMax) return undefined;
  if (!core.getLanguage(language)) core.registerLanguage(language, (await load()).default);
  const { _emitter: emitter } = core.highlight(code, { language, ignoreIllegals: true });
  return 'rootNode' in emitter && isScope(emitter.rootNode) ? emitter.rootNode : undefined;
}

function isScope(value: unknown): value is Scope {
  return typeof value === 'object' && value !== null && 'children' in value && Array.isArray(value.children);
}

/** What the sources of the page say to people, found in their syntax trees. */
import { parseSync } from 'vite';

export interface Found {
  /** From 1. */
  line: number;
  text: string;
}

export interface PageWords {
  /** Texts that people would see in English whatever they chose: neither passed to `t` nor a phrase of the tables. */
  unwrapped: Found[];
  /** All string literals: a phrase that is none of them is said nowhere. */
  literals: Set<string>;
  /** Calls of `t` that run when the module is loaded, before the language is known. */
  early: Found[];
}

/** Attributes and fields of tables that people see or hear. */
const shown =
  /^(aria-label|aria-description|title|placeholder|alt|label|hint|submit|busy|confirm|empty|facts|sentence|word)$/;
/** Attributes that nobody sees, though they are words with spaces. */
const unseen = /^(class|className|style|d|viewBox|rel|accept|sizes|key|href|src)$/;
const hasLetters = (text: string) => /\p{L}{2}/u.test(text);
const isSentence = (text: string) => /\p{L}{2}[^\s]*\s|\s[^\s]*\p{L}{2}|\p{L}…/u.test(text);

interface Node {
  type: string;
  start: number;
  [field: string]: unknown;
}

/** @param path its ending says the language; `phrases`: keys of the tables */
export function wordsOf(path: string, source: string, phrases: ReadonlySet<string>): PageWords {
  const { program, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const found: PageWords = { unwrapped: [], literals: new Set(), early: [] };
  const at = ({ start }: Node) => source.slice(0, start).split('\n').length;

  // Markup, selectors and media queries are for the browser, and the title of a window ends with a name.
  const judge = (node: Node, text: string, field: string | undefined) => {
    const isSeen = field !== undefined && shown.test(field) ? hasLetters : isSentence;
    if ((field !== undefined && unseen.test(field)) || /^(<|\.[a-z]|\([a-z-]+: |… · peerstor$)/.test(text))
      return;
    if (isSeen(text) && !phrases.has(text)) found.unwrapped.push({ line: at(node), text });
  };

  const visit = (node: Node, field: string | undefined, depth: number) => {
    if (/^(Import|TS(?!As|NonNull|Satisfies))/.test(node.type) || isCommand(node)) return;
    if (
      node.type === 'JSXText' &&
      hasLetters(String(node.value)) &&
      String(node.value).trim() !== 'peerstor'
    ) {
      found.unwrapped.push({ line: at(node), text: String(node.value).trim() });
    }
    if (node.type === 'Literal' && typeof node.value === 'string') {
      found.literals.add(node.value);
      judge(node, node.value, field);
    }
    if (node.type === 'TemplateLiteral') {
      const quasis = node.quasis as { value: { cooked: string } }[];
      judge(node, quasis.map(({ value }) => value.cooked).join('\u2026'), field);
    }
    const callee = node.callee as Node | undefined;
    const isWrapped = node.type === 'CallExpression' && /^t(Parts)?$/.test(String(callee?.name));
    if (isWrapped && depth === 0) found.early.push({ line: at(node), text: String(callee?.name) });
    const inner = /Function|MethodDefinition/.test(node.type) ? depth + 1 : depth;
    const [phrase] = isWrapped ? (node.arguments as Node[]) : [];
    for (const [name, child] of Object.entries(node)) {
      for (const each of Array.isArray(child) ? child : [child]) {
        if (!isNode(each)) continue;
        if (each === phrase && each.type === 'Literal') found.literals.add(String(each.value));
        else visit(each, fieldOf(node, name, field), inner);
      }
    }
  };
  visit(program as object as Node, undefined, 0);
  return found;
}

/** The attribute or field whose value stands below `name` of this node; what a call or function has is its own. */
function fieldOf(node: Node, name: string, field: string | undefined): string | undefined {
  if (node.type === 'JSXAttribute' && name === 'value') return String((node.name as Node).name);
  if (node.type === 'Property' && name === 'value') {
    const key = node.key as Node;
    return String(key.name ?? key.value);
  }
  const passesOn =
    /^(JSXExpressionContainer|ConditionalExpression|LogicalExpression|TemplateLiteral|TSAsExpression)$/;
  if (node.type === 'ConditionalExpression' && name === 'test') return undefined;
  if (node.type === 'LogicalExpression' && name === 'left' && node.operator === '&&') return undefined;
  return passesOn.test(node.type) && !(node.type === 'TemplateLiteral' && name === 'expressions')
    ? field
    : undefined;
}

/** Commands are the same in each language. */
function isCommand({ type, openingElement }: Node): boolean {
  return type === 'JSXElement' && String(((openingElement as Node).name as Node).name) === 'code';
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Node>).type === 'string';
}

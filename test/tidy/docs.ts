/** Reads what the docs claim about the code: files, routes, limits, test titles. */

/** Files of the project that a text names in code style; `x/` and generated names are no claims. */
export function filesNamedIn(markdown: string): string[] {
  const found = markdown.matchAll(/`([\w@.-]+(?:\/[\w@.-]+)*\.(?:ts|tsx|mjs|css))`/g);
  return [...new Set([...found].map(([, path]) => path ?? ''))];
}

/** `METHOD /path` of each route in a table whose first column has them, parameters as `:x`. */
export function routesInTable(markdown: string): string[] {
  const routes: string[] = [];
  for (const [, cell = ''] of markdown.matchAll(/^\| (`(?:GET|POST|PUT|PATCH|DELETE|OPTIONS)[^|]*) \|/gm)) {
    let path = '';
    for (const [, method, given] of cell.matchAll(/`([A-Z]{3,9})(?: ([^\s`]+))?`/g)) {
      path = given ?? path;
      routes.push(`${method} ${routeShape(path)}`);
    }
  }
  return routes;
}

/** `METHOD /path` of each route that Fastify prints as a tree; HEAD, which goes with GET, is left out. */
export function routesInTree(tree: string): string[] {
  const routes: string[] = [];
  const above: string[] = [];
  for (const line of tree.split('\n')) {
    const [, indent = '', part = '', methods = ''] = /^([│ ]*)[├└]── (\S+) \(([^)]+)\)/.exec(line) ?? [];
    if (part === '') continue;
    const depth = indent.length / 4;
    above.splice(depth, above.length, part);
    const path = routeShape(above.join(''));
    for (const method of methods.split(', ')) if (method !== 'HEAD') routes.push(`${method} ${path}`);
  }
  return routes;
}

/** One spelling for both: no query, `:x` for a parameter, `*` for whatever path follows. */
function routeShape(path: string): string {
  const [bare = ''] = path.split('?');
  return bare
    .replace(/(\/path)?\/a\/b$/, '*')
    .replace(/(\/path)?\*$/, '*')
    .replace(/\/(?:[A-Z]+|:[a-z]+)(?=\/|\*|$)/g, '/:x');
}

/** `name` (5 s) in a text, and rows of a table whose cells are a value and a `name`. */
export function limitsNamedIn(markdown: string): { name: string; value: number }[] {
  const inText = [...markdown.matchAll(/`(\w+)` \((\d[^);:]*)/g)].map(([, name, text]) => ({ name, text }));
  const inRows = [...markdown.matchAll(/^\|(?: [^|]* \|)? `(\w+)` \| (\d[^|]*?) \|/gm)].map(
    ([, name, text]) => ({ name, text }),
  );
  return [...inText, ...inRows].map(({ name = '', text = '' }) => ({ name, value: quantityOf(text) }));
}

const unitFactors: Record<string, number> = {
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
};

/** A number of bytes, milliseconds or things, such as `1 MiB + 64 KiB`, `7 days` or `65,536`. */
function quantityOf(text: string): number {
  const terms = text.split('+').map((term) => {
    const [, digits = 'NaN', unit = ''] = /^\s*(\d[\d,]*(?:\.\d+)?)\s*([A-Za-z%]*)/.exec(term) ?? [];
    return Number(digits.replaceAll(',', '')) * (unitFactors[unit] ?? 1);
  });
  return terms.reduce((sum, term) => sum + term, 0);
}

/** A test that a text quotes: the file before the colon, and the title. */
export interface QuotedTest {
  file: string;
  title: string;
}

/**
 * Tests quoted as `test/file.ts`: "title", "another title"; in the paragraphs that begin with *Shown by*. Quotation
 * marks within a title are single ones there.
 */
export function quotedTests(markdown: string): QuotedTest[] {
  const quoted: QuotedTest[] = [];
  for (const [paragraph] of markdown.matchAll(/\*Shown by\*[\s\S]*?(?=\n\n|$)/g)) {
    let file = '';
    for (const [, named, title] of paragraph.replaceAll(/\s+/g, ' ').matchAll(/`([^`]+\.ts)`|"([^"]+)"/g)) {
      if (named !== undefined) file = named;
      else quoted.push({ file, title: title ?? '' });
    }
  }
  return quoted;
}

/** Titles that a test file declares; what a template fills in matches anything. */
export function titlesIn(source: string): RegExp[] {
  const found = source.matchAll(
    /\b(?:it|test|describe)(?:\.\w+)?\(\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|`((?:\\.|[^`\\])*)`)/g,
  );
  return [...found].map(([, single, double, template]) => {
    const text = (single ?? double ?? template ?? '').replaceAll(/\\(.)/g, '$1').replaceAll('"', "'");
    const parts = text.split(/\$\{[^}]*\}/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.+')}$`);
  });
}

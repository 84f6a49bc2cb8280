/** The document as one page of plain HTML: no script, so that it needs no more than our own policy allows. */
import type { ApiDocument, DescribedOperation } from './document.ts';
import type { Schema } from './schema.ts';

export function documentPage(document: ApiDocument): string {
  const { info, tags, paths, components } = document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const names = tags.map(({ name }) => String(name));
  const groups = names.map((name) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return `<h2 id="${escapeHtml(name)}">${escapeHtml(name)}</h2>${own.map(operationHtml).join('')}`;
  });
  const schemas = Object.entries(components.schemas).map(([name, schema]) => schemaHtml(name, schema));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>API of peerstor</title><link rel="stylesheet" href="/api/docs/style.css"><link rel="icon" href="/icon.svg">
</head>
<body>
<header><h1>API of peerstor</h1><p>${escapeHtml(String(info.description))}</p>
<p>For programs: <a href="/api/openapi.json">openapi.json</a> (OpenAPI ${escapeHtml(document.openapi)}).</p>
<nav aria-label="Subjects">${names.map((name) => `<a href="#${escapeHtml(name)}">${escapeHtml(name)}</a>`).join(' ')}
<a href="#errors">errors</a> <a href="#shapes">shapes</a></nav></header>
<main>${groups.join('')}
<h2 id="errors">Error codes</h2>${errorTable(components.schemas.ErrorCode)}
<h2 id="shapes">Shapes</h2>${schemas.join('')}</main>
</body>
</html>
`;
}

function operationHtml(of: { path: string; method: string; operation: DescribedOperation }): string {
  const { path, method, operation } = of;
  const { summary, parameters = [], requestBody, responses, security } = operation;
  const access = security.map((one) => Object.keys(one)[0]).join(', ') || 'nobody has to sign in';
  const rows = parameters.map(
    ({ name, in: place, schema }) =>
      `<tr><td><code>${escapeHtml(String(name))}</code></td><td>${escapeHtml(String(place))}</td><td>${shapeHtml(schema)}</td></tr>`,
  );
  const table = rows.length > 0 ? `<table><tbody>${rows.join('')}</tbody></table>` : '';
  const body = requestBody === undefined ? '' : `<p>Body: ${contentHtml(requestBody.content)}</p>`;
  const replies = Object.entries(responses).map(
    ([status, reply]) =>
      `<li><strong>${escapeHtml(status)}</strong> ${escapeHtml(reply.description)} ${contentHtml(reply.content)}</li>`,
  );
  return `<details id="${operation.operationId}"><summary><b class="${method}">${method.toUpperCase()}</b> <code>${escapeHtml(path)}</code>
<span>${escapeHtml(summary)}</span></summary><p>Opens with: ${escapeHtml(access)}.</p>${table}${body}<ul>${replies.join('')}</ul></details>`;
}

function contentHtml(content: unknown): string {
  return Object.entries<{ schema?: Schema }>(Object(content))
    .map(
      ([type, { schema }]) =>
        `<code>${escapeHtml(type)}</code> ${schema === undefined ? '' : shapeHtml(schema)}`,
    )
    .join(' ');
}

/** A name that leads to the shape, else the schema itself. */
function shapeHtml(schema: unknown): string {
  const reference = Object(schema).$ref;
  if (typeof reference === 'string') {
    const name = reference.slice(reference.lastIndexOf('/') + 1);
    return `<a href="#shape-${escapeHtml(name)}">${escapeHtml(name)}</a>`;
  }
  return `<code class="schema">${linked(schema)}</code>`;
}

/** JSON with the names of shapes as links. */
function linked(schema: unknown): string {
  return escapeHtml(JSON.stringify(schema)).replace(
    /\{&quot;\$ref&quot;:&quot;#\/components\/schemas\/(\w+)&quot;\}/g,
    '<a href="#shape-$1">$1</a>',
  );
}

function schemaHtml(name: string, schema: Schema): string {
  const properties = Object.entries(Object(schema.properties));
  const required: unknown[] = Array.isArray(schema.required) ? schema.required : [];
  const rows = properties.map(
    ([property, of]) =>
      `<tr><td><code>${escapeHtml(property)}${required.includes(property) ? '' : '?'}</code></td><td>${shapeHtml(of)}</td></tr>`,
  );
  const inside = rows.length > 0 ? `<table><tbody>${rows.join('')}</tbody></table>` : shapeHtml(schema);
  const words = typeof schema.description === 'string' ? `<p>${escapeHtml(schema.description)}</p>` : '';
  return `<section id="shape-${escapeHtml(name)}"><h3>${escapeHtml(name)}</h3>${words}${inside}</section>`;
}

function errorTable(schema: Schema | undefined): string {
  const rows = Object.entries(Object(schema?.['x-status'])).map(
    ([code, status]) =>
      `<tr><td><code>${escapeHtml(code)}</code></td><td>${escapeHtml(String(status))}</td></tr>`,
  );
  return `<table><thead><tr><th>code</th><th>status</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

export const documentStyle = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { background: Canvas; color: CanvasText; margin: 0 auto; padding: 1rem; max-width: 64rem; }
a { color: light-dark(#0b57d0, #a8c7fa); }
h1, h2, h3 { line-height: 1.2; }
h2 { margin-top: 2.5rem; }
h2[id] { text-transform: capitalize; }
summary h2 { display: inline; margin: 0; font-size: 1.1rem; }
.qr svg { display: block; width: 14rem; max-width: 100%; background: #fff; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
details { border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: .5rem; margin: .5rem 0; padding: .5rem .75rem; }
summary { cursor: pointer; overflow-wrap: anywhere; }
summary b { display: inline-block; min-width: 4rem; }
summary span { opacity: .75; margin-inline-start: .5rem; }
code { font: .875em ui-monospace, monospace; overflow-wrap: anywhere; }
.schema { opacity: .85; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: start; vertical-align: top; padding: .25rem .75rem .25rem 0; border-top: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
`;

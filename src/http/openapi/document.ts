/** The document of the API (OpenAPI 3.1), made of the routes as they were added and of `operations.ts`. */
import type { CollectedRoute } from './collected-routes.ts';
import { type Operation, operations } from './operations.ts';
import { type Schema, shape } from './schema.ts';
import { shapes } from './shapes.ts';

export interface ApiDocument {
  openapi: string;
  info: Schema;
  servers: Schema[];
  tags: Schema[];
  paths: Record<string, Record<string, DescribedOperation>>;
  components: { schemas: Record<string, Schema>; securitySchemes: Schema };
}

export interface DescribedOperation {
  operationId: string;
  summary: string;
  tags: string[];
  security: Schema[];
  parameters?: Schema[];
  requestBody?: Schema;
  responses: Record<string, DescribedReply>;
}

export interface DescribedReply {
  description: string;
  content?: Record<string, { schema?: Schema }>;
}

/** Of the API, not of the program: it changes when what a client may rely on does. */
const apiVersion = '1.0.0';

const securitySchemes = {
  session: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Peerstor',
    description:
      'The proof of a session, beside its cookie. A program may send both as a bearer: COOKIE.PROOF.',
  },
  token: { type: 'http', scheme: 'bearer', description: 'An access token, within its scope and rights.' },
  appPassword: { type: 'http', scheme: 'basic', description: 'An access token as the password of any name.' },
  addressKey: {
    type: 'apiKey',
    in: 'query',
    name: 'k',
    description: 'The k of an entry, beside the cookie of the session.',
  },
};

const securityOf: Readonly<Record<CollectedRoute['access'], Schema[]>> = {
  public: [],
  // S3, which is no part of this document.
  signed: [],
  session: [{ session: [] }],
  files: [{ session: [] }, { token: [] }, { appPassword: [] }],
};

/** The key of a route in `operations.ts`. */
export function keyOf({ method, url }: Pick<CollectedRoute, 'method' | 'url'>): string {
  return `${method} ${url}`;
}

/** A route without a line in `operations.ts` stands in it without a summary; a test finds it. */
export function documentOf(routes: readonly CollectedRoute[]): ApiDocument {
  const paths: ApiDocument['paths'] = {};
  for (const route of routes) {
    const path = pathTemplate(route.url);
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = describe(route, operations[keyOf(route)]);
  }
  const names = [...new Set(routes.map(tagOf))].sort();
  return {
    openapi: '3.1.0',
    info: {
      title: 'peerstor',
      version: apiVersion,
      summary: 'The files of one person, on several of their devices.',
      description:
        'Every device of a network answers to this API. Times are ISO 8601 UTC, sizes bytes, ids opaque. ' +
        'Errors are application/problem+json with a stable `code`: see the schema ErrorCode. A `{path}` may have ' +
        'slashes in it.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: names.map((name) => ({ name })),
    paths,
    components: { schemas: { ...shapes }, securitySchemes },
  };
}

/** `/api/v1/entries/:id/path/*` is `/api/v1/entries/{id}/path/{path}`. */
export function pathTemplate(url: string): string {
  return url.replace(/:([a-zA-Z]+)/g, '{$1}').replace('*', '{path}');
}

function tagOf({ url }: CollectedRoute): string {
  const [, first = '', second = '', third = ''] = url.split('/');
  if (first === 's') return 'links';
  const subject = first === 'api' ? third || second : first;
  return subject.replace(/\W.*$/, '');
}

function describe(route: CollectedRoute, operation: Operation | undefined): DescribedOperation {
  const { summary = '', replies = {}, takesContent, headers = [] } = operation ?? {};
  const parameters = [...pathParameters(route), ...queryParameters(route), ...headers.map(headerParameter)];
  const body = bodyOf(route, takesContent === true);
  return {
    operationId: operationIdOf(route),
    summary,
    tags: [tagOf(route)],
    security: [...securityOf[route.access], ...(route.takesAddressKey ? [{ addressKey: [] }] : [])],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === undefined ? {} : { requestBody: body }),
    responses: {
      ...Object.fromEntries(
        Object.entries(replies).map(([status, reply]) => [status, replyOf(status, reply)]),
      ),
      default: {
        description: 'What went wrong, and what to do.',
        content: { 'application/problem+json': { schema: shape('Problem') } },
      },
    },
  };
}

/** Such as `getEntriesIdContent`. */
function operationIdOf({ method, url }: CollectedRoute): string {
  const words = pathTemplate(url)
    .replace(/^\/api\/v1/, '')
    .split(/\W+/)
    .filter((word) => word !== '');
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function pathParameters({ url }: CollectedRoute): Schema[] {
  return [...pathTemplate(url).matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters({ query }: CollectedRoute): Schema[] {
  const properties = Object(query?.properties);
  const required = listOfTexts(query?.required);
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    ...(required.includes(name) ? { required: true } : {}),
    schema,
  }));
}

function headerParameter(name: string): Schema {
  return { name, in: 'header', schema: { type: 'string' } };
}

function bodyOf({ body }: CollectedRoute, takesContent: boolean): Schema | undefined {
  // OpenAPI 3.1: bytes as they are have no schema.
  if (takesContent) return { required: true, content: { '*/*': {} } };
  if (body === undefined) return undefined;
  const mayBeNothing = listOfTexts(body.type).includes('null');
  return { ...(mayBeNothing ? {} : { required: true }), content: { 'application/json': { schema: body } } };
}

function replyOf(status: string, reply: Operation['replies'][number]): DescribedReply {
  const description = statusWords[status] ?? 'Done.';
  if (reply === null) return { description };
  const content: NonNullable<DescribedReply['content']> = {};
  for (const one of [reply].flat()) {
    if (typeof one === 'string') content[one] = {};
    else content['application/json'] = { schema: one };
  }
  return { description, content };
}

const statusWords: Readonly<Record<string, string>> = {
  101: 'The connection is a WebSocket now.',
  200: 'Done.',
  201: 'Made.',
  204: 'Done; there is nothing to say.',
  206: 'Parts of the content.',
  304: 'Not changed.',
};

function listOfTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

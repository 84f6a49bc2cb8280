/** Holds what a gateway of a test answers against the document of its API. */
import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { createGatewayApp } from '../../src/http/gateway-app.ts';
import type { ApiDocument, DescribedReply } from '../../src/http/openapi/document.ts';
import { systemClock } from '../../src/model/clock.ts';
import { silentLog } from '../../src/model/log.ts';
import { FakeDeviceFront } from '../support/fake-device-front.ts';

export interface RecordedReply {
  method: string;
  /** As it was asked, with the query. */
  path: string;
  status: number;
  contentType: string | undefined;
  text: string;
}

let building: Promise<ApiDocument> | undefined;

/** The document as a gateway serves it. */
export function apiDocument(): Promise<ApiDocument> {
  building ??= readDocument();
  return building;
}

async function readDocument(): Promise<ApiDocument> {
  const context = { front: new FakeDeviceFront(), clock: systemClock, log: silentLog, maxUploadBytes: 1 };
  const certificates = {
    authority: '',
    fingerprint: '',
    current: () => ({ certificate: '', privateKey: '' }),
  };
  const app = await createGatewayApp(context, { webRoot: undefined, certificates });
  const answer = await app.inject({ url: '/api/openapi.json', headers: { host: '127.0.0.1' } });
  await app.close();
  return answer.json();
}

const validators = new Map<unknown, ValidateFunction>();

/**
 * Throws where a reply is not what the document says: its status, its media type, or its body, with properties that no
 * shape knows. What is no address of the API passes.
 */
export async function checkReply(reply: RecordedReply): Promise<void> {
  const document = await apiDocument();
  const { method, path, status, contentType, text } = reply;
  const pathname = path.split('?')[0] ?? '';
  const template = templateOf(document, pathname, method);
  const operation = document.paths[template ?? '']?.[method.toLowerCase()];
  if (operation === undefined) return;
  const what = `${method} ${template} ${status}`;
  const described = operation.responses[status] ?? (status >= 400 ? operation.responses.default : undefined);
  assert.ok(described, `${what} is no answer of openapi.json; add it in src/http/openapi/operations.ts`);
  checkBody(document, what, described, contentType?.split(';')[0], text);
}

function checkBody(
  document: ApiDocument,
  what: string,
  described: DescribedReply,
  type: string | undefined,
  text: string,
): void {
  const { content } = described;
  if (content === undefined) {
    assert.equal(text, '', `${what} has a body`);
    return;
  }
  const media = content[type ?? ''] ?? content['*/*'];
  assert.ok(media, `${what} is not of type ${type}`);
  if (media.schema === undefined || text === '') return;
  let validate = validators.get(media.schema);
  if (validate === undefined) {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const isProblem = type === 'application/problem+json';
    const components = isProblem ? document.components : closed(document.components);
    validate = ajv.compile({ ...Object(isProblem ? media.schema : closed(media.schema)), components });
    validators.set(media.schema, validate);
  }
  const isRight = validate(JSON.parse(text));
  assert.ok(isRight, `${what}: ${JSON.stringify(validate.errors)} in ${text.slice(0, 500)}`);
}

/** The most exact path of the document that a pathname and a method fit. */
function templateOf(document: ApiDocument, pathname: string, method: string): string | undefined {
  const fitting = Object.keys(document.paths).filter(
    (template) =>
      document.paths[template]?.[method.toLowerCase()] !== undefined && shapeOf(template).test(pathname),
  );
  const parameters = (template: string) => template.split('{').length;
  return fitting.sort((one, other) => parameters(one) - parameters(other))[0];
}

function shapeOf(template: string): RegExp {
  const source = template
    .replaceAll('.', '\\.')
    .replace('{path}', '.+')
    .replace(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${source}$`);
}

/** The same schema, in which an object has no properties but those that are named. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([name, value]) => [name, closed(value)]);
  const copy = Object.fromEntries(entries);
  return copy.type === 'object' && 'properties' in copy && !('additionalProperties' in copy)
    ? { ...copy, additionalProperties: false }
    : copy;
}

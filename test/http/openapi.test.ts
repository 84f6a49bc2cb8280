import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import type { ApiDocument } from '../../src/http/openapi/document.ts';
import { errorStatus } from '../../src/model/errors.ts';
import { GatewayFixture } from './gateway-fixture.ts';
import { apiDocument, checkReply } from './recorded-replies.ts';

describe('the document of the API', () => {
  it('is valid OpenAPI 3.1, and its references lead somewhere', async () => {
    const document = await apiDocument();
    const validator = new Validator();
    const { valid, errors } = await validator.validate(JSON.parse(JSON.stringify(document)));
    assert.ok(valid, JSON.stringify(errors));
    assert.equal(validator.version, '3.1');
    const named = JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g);
    for (const [, name = ''] of named) assert.ok(document.components.schemas[name], `no shape "${name}"`);
    assert.ok(Object.keys(document.paths).length > 50);
  });

  it('takes the parameters and bodies from the routes themselves, and lists every error code', async () => {
    const { paths, components } = await apiDocument();
    const search = paths['/api/v1/search']?.get;
    const names = (search?.parameters ?? []).map(({ name }) => name);
    assert.deepEqual(names.slice(0, 3), ['q', 'type', 'from']);
    const body = Object(paths['/api/v1/auth/login']?.post?.requestBody).content['application/json'].schema;
    assert.deepEqual(body.required, ['username', 'password']);
    assert.deepEqual(paths['/healthz']?.get?.security, []);
    assert.deepEqual(components.schemas.ErrorCode?.enum, Object.keys(errorStatus));
  });

  it('has only bodies and parameters that can be checked, because routes compile theirs at the first request', async () => {
    const { paths } = await apiDocument();
    const ajv = new Ajv({ useDefaults: true, verbose: true });
    let compiled = 0;
    for (const { parameters = [], requestBody } of Object.values(paths).flatMap((path) =>
      Object.values(path),
    )) {
      const json = requestBody && Object(requestBody).content['application/json'];
      for (const { schema } of [...parameters, ...(json ? [json] : [])]) {
        ajv.compile(schema);
        compiled += 1;
      }
    }
    assert.ok(compiled > 100, `only ${compiled} schemas were found`);
  });

  it('is what a check of replies fails on, for a wrong shape, status or type', async () => {
    const asked = { method: 'GET', path: '/api/v1/auth/me', status: 200, contentType: 'application/json' };
    const user = { id: 'a', username: 'anna', role: 'admin' };
    await checkReply({ ...asked, text: JSON.stringify({ user, totp: false, recoveryCodeTestedAt: null }) });
    await assert.rejects(
      checkReply({
        ...asked,
        text: JSON.stringify({ totp: false, recoveryCodeTestedAt: null, user: { ...user, role: 'king' } }),
      }),
    );
    await assert.rejects(
      checkReply({
        ...asked,
        text: JSON.stringify({ totp: false, recoveryCodeTestedAt: null, user: { ...user, more: 1 } }),
      }),
    );
    await assert.rejects(checkReply({ ...asked, text: JSON.stringify({}) }));
    await assert.rejects(
      checkReply({
        ...asked,
        status: 202,
        text: JSON.stringify({ user, totp: false, recoveryCodeTestedAt: null }),
      }),
    );
    await assert.rejects(checkReply({ ...asked, contentType: 'text/html', text: '' }));
  });
});

describe('the page of the document', () => {
  it('is HTML without a script that anybody may read, and names every route and shape', async (t) => {
    const gateway = await GatewayFixture.start();
    t.after(() => gateway.stop());
    const page = await gateway.ask('GET', '/api/docs', { anonymous: true });
    assert.equal(page.status, 200);
    assert.match(String(page.headers['content-security-policy']), /script-src 'self'/);
    assert.doesNotMatch(page.text, /<script|<style|style=|onclick/i);
    const json = await gateway.ask('GET', '/api/openapi.json', { anonymous: true });
    const document = json.json<ApiDocument>();
    assert.ok(Object.keys(document.paths).length > 50);
    for (const path of Object.keys(document.paths)) {
      assert.ok(page.text.includes(`<code>${path}</code>`), `the page lacks ${path}`);
    }
    for (const name of Object.keys(document.components.schemas)) {
      assert.ok(page.text.includes(`id="shape-${name}"`), `the page lacks ${name}`);
    }
    const style = await gateway.ask('GET', '/api/docs/style.css', { anonymous: true });
    assert.equal(style.headers['content-type'], 'text/css; charset=utf-8');
  });
});

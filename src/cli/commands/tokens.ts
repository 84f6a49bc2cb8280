/** token create, tokens, token revoke. */
import type { Page, TokenView } from '../../model/api.ts';
import { Client, type GlobalOptions } from '../client/client.ts';
import { splitDrivePath } from '../client/drive-path.ts';
import { expiryFrom } from '../expiry.ts';
import { called, onlyOne } from '../lookup.ts';
import { formatTime, printJson, printLine, printTable } from '../terminal/output.ts';

interface CreateOptions extends GlobalOptions {
  name: string;
  rights: string;
  path: string;
  expires?: number;
}

export async function createToken(options: CreateOptions): Promise<void> {
  const client = await Client.connect(options);
  const { name, rights, path, expires } = options;
  const token = await client.json<TokenView>('/api/v1/tokens', {
    method: 'POST',
    json: {
      name,
      rights,
      path: `/${splitDrivePath(path).join('/')}`,
      ...expiryFrom(expires),
    },
  });
  if (options.json) return printJson(token);
  printLine(`${token.token}`);
  printLine();
  printLine(
    `Any program with this token may ${token.rights} ${path}. It is shown only now. Programs send it as`,
  );
  printLine('"Authorization: Bearer TOKEN", or as a password with any name.');
  if (token.accessKeyId === undefined) return;
  printLine();
  printLine('For S3 (at /s3/) the token is the secret key, and this is the access key:');
  printLine(token.accessKeyId);
}

export async function tokens(options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const page = await client.json<Page<TokenView>>('/api/v1/tokens');
  if (options.json) return printJson(page);
  printTable(
    ['ID', 'NAME', 'RIGHTS', 'OPENS', 'UNTIL'],
    page.items.map((token) => [
      token.id.slice(0, 8),
      token.name,
      token.rights,
      token.path ?? '(gone)',
      formatTime(token.expiresAt) || 'never',
    ]),
  );
}

export async function revokeToken(which: string, options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const { items } = await client.json<Page<TokenView>>('/api/v1/tokens');
  const { id } = onlyOne(called(items, which), 'token', which);
  await client.json(`/api/v1/tokens/${id}`, { method: 'DELETE' });
  if (options.json) return printJson({ revoked: id });
  printLine('The token was revoked.');
}

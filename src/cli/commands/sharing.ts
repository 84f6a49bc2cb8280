/** share, shares, unshare, access, shared: who else may open entries. */
import type { AccessView, Page, SharedEntryView, ShareView } from '../../model/api.ts';
import { Client, type GlobalOptions } from '../client/client.ts';
import { entryAt } from '../client/entries.ts';
import { expiryFrom } from '../expiry.ts';
import { called, onlyOne } from '../lookup.ts';
import { formatSize, formatTime, printJson, printLine, printTable } from '../terminal/output.ts';
import { readPassword } from '../terminal/prompt.ts';

interface ShareOptions extends GlobalOptions {
  rights: string;
  expires?: number;
  passwordStdin?: boolean;
  maxDownloads?: number;
  note?: string;
}

export async function share(path: string, options: ShareOptions): Promise<void> {
  const client = await Client.connect(options);
  const { rights, expires, maxDownloads, note } = options;
  const { id: entryId } = await entryAt(client, path);
  const link = await client.json<ShareView>('/api/v1/shares', {
    method: 'POST',
    json: {
      entryId,
      rights,
      ...expiryFrom(expires),
      ...(options.passwordStdin ? { password: await readPassword(options) } : {}),
      ...(maxDownloads === undefined ? {} : { maxDownloads }),
      ...(note === undefined ? {} : { note }),
    },
  });
  if (options.json) return printJson(link);
  printLine(link.url);
  printLine();
  const until = link.expiresAt === null ? 'until you revoke it' : `until ${formatTime(link.expiresAt)}`;
  const protectedBy = link.hasPassword ? ', with the password' : '';
  printLine(`Anyone with this link may ${link.rights} ${path} ${until}${protectedBy}.`);
  printLine(`The link works on all your devices. To revoke it: peerstor unshare ${link.id.slice(0, 8)}`);
}

export async function shares(options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const page = await client.json<Page<ShareView>>('/api/v1/shares');
  if (options.json) return printJson(page);
  printTable(
    ['ID', 'RIGHTS', 'USED', 'UNTIL', 'STATE', 'ENTRY', 'ADDRESS'],
    page.items.map((link) => [
      link.id.slice(0, 8),
      link.hasPassword ? `${link.rights}, password` : link.rights,
      link.maxDownloads === null ? String(link.downloads) : `${link.downloads} of ${link.maxDownloads}`,
      link.expiresAt === null ? 'never' : formatTime(link.expiresAt),
      link.state,
      link.entryName ?? '(gone)',
      link.url,
    ]),
  );
}

export async function unshare(which: string, options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const { items } = await client.json<Page<ShareView>>('/api/v1/shares');
  const path = which.slice(which.indexOf('/s/'));
  const byAddress = items.filter((link) => link.path === path);
  const found = byAddress.length > 0 ? byAddress : called(items, which);
  const { id } = onlyOne(found, 'link', which);
  await client.json(`/api/v1/shares/${id}`, { method: 'DELETE' });
  if (options.json) return printJson({ revoked: id });
  printLine('The link was revoked.');
}

interface AccessOptions extends GlobalOptions {
  user?: string;
  rights: string;
  remove?: string;
}

export async function access(path: string, options: AccessOptions): Promise<void> {
  const client = await Client.connect(options);
  const { id } = await entryAt(client, path);
  const { user, rights, remove } = options;
  const route = `/api/v1/entries/${id}/access`;
  if (remove !== undefined) {
    await client.json(`${route}?username=${encodeURIComponent(remove)}`, { method: 'DELETE' });
    if (options.json) return printJson({ removed: remove });
    return printLine(`${remove} no longer has access to ${path}. Copies that they made stay with them.`);
  }
  if (user !== undefined) {
    const given = await client.json<AccessView>(route, { method: 'POST', json: { username: user, rights } });
    if (options.json) return printJson(given);
    return printLine(`${given.username} may now ${given.rights} ${path}.`);
  }
  const page = await client.json<Page<AccessView>>(route);
  if (options.json) return printJson(page);
  printTable(
    ['USER', 'RIGHTS', 'SINCE'],
    page.items.map((item) => [item.username, item.rights, formatTime(item.grantedAt)]),
  );
}

export async function shared(options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const page = await client.json<Page<SharedEntryView>>('/api/v1/shared');
  if (options.json) return printJson(page);
  printTable(
    ['OWNER', 'RIGHTS', 'SIZE', 'SINCE', 'NAME', 'ID'],
    page.items.map(({ entry, owner, rights, sharedAt }) => [
      owner,
      rights,
      entry.kind === 'folder' ? '' : formatSize(entry.size),
      formatTime(sharedAt),
      entry.kind === 'folder' ? `${entry.name}/` : entry.name,
      entry.id,
    ]),
  );
}

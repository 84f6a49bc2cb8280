import { useState } from 'preact/hooks';
import type { SharedEntryView, ShareView } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';
import { mayDo, rightsWords, sharing } from '../../client/sharing.ts';
import { entriesRevision, uploads } from '../../client/state.ts';
import { newVersion } from '../../client/uploads/send.ts';
import { formatAgo, formatCount, formatFullTime, formatSize } from '../../client/words/format.ts';
import { CopyField } from '../../components/form/copy-field.tsx';
import { Icon } from '../../components/icon.tsx';
import { Row, Rows } from '../../components/list/rows.tsx';
import { UploadButton } from '../../components/upload/upload-button.tsx';
import { useQuery } from '../use-query.ts';
import { EndLinkDialog } from './end-link.tsx';

/** What others shared with this user, and the links that this user gave away. */
export function SharedView() {
  const revision = entriesRevision.value;
  const shared = useQuery(async () => (await sharing.sharedWithMe()).items, [], revision);
  const links = useQuery(async () => (await sharing.links()).items, [], revision);
  const [ending, setEnding] = useState<ShareView | null>(null);
  return (
    <>
      <h1>Shared with me</h1>
      <Rows
        label="Shared with me"
        count={shared.answer?.length}
        error={shared.error}
        empty="Nothing has been shared with you yet."
      >
        {shared.answer?.map((item) => (
          <SharedRow key={item.entry.id} {...item} />
        ))}
      </Rows>
      <h2>My links</h2>
      <Rows
        label="My links"
        count={links.answer?.length}
        error={links.error}
        empty="You have no links. To create one, choose Share in the menu of a file or folder."
      >
        {links.answer?.map((link) => (
          <LinkRow key={link.id} link={link} onEnd={() => setEnding(link)} />
        ))}
      </Rows>
      {ending && <EndLinkDialog link={ending} onClose={() => setEnding(null)} onEnded={links.reload} />}
    </>
  );
}

function SharedRow({ entry, owner, rights, sharedAt }: SharedEntryView) {
  const facts = `Shared by ${owner} ${formatAgo(sharedAt)} · you ${rightsWords[rights]}`;
  if (entry.kind === 'folder') {
    return <Row icon="folder" title={<a href={`/drive/${entry.id}`}>{entry.name}</a>} facts={facts} />;
  }
  const link = (
    <a href={api.contentUrl(entry)} download title={`Download ${entry.name}`}>
      {entry.name}
    </a>
  );
  const replace = (files: FileList | null) => {
    const file = files?.[0];
    if (file) uploads.add([newVersion(entry, file)]);
  };
  return (
    <Row icon="file" title={link} facts={`${formatSize(entry.size)} · ${facts}`}>
      {mayDo(entry).replace && <UploadButton single label="Upload a new version" onFiles={replace} />}
    </Row>
  );
}

const stateWords: Readonly<Record<ShareView['state'], string>> = {
  live: 'live',
  expired: 'expired',
  revoked: 'ended',
  'used-up': 'used up',
};

function LinkRow({ link, onEnd }: { link: ShareView; onEnd(): void }) {
  const { entryName, rights, expiresAt, downloads, maxDownloads, hasPassword, state } = link;
  const name = entryName ?? 'a deleted entry';
  const facts = [
    rightsWords[rights],
    expiresAt === null ? 'never expires' : `expires ${formatFullTime(expiresAt)}`,
    maxDownloads === null
      ? formatCount(downloads, 'download', 'downloads')
      : `${downloads} of ${maxDownloads} downloads used`,
    ...(hasPassword ? ['password'] : []),
  ].join(' · ');
  return (
    <Row icon="share" title={<strong>{name}</strong>} facts={facts}>
      <span class={`badge ${state === 'live' ? 'ok' : ''}`}>{stateWords[state]}</span>
      {state === 'live' && (
        <>
          <CopyField bare label={`Link to ${name}`} text={link.url} />
          <button
            type="button"
            class="button quiet icon-only"
            aria-label={`End the link to ${name}`}
            onClick={onEnd}
          >
            <Icon name="close" />
          </button>
        </>
      )}
    </Row>
  );
}
